"""Commands as people type them, through the real client."""

from __future__ import annotations

import pytest
from bot_harness import Scene, fake_trainer, running_bot

TEXTS = [f"line {number} of a file" for number in range(60)]
FILE = ("chat.txt", "\n".join(TEXTS).encode())


async def test_commands_are_known_however_they_are_typed(scene: Scene) -> None:
    async with running_bot(scene):
        role = next(role for role in scene.guild.roles.values() if role.managed)
        me = scene.world.bot.id
        for typed, answer in {
            "!Help": "What you can ask",
            "! help": "What you can ask",
            "!HELP Train Status": "`!train status`",
            "!Train STATUS": "Nothing",
            f"<@{me}> Help": "What you can ask",
            f"<@&{role.id}> help": "What you can ask",
            f"<@&{role.id}>help": "What you can ask",
            "!talk Mute 2 hours": "2 h",
            "!talk every 6 hours #TALK": f"<#{scene.talk.id}>",
            "!talk rate 5 % #talk": "5%",
            "!settings channels #talk #commands": f"<#{scene.talk.id}>",
            "!generate —n 2 —length 20": "",
            "！help": "What you can ask",
            "!talk mute half an hour": "30 min",
            "!settings Temperature = 0,9": "0.9",
            f"!settings leave out <@{scene.world.you.id}>": f"<@{scene.world.you.id}>",
            "!settings leave_out none": "nobody",
            "!settings temprature 1": "Did you mean `temperature`?",
            "!talk quiet 10pm to 7am": "22:00-07:00",
            "!talk deny ＃talk.": f"<#{scene.talk.id}>",
            f"!talk allow https://discord.com/channels/1/{scene.talk.id}": f"<#{scene.talk.id}>",
        }.items():
            assert answer in await scene.ask(typed), typed


async def test_several_channels_are_named_with_whatever_between_them(scene: Scene) -> None:
    talk, commands = f"<#{scene.talk.id}>", f"<#{scene.commands.id}>"
    async with running_bot(scene):
        for between in (" ", "", ", ", " and ", ","):
            scene.you.events.clear()
            await scene.you.say(scene.commands.id, f"!train full {talk}{between}{commands}")
            outcome = await scene.outcome()
            assert f"{talk}" in outcome, between
            assert f"{commands}" in outcome, between
            await scene.from_bot()


async def test_a_prefix_of_letters_is_known_in_any_case(scene: Scene) -> None:
    async with running_bot(scene, prefix="bot"):
        assert "What you can ask" in await scene.ask("Bot help")
        assert "What you can ask" in await scene.ask("BOThelp")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("!generate --n 50", "`--n` takes a whole number from 1 to 10, as in `--n 3`"),
        ("!generate hi --temprature 1", "did you mean `--temperature`?"),
        ("!mix 1 base --n 0", "`--n` takes a whole number from 1 to 10"),
        ("!train #talk --lst 3d", "did you mean `--last`?"),
        ("!train #talk --max", "`--max` needs a value"),
        ("!train file --colmn text", "did you mean `--column`?"),
        ("!train status --verbose", "no option `--verbose` for `!train status`; it takes none"),
        ("!talk answers maybe", "I expected on or off, not “maybe”. Try `!talk answers off`"),
        ("!model list 0", "is outside the range of 1"),
        ("!privacy voice perhaps", "I expected on or off"),
        ("!train #nowhere", "find that channel"),
    ],
)
async def test_what_is_not_understood_is_refused_with_an_example(
    scene: Scene, typed: str, answer: str
) -> None:
    async with running_bot(scene, fake_trainer("refuse")):
        said = await scene.ask(typed)
        assert answer.replace(" None", "") in said
    assert scene.query("SELECT COUNT(*) FROM train_job") == [(0,)]


async def test_a_command_can_be_put_right_by_editing_it(scene: Scene) -> None:
    async with running_bot(scene):
        channel = scene.commands.id
        asked = await scene.you.say(channel, "!hlep")
        path = f"/channels/{channel}/messages/{asked['id']}"
        assert "Did you mean `!help`?" in await scene.from_bot()
        await scene.you.request("PATCH", path, {"content": "!help"})
        assert "What you can ask" in await scene.from_bot()
        scene.you.events.clear()
        await scene.you.request("PATCH", path, {"content": "!help generate"})
        assert "pong" not in await scene.ask("!ping")  # nothing came before it: once is enough
        refused = await scene.you.say(channel, "!generate --n 50")
        assert "from 1 to 10" in await scene.from_bot()
        path = f"/channels/{channel}/messages/{refused['id']}"
        await scene.you.request("PATCH", path, {"content": "!ping"})
        assert "I'm here" in await scene.from_bot()


async def test_a_file_is_learned_from_by_replying_to_it(scene: Scene) -> None:
    async with running_bot(scene):
        sent = await scene.you.say(scene.commands.id, "look at this", files=[FILE])
        await scene.you.say(
            scene.commands.id, "!train file", message_reference={"message_id": sent["id"]}
        )
        outcome = await scene.outcome()
        assert "plain text, 60 messages" in outcome


async def test_a_direct_message_is_answered_in_a_sentence(scene: Scene) -> None:
    async with running_bot(scene):
        channel = scene.world.direct_channel(scene.world.you, scene.world.bot)
        for typed, answer in {
            "hello": "only talk there: mention me",
            "!help": "What you can ask",
            "!train #x": "only works in a server",
        }.items():
            scene.you.events.clear()
            await scene.you.say(channel.id, typed)
            assert answer in await scene.from_bot()


async def test_a_message_that_is_gone_is_answered_all_the_same(scene: Scene) -> None:
    async with running_bot(scene):
        asked = await scene.you.say(scene.commands.id, f"<@{scene.world.bot.id}> hello")
        path = f"/channels/{scene.commands.id}/messages/{asked['id']}"
        await scene.you.request("DELETE", path)
        assert await scene.from_bot()


async def test_a_mention_alone_tells_the_prefix(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, f"<@{scene.world.bot.id}>")
        assert "-# `!help` shows what I can do." in await scene.from_bot()
