"""Help that follows from the commands, first steps, and who answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import discord
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
    """Return all topics of the help, as a person opens them."""
    await person.say(scene.commands.id, "!help")
    message = await scene.next_message()
    texts = [message["content"]]
    for label in labels(message):
        await scene.press(message, label, person)
        texts.append((await scene.next_message("MESSAGE_UPDATE"))["content"])
    return "\n".join(texts)


def labels(message: dict[str, Any]) -> list[str]:
    return [button["label"] for row in message["components"] for button in row["components"]]


async def test_the_help_lists_what_a_person_may_do_with_an_example_each(
    scene: Scene, tom: Person
) -> None:
    async with running_bot(scene) as bot:
        mine = await whole_help(scene, scene.you)
        toms = await whole_help(scene, tom)
        examples = [command.extras["examples"][0] for command in bot.walk_commands()]
    assert [example for example in examples if f"`!{example}`" not in mine] == []
    assert "`!generate`" in toms
    assert "!train" not in toms
    assert "!talk" not in toms


async def test_the_help_is_one_screen_by_task(scene: Scene, tom: Person) -> None:
    async with running_bot(scene):
        mine = await scene.ask_message("!help")
        await tom.say(scene.commands.id, "!help")
        toms = await scene.next_message()
    assert labels(mine) == ["Talk", "Teach", "Versions", "Privacy", "Settings"]
    assert labels(toms) == ["Talk", "Versions", "Privacy", "Settings"]
    assert mine["content"].count("\n") <= 8
    assert len(mine["content"]) < 800
    assert "<" not in mine["content"]


async def test_topics_are_opened_after_a_restart(scene: Scene) -> None:
    async with running_bot(scene):
        first = await scene.ask_message("!help")
    async with running_bot(scene) as bot:
        await scene.press(first, "Versions")
        topic = await scene.next_message("MESSAGE_UPDATE")
        former = discord.ui.View()
        former.add_item(discord.ui.Button(label="Next ▶", custom_id="help:1:next"))
        channel: Any = bot.get_channel(scene.commands.id)
        await channel.get_partial_message(int(first["id"])).edit(view=former)
        await scene.press(await scene.next_message("MESSAGE_UPDATE"), "Next ▶")
        again = await scene.next_message("MESSAGE_UPDATE")
    assert "`!model compare 3 4`" in topic["content"]
    assert again["content"] == first["content"]


async def test_a_topic_a_group_and_a_command_are_explained(scene: Scene, tom: Person) -> None:
    async with running_bot(scene):
        talk = await scene.ask("!help talk")
        for example in ("generate", "talk rate 2%", "talk every 6h", "talk quiet 22-7"):
            assert f"`!{example}` · " in talk
        assert "<" not in talk
        assert "`!train log`" in await scene.ask("!help train")
        text = await scene.ask("!help generate")
        assert "`--temperature` Lower is tamer" in text
        assert "`!generate --n 3 --temperature 0.9 --length 100`" in text
        assert "permission Manage Server" in await scene.ask("!help train status")
        await tom.say(scene.commands.id, "!help train")
        assert "a command “train” that you can use" in await scene.from_bot()
        assert "know a command" in await scene.ask("!help <@&1> @everyone")


async def test_commands_are_named_with_the_servers_own_prefix(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.ask("!settings prefix ?")
        assert "`?generate`" in await scene.ask("?help")
        assert "**?generate**" in await scene.ask("?help generate")
        assert "`?model list`" in await scene.ask("?model info 9")
        assert "Start with `?train #channel`" in await scene.ask("?train status")


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
        assert "I'm here" in await scene.ask("?ping")


async def test_the_first_steps_name_missing_permissions(scene: Scene) -> None:
    async with running_bot(scene):
        everyone = Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES
        guild = new_server(scene, bot_permissions=0, everyone=everyone)
        scene.discord.announce_guild(guild)
        text = await scene.from_bot()
    assert "I'm missing permissions in this server: Attach Files and Read Message History." in text


async def test_about_links_the_privacy_policy(scene: Scene) -> None:
    async with running_bot(scene, privacy_url="https://example.org/privacy"):
        text = await scene.ask("!about")
    assert "<https://example.org/privacy>" in text
    assert "I delete messages when the training that read them ends" in text


async def test_ping_answers(scene: Scene) -> None:
    async with running_bot(scene):
        assert (await scene.ask("!ping")).startswith("I'm here.")
