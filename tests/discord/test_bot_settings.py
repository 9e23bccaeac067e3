"""What a server sets, by command and by panel, and what follows from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from bot_harness import Scene, running_bot

from bot.loopback.person import Person
from bot.loopback.wire.json_fields import Payload

CHANNEL_MENU, ROLE_MENU = 8, 6


@pytest.fixture
async def tom(scene: Scene) -> AsyncIterator[Person]:
    """A member whose only role is Crew, without any permission."""
    user = scene.world.add_user("tom")
    crew = scene.world.add_role(scene.guild, "Crew")
    scene.world.add_member(scene.guild, user, roles=[crew])
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


def crew_id(scene: Scene) -> int:
    return next(role.id for role in scene.guild.roles.values() if role.name == "Crew")


async def open_panel(scene: Scene) -> Payload:
    await scene.you.run(scene.guild.id, scene.commands.id, "settings")
    message = await scene.next_message()
    assert message["flags"] & 64
    return message


async def test_a_prefix_holds_in_its_server_alone_and_after_a_restart(scene: Scene) -> None:
    async with running_bot(scene):
        assert "`prefix` `?` · what typed commands start with" in await scene.ask(
            "!settings prefix ?"
        )
        await scene.you.say(scene.commands.id, "!ping")
        assert "I'm here" in await scene.ask("?ping")
    async with running_bot(scene):
        assert "`?help talk`" in await scene.ask("?help")
        elsewhere = scene.world.add_guild("Elsewhere")
        there = scene.world.add_channel(elsewhere, "there")
        scene.discord.announce_guild(elsewhere)
        await scene.from_bot("MESSAGE_CREATE", "Hi!")
        await scene.you.say(there.id, "!ping")
        await scene.from_bot("MESSAGE_CREATE", "I'm here")
        assert "`!`" in await scene.ask("?settings prefix default")
        assert "I'm here" in await scene.ask("!ping")


async def test_commands_with_the_servers_prefix_are_not_learned(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.ask("!settings bots none")  # commands to other bots are learned, then
        await scene.ask("!settings prefix ?")
        for text in ("?generate", "?ping", "!this is no command here"):
            await scene.you.say(scene.talk.id, text)
        await scene.you.say(scene.commands.id, f"?train <#{scene.talk.id}>")
        assert "**Trained** on 251 messages" in await scene.outcome()


async def test_the_default_temperature_is_the_servers(scene: Scene) -> None:
    async with running_bot(scene):
        plain = await scene.ask("!generate --seed 3")
        assert "1.3" in await scene.ask("!settings temperature 1.3")
        assert await scene.ask("!generate --seed 3") != plain
        wild = await scene.ask("!generate --seed 3 --temperature 1.3")
        assert await scene.ask("!generate --seed 3") == wild
        assert await scene.ask("!generate --seed 3 --temperature 0.7") == plain


async def test_texts_are_written_in_allowed_channels_only(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.ask(f"!settings channels <#{scene.talk.id}>")
        assert await scene.ask("!generate") == f"In this server I only write in <#{scene.talk.id}>."
        await scene.you.say(scene.talk.id, "!generate")
        assert "I only write" not in await scene.from_bot()
        await scene.ask("!settings channels none")
        assert "I only write" not in await scene.ask("!generate")


async def test_roles_may_train(scene: Scene, tom: Person) -> None:
    async with running_bot(scene):
        await tom.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        assert "You need the permission Manage Server" in await scene.from_bot()
        await scene.ask(f"!settings roles <@&{crew_id(scene)}>")
        await tom.say(scene.commands.id, "!help train")
        assert "`!train #general`" in await scene.from_bot()
        await tom.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        assert "starts" in await scene.from_bot()
        assert "✅" in await scene.outcome()
        for command in ("!settings prefix ?", "!model export", "!model import"):
            await tom.say(scene.commands.id, command)
            assert "You need the permission Manage Server" in await scene.from_bot()


async def test_what_was_learned_in_nsfw_channels_is_said_in_such_only(scene: Scene) -> None:
    scene.talk.nsfw = True
    async with running_bot(scene):
        outcome = await scene.train()
        assert "This is how I talk now" not in outcome
        assert "guesses your next letter" in outcome
        assert "only write in NSFW channels" in await scene.ask("!generate")
        await scene.you.say(scene.talk.id, "!generate")
        assert "only write in NSFW channels" not in await scene.from_bot()
        # A channel that is no longer NSFW is still what was learned from.
        scene.talk.nsfw = False
        scene.discord.announce_channel(scene.talk)
        assert "only write in NSFW channels" in await scene.ask("!generate")
        await scene.ask("!settings nsfw off")
        assert "only write in NSFW channels" not in await scene.ask("!generate")


async def test_the_end_of_a_training_is_announced(scene: Scene) -> None:
    news = scene.world.add_channel(scene.guild, "news")
    async with running_bot(scene):
        await scene.ask(f"!settings announce <#{news.id}>")
        await scene.you.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        told = await scene.you.expect(
            "MESSAGE_CREATE", lambda data: data["channel_id"] == str(news.id)
        )
    assert told["content"].startswith("✅ **Trained** on 250 messages")


async def test_words_are_listed_added_and_taken_away(scene: Scene) -> None:
    async with running_bot(scene):
        assert "||foo, two words||" in await scene.ask("!settings words foo, two words")
        assert "||bar, foo, two words||" in await scene.ask("!settings words +bar")
        assert "||bar, two words||" in await scene.ask("!settings words -FOO")
        assert "2 banned" in await scene.ask("!settings")
        assert "`words` **none**" in await scene.ask("!settings words none")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("!settings prefix toolong", "It can be 1 to 5 characters"),
        ("!settings temperature hot", "It can be a number from 0.1 to 2"),
        ("!settings temperature 7", "It can be a number"),
        ("!settings channels nowhere", "It can be channels such as"),
        ("!settings roles nobody", "It can be roles"),
        ("!settings nsfw perhaps", "It can be on or off"),
        ("!settings announce", "It can be a channel such as #news"),
        ("!settings nonsense 1", "There is no setting “nonsense”. Choose one of prefix"),
        ("!settings nonsense", "There is no setting"),
        ("!settings words " + "x" * 101, "up to 100 characters"),
    ],
)
async def test_what_is_not_allowed_is_told(scene: Scene, command: str, answer: str) -> None:
    async with running_bot(scene):
        assert answer in await scene.ask(command)


async def test_the_panel_sets_everything(scene: Scene, tom: Person) -> None:
    async with running_bot(scene) as bot:
        panel = await open_panel(scene)
        place = str(scene.talk.id)
        await scene.you.press(panel, "set:channels", place, kind=CHANNEL_MENU)
        panel = await scene.next_message("MESSAGE_UPDATE")
        await scene.you.press(panel, "set:roles", str(crew_id(scene)), kind=ROLE_MENU)
        await scene.next_message("MESSAGE_UPDATE")
        await scene.you.press(panel, "set:announce", place, kind=CHANNEL_MENU)
        await scene.next_message("MESSAGE_UPDATE")
        for act in ("nsfw", "answers"):
            await scene.you.press(panel, f"set:{act}")
            await scene.next_message("MESSAGE_UPDATE")
        await scene.you.press(panel, "set:basics")
        form = await scene.you.expect("INTERACTION_MODAL_CREATE")
        await scene.you.submit(form, prefix="?", temperature="0,9")
        await scene.next_message("MESSAGE_UPDATE")
        await scene.you.press(panel, "set:words")
        form = await scene.you.expect("INTERACTION_MODAL_CREATE")
        await scene.you.submit(form, words="foo\ntwo words")
        panel = await scene.next_message("MESSAGE_UPDATE")
        settings = await bot.services.servers.of(scene.guild.id)
        assert settings.allowed == {scene.talk.id}
        assert settings.training_roles == {crew_id(scene)}
        assert settings.announce_channel_id == scene.talk.id
        assert (settings.nsfw_rule, settings.answers) == (False, False)
        assert (settings.prefix, settings.temperature) == ("?", 0.9)
        assert settings.phrases == ("foo", "two words")
        assert panel["components"][0]["components"][0]["default_values"] == [
            {"id": place, "type": "channel"}
        ]
        assert "Keep NSFW in NSFW: off" in str(panel["components"])
    async with running_bot(scene) as bot:  # the panel outlives the bot
        await scene.you.press(panel, "set:reset")
        await scene.next_message("MESSAGE_UPDATE")
        settings = await bot.services.servers.of(scene.guild.id)
        assert (settings.prefix, settings.phrases, settings.allowed) == (None, (), frozenset())


async def test_forms_and_panels_refuse_in_a_sentence(scene: Scene) -> None:
    async with running_bot(scene):
        panel = await open_panel(scene)
        await scene.you.press(panel, "set:basics")
        form = await scene.you.expect("INTERACTION_MODAL_CREATE")
        await scene.you.submit(form, prefix="?", temperature="hot")
        assert "It can be a number" in await scene.from_bot()
        # Rights that were lost since the panel was opened count.
        scene.guild.owner_id = scene.world.bot.id
        await scene.you.press(panel, "set:reset")
        assert "You need the permission Manage Server" in await scene.from_bot()


async def test_names_of_settings_are_completed(scene: Scene) -> None:
    async with running_bot(scene):
        option = {"type": 3, "name": "name", "value": "temp", "focused": True}
        nonce = await scene.you.run(scene.guild.id, scene.commands.id, "settings", option, kind=4)
        told = await scene.you.expect(
            "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", lambda data: data["nonce"] == nonce
        )
    assert [choice["value"] for choice in told["choices"]] == ["temperature"]


async def test_cooldowns_are_told(scene: Scene) -> None:
    async with running_bot(scene, member_per_minute=2):
        await asyncio.gather(*(scene.ask("!generate") for _ in range(2)))
        assert "You've hit the limit of 2 a minute" in await scene.ask("!generate")
        message = await scene.ask_message("!ping")
        assert "I'm here" in message["content"]
