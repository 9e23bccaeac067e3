"""Help that follows from the commands, first steps, and who answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from bot_harness import Scene, running_bot

from bot.loopback.person import Person
from bot.loopback.world.model import Guild, Overwrite
from bot.loopback.world.permissions import OverwriteKind, Permission


@pytest.fixture
async def tom(scene: Scene) -> AsyncIterator[Person]:
    user = scene.world.add_user("tom")
    scene.world.add_member(scene.guild, user)
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


async def whole_help(scene: Scene, person: Person) -> str:
    """Return all pages of the help, as a person turns them."""
    await person.say(scene.commands.id, "!help")
    message = await scene.next_message()
    texts = [message["content"]]
    while message["components"]:
        buttons = {b["label"]: b for row in message["components"] for b in row["components"]}
        if buttons["Next ▶"]["disabled"]:
            break
        await scene.press(message, "Next ▶", person)
        message = await scene.next_message("MESSAGE_UPDATE")
        texts.append(message["content"])
    return "\n".join(texts)


async def test_the_help_lists_what_a_person_may_do(scene: Scene, tom: Person) -> None:
    async with running_bot(scene) as bot:
        mine = await whole_help(scene, scene.you)
        toms = await whole_help(scene, tom)
        names = [command.qualified_name for command in bot.walk_commands()]
    assert [name for name in names if f"`!{name}" not in mine] == []
    assert "`!generate [prompt] [--option …]`" in toms
    assert "!train" not in toms
    assert "!talk" not in toms


async def test_pages_are_turned_after_a_restart(scene: Scene) -> None:
    async with running_bot(scene):
        first = await scene.ask_message("!help")
    async with running_bot(scene):
        await scene.press(first, "Next ▶")
        second = await scene.next_message("MESSAGE_UPDATE")
        await scene.press(second, "◀ Back")
        again = await scene.next_message("MESSAGE_UPDATE")
    assert "page 2 of" in second["content"]
    assert again["content"] == first["content"]


async def test_one_command_is_explained_with_examples(scene: Scene, tom: Person) -> None:
    async with running_bot(scene):
        text = await scene.ask("!help generate")
        assert "`--temperature` Lower is tamer" in text
        assert "`!generate --n 3 --temperature 0.9 --length 100`" in text
        assert "`!train #general`" in await scene.ask("!help train")
        assert "permission Manage Server" in await scene.ask("!help train status")
        await tom.say(scene.commands.id, "!help train")
        assert "no command “train” that you may use" in await scene.from_bot()
        assert "no command" in await scene.ask("!help <@&1> @everyone")


async def test_the_slash_help_completes_names(scene: Scene) -> None:
    async with running_bot(scene):
        option = {"type": 3, "name": "command", "value": "gen", "focused": True}
        nonce = await scene.you.run(scene.guild.id, scene.commands.id, "help", option, kind=4)
        told = await scene.you.expect(
            "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", lambda data: data["nonce"] == nonce
        )
        assert [choice["value"] for choice in told["choices"]] == ["generate"]
        await scene.you.run(scene.guild.id, scene.commands.id, "help")
        answer = await scene.next_message()
        assert answer["flags"] & 64


def new_server(scene: Scene, **options: object) -> Guild:
    guild = scene.world.add_guild("Elsewhere", **options)  # type: ignore[arg-type]
    closed = Overwrite(guild.id, OverwriteKind.ROLE, deny=Permission.SEND_MESSAGES)
    scene.world.add_channel(guild, "rules", overwrites=[closed])
    scene.world.add_channel(guild, "lobby")
    return guild


async def test_a_new_server_is_told_the_first_steps_once(scene: Scene) -> None:
    guild = new_server(scene, bot_permissions=0)
    lobby = next(channel for channel in guild.channels.values() if channel.name == "lobby")
    del scene.world.guilds[guild.id]
    async with running_bot(scene, prefix="?"):
        scene.world.guilds[guild.id] = guild
        scene.discord.announce_guild(guild)
        message = await scene.next_message()
        assert message["channel_id"] == str(lobby.id)
        assert "`?train #channel`" in message["content"]
        assert "⚠️" not in message["content"]
        scene.discord.announce_guild(guild)
        assert "Here I am" in await scene.ask("?ping")


async def test_the_first_steps_name_missing_permissions(scene: Scene) -> None:
    async with running_bot(scene):
        everyone = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
        guild = new_server(scene, bot_permissions=0, everyone=everyone)
        scene.discord.announce_guild(guild)
        text = await scene.from_bot()
    assert "I lack Attach Files and Read Message History in this server" in text


async def test_about_links_the_privacy_policy(scene: Scene) -> None:
    async with running_bot(scene, privacy_url="https://example.org/privacy"):
        text = await scene.ask("!about")
    assert "<https://example.org/privacy>" in text
    assert "is deleted when the training ends" in text


async def test_ping_answers(scene: Scene) -> None:
    async with running_bot(scene):
        assert (await scene.ask("!ping")).startswith("Here I am.")
