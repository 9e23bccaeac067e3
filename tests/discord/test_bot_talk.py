"""Speech without a command, through the real client."""

from __future__ import annotations

import asyncio

import pytest
from bot_harness import Scene, running_bot
from turned_clock import TurnedClock

from bot.loopback.person import Person
from bot.loopback.state.posting import send
from bot.loopback.world.model import Message, MessageExtra
from bot.loopback.world.permissions import Permission

REPLY = 19


async def test_it_replies_when_it_is_mentioned_or_replied_to(scene: Scene) -> None:
    async with running_bot(scene):
        mine = await scene.you.say(scene.talk.id, f"hello <@{scene.world.bot.id}>")
        first = await scene.next_message()
        reference = {"message_id": first["id"]}
        quiet = {"parse": []}
        yours = await scene.you.say(
            scene.talk.id, "and then?", message_reference=reference, allowed_mentions=quiet
        )
        second = await scene.next_message()
    assert first["message_reference"]["message_id"] == mine["id"]
    assert second["message_reference"]["message_id"] == yours["id"]
    assert first["mentions"] == second["mentions"] == []


async def test_a_mention_that_is_a_command_is_a_command(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> about")
        assert "textgen-bot" in await scene.from_bot()
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> how are you?")
        answer = await scene.next_message()
    assert answer["type"] == REPLY


async def test_a_server_may_not_want_answers_to_mentions(scene: Scene) -> None:
    async with running_bot(scene):
        assert await scene.ask("!talk answers off") == "I won't answer mentions."
        await scene.you.say(scene.talk.id, f"hello <@{scene.world.bot.id}>")
        assert await scene.ask("!talk answers on") == "I'll answer when someone mentions me."
        said = await scene.you.say(scene.talk.id, f"hello <@{scene.world.bot.id}>")
        answer = await scene.next_message()
    assert answer["message_reference"]["message_id"] == said["id"]


async def test_it_speaks_at_the_rate_of_a_channel_after_a_restart_too(scene: Scene) -> None:
    async with running_bot(scene):
        answer = await scene.ask(f"!talk rate 100% <#{scene.talk.id}>")
        assert answer == f"I'll chime in after a random 100% of messages in <#{scene.talk.id}>."
    async with running_bot(scene):
        await scene.you.say(scene.talk.id, "anybody here?")
        spoken = await scene.next_message()
        assert spoken["channel_id"] == str(scene.talk.id)
        await scene.you.say(scene.commands.id, "nobody speaks here")
        await scene.you.say(scene.talk.id, "!nonsense")
        assert "won't chime in" in await scene.ask(f"!talk rate off <#{scene.talk.id}>")
        await scene.you.say(scene.talk.id, "anybody?")
        assert "every channel" in await scene.ask("!talk")


async def test_bots_are_never_answered(scene: Scene) -> None:
    other = scene.world.add_user("other", bot=True)
    scene.world.add_member(scene.guild, other)
    async with running_bot(scene):
        await scene.ask(f"!talk rate 100% <#{scene.talk.id}>")
        extra = MessageExtra(mention_ids=[scene.world.bot.id])
        text = f"<@{scene.world.bot.id}> hello, I am a bot"
        message = Message(scene.world.snowflakes.make(), other, text, extra)
        send(scene.discord.backend, scene.talk, message)
        assert "I answer when" in await scene.ask("!talk")  # the next thing it says


async def test_muting_lasts_as_long_as_was_said(scene: Scene) -> None:
    clock = TurnedClock()
    async with running_bot(scene, clock=clock):
        assert await scene.ask("!talk mute 2h") == "I'll stay quiet for 2 h. Commands still work."
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello")
        assert "quiet for another 2 h" in await scene.ask("!talk")
        await clock.turn(hours=2)
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello")
        assert (await scene.next_message())["type"] == REPLY
        await scene.ask("!talk mute")
        assert await scene.ask("!talk unmute") == "I'm back."
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello")
        assert (await scene.next_message())["type"] == REPLY


async def test_lines_come_by_the_clock_and_over_restarts(scene: Scene) -> None:
    clock = TurnedClock()
    async with running_bot(scene, clock=clock):
        answer = await scene.ask(f"!talk every 6h <#{scene.talk.id}>")
        assert answer == f"I'll say something every 6 h in <#{scene.talk.id}>."
        await clock.turn(hours=5, minutes=59)
        assert "next in 1 min" in await scene.ask("!talk")
        await clock.turn(minutes=1)
        assert (await scene.next_message())["channel_id"] == str(scene.talk.id)
        await clock.turn(hours=6)
        assert (await scene.next_message())["channel_id"] == str(scene.talk.id)
    await clock.turn(hours=30)
    async with running_bot(scene, clock=clock):
        assert (await scene.next_message())["channel_id"] == str(scene.talk.id)
        assert "next in 6 h" in await scene.ask("!talk")
        await scene.ask(f"!talk every off <#{scene.talk.id}>")
        await clock.turn(days=3)
        assert "next in" not in await scene.ask("!talk")


async def test_quiet_hours_hold_lines_back(scene: Scene) -> None:
    clock = TurnedClock()  # at noon
    async with running_bot(scene, clock=clock):
        assert (
            await scene.ask("!talk quiet 13-15")
            == "I won't chime in during these hours: 13:00-15:00 UTC."
        )
        await scene.ask(f"!talk every 2h <#{scene.talk.id}>")
        await clock.turn(hours=2)
        async with asyncio.timeout(30):
            while "next in 2 h" not in await scene.ask("!talk"):
                pass
        await clock.turn(hours=2)
        assert (await scene.next_message())["channel_id"] == str(scene.talk.id)


async def test_denied_channels_hear_nothing_and_commands_are_told_why(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.ask(f"!talk deny <#{scene.talk.id}>")
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello")
        await scene.you.say(scene.talk.id, "!generate")
        assert await scene.from_bot() == "An admin has asked me not to write in this channel."
        await scene.ask(f"!talk allow <#{scene.talk.id}>")
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello")
        assert (await scene.next_message())["type"] == REPLY


async def test_without_the_right_to_read_it_answers_without_a_reference(scene: Scene) -> None:
    async with running_bot(scene):
        for role in scene.guild.roles.values():
            role.permissions &= ~Permission.READ_MESSAGE_HISTORY
            scene.discord.announce_role(scene.guild, role)
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello")
        assert (await scene.next_message())["type"] == 0


async def test_talk_is_for_those_who_manage_the_server(scene: Scene) -> None:
    tom = scene.world.add_user("tom")
    scene.world.add_member(scene.guild, tom)
    async with running_bot(scene), Person(scene.discord.url, tom.token or "") as person:
        await person.say(scene.commands.id, "!talk rate 100%")
        assert await scene.from_bot() == ("You need the permission Manage Server for that.")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("!talk rate lots", "as a share. Try `2%`"),
        ("!talk every now", "as a duration"),
        ("!talk every 1s", "from 1 min"),
        ("!talk quiet always", "as hours"),
        ("!talk rate 2% #nowhere", "find that channel"),
        ("!talk answers perhaps", "on or off"),
        ("!talk mute forever", "as a duration"),
    ],
)
async def test_what_cannot_be_understood_is_told(scene: Scene, command: str, answer: str) -> None:
    async with running_bot(scene):
        assert answer in await scene.ask(command)
