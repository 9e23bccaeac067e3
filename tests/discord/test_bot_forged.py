"""Interactions and files that Discord's own apps would not send: the bot checks for itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from bot_harness import Scene, running_bot
from discord.ext import commands
from random_checkpoints import random_checkpoint
from safetensors.numpy import load, save

from bot.app.client import TextgenBot
from bot.loopback.http import interactions
from bot.loopback.person import Person
from bot.loopback.state import command_registry as sandbox_commands
from bot.loopback.wire.json_fields import Payload
from bot.presentation.help import direct_answer
from textgen_core.model.checkpoint import checkpoint_to_bytes

EVERYWHERE = {"help": "What you can ask", "privacy show": "I keep no messages"}
EPHEMERAL = 64
VALUES: dict[int, Any] = {3: "1", 4: 1, 5: True, 10: 0.5}
TEXT, INTEGER, TRUTH, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)


@pytest.fixture
async def eve(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    """A member without any permission, on a Discord that lets everybody use every command."""
    for module in (sandbox_commands, interactions):
        monkeypatch.setattr(module, "may_use", lambda command, permissions: True)
    user = scene.world.add_user("eve")
    scene.world.add_member(scene.guild, user)
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


def options_of(command: Payload, path: list[str], scene: Scene) -> list[Payload]:
    """Return the options of a slash command, filled in, below its subcommands."""
    options: list[Payload] = command["options"]  # type: ignore[assignment]
    if path:
        (inner,) = [option for option in options if option["name"] == path[0]]
        return [{"type": 1, "name": path[0], "options": options_of(inner, path[1:], scene)}]
    given: list[Payload] = []
    for option in options:
        if not option.get("required"):
            continue
        kind = int(str(option["type"]))
        values = {**VALUES, USER: str(scene.world.you.id), CHANNEL: str(scene.talk.id)}
        value = option["choices"][0]["value"] if option.get("choices") else values.get(kind, "0")  # type: ignore[index]
        given.append({"type": kind, "name": option["name"], "value": value})
    return given


def slash_names(bot: TextgenBot, *, managers: bool) -> list[str]:
    """Return the full names of slash commands: those for managers, or all."""
    found = []
    for command in bot.walk_commands():
        is_group = isinstance(command, commands.HybridGroup)
        if is_group and command.fallback is None:
            continue
        name = (
            f"{command.qualified_name} {command.fallback}" if is_group else command.qualified_name
        )
        if not managers or _is_for_managers(command):
            found.append(name)
    return found


def _is_for_managers(command: commands.Command[Any, ..., Any]) -> bool:
    if any("has_guild_permissions" in check.__qualname__ for check in command.checks):
        return True
    app_command = (command.root_parent or command).app_command  # type: ignore[attr-defined]
    needed = app_command.default_permissions
    return needed is not None and bool(needed.manage_guild)


async def ask(scene: Scene, person: Person, name: str, about: Payload) -> str:
    """Use a slash command as no app would let the person, and return what they are told."""
    root, *path = name.split()
    command = (await person.commands(scene.guild.id))[root]
    data: Payload = {
        "id": command["id"],
        "name": root,
        "type": command["type"],
        "options": options_of(command, path, scene),
    }
    about = {**about, "application_id": command["application_id"]}
    files = [("m.safetensors", b"x")] if "import" in path or "file" in path else ()
    await person.interact(2, about, data, files=files)
    answer = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & EPHEMERAL))
    return str(answer["content"])


async def test_commands_of_managers_are_refused_to_whoever_forges_them(
    scene: Scene, eve: Person
) -> None:
    about: Payload = {"guild_id": str(scene.guild.id), "channel_id": str(scene.commands.id)}
    async with running_bot(scene) as bot:
        await scene.train()
        before = state(scene)
        names = slash_names(bot, managers=True)
        assert {"train start", "train full", "model delete", "model import", "settings"} <= {*names}
        for name in names:
            answer = await ask(scene, eve, name, about)
            assert "Manage Server" in answer, (name, answer)
        assert state(scene) == before


def state(scene: Scene) -> list[object]:
    """Return what a forged command could have changed."""
    tables = ("model", "guild", "server", "talk_channel", "channel_rule", "member_choice")
    rows = [scene.query(f"SELECT * FROM {table}") for table in tables]  # noqa: S608
    rows.append(scene.query("SELECT train_job_id, status FROM train_job"))
    return [*rows, sorted(map(str, (scene.folder / "data" / "models").rglob("*")))]


async def test_a_direct_message_gets_help_and_privacy_and_nothing_else(
    scene: Scene, eve: Person
) -> None:
    user = next(user for user in scene.world.users.values() if user.name == "eve")
    direct = scene.world.direct_channel(user, scene.world.bot)
    about: Payload = {"channel_id": str(direct.id)}
    async with running_bot(scene) as bot:
        await scene.train()
        before = state(scene)
        for name in slash_names(bot, managers=False):
            answer = await ask(scene, eve, name, about)
            expected = EVERYWHERE.get(name, "only works in a server")
            assert expected in answer, (name, answer)
        assert state(scene) == before


async def test_what_is_typed_in_a_direct_message_gets_a_sentence_and_changes_nothing(
    scene: Scene,
) -> None:
    """A command is refused there, and a mention gets no text that a model wrote."""
    direct = scene.world.direct_channel(scene.world.you, scene.world.bot)
    you = f"<@{scene.world.bot.id}>"
    refused = "That only works in a server."
    typed = {
        f"!train <#{scene.talk.id}>": refused,
        "!generate": refused,
        f"{you} model": refused,
        f"hello {you}": direct_answer(),
    }
    async with running_bot(scene):
        await scene.train()
        before = state(scene)
        for text, answer in typed.items():
            scene.you.events.clear()
            await scene.you.say(direct.id, text)
            assert await scene.from_bot() == answer
        assert "I'm here" in await scene.ask("!ping")
        answers = [each.content for each in direct.messages if each.author is scene.world.bot]
        assert answers == [*typed.values()]
        assert state(scene) == before


async def test_what_a_models_file_says_of_itself_is_neither_believed_nor_shown(
    scene: Scene,
) -> None:
    """A checkpoint that wants to be another server's version, elsewhere on the disk."""
    claims = {
        "guild_id": 1,
        "version": 1,
        "path": "../../../evil.safetensors",
        "name": "<@&1> @everyone",
        "messages": "x" * 10_000,
        "\x00": "\x00",
    }
    content = checkpoint_to_bytes(random_checkpoint(seed=9))
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    metadata |= {"manifest": json.dumps(claims), "path": "/etc/passwd", "guild_id": "1"}
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    async with running_bot(scene):
        await scene.train()
        name = "..%2f..%2fevil.safetensors"
        await scene.you.say(
            scene.commands.id, "!model import", files=[(name, save(load(content), metadata))]
        )
        answer = str((await scene.next_message())["content"])
        assert "That is now version 2" in answer
        shown = [answer, await scene.ask("!model list"), await scene.ask("!model info 2")]
        for text in shown:
            assert not any(word in text for word in ("evil", "everyone", "passwd", "xxxx"))
        assert scene.query("SELECT version, name, messages FROM model") == [
            (1, None, 250),
            (2, None, None),
        ]
        guild = scene.query("SELECT guild_id, model_id FROM guild")
        assert guild == [(scene.guild.id, 1)]  # it is not spoken with
        await scene.you.say(there.id, "!model list")
        listed = str((await scene.next_message())["content"])
        assert listed == "**base** · the voice I came with · **in use**"
    models = {
        path.relative_to(scene.folder / "data").as_posix()
        for path in scene.folder.rglob("*.safetensors")
        if "base" not in path.name
    }
    assert models == {f"models/{scene.guild.id}/{version}.safetensors" for version in (1, 2)}
