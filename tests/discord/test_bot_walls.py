"""What belongs to one server, channel or person is not had by another."""

from __future__ import annotations

import pytest
from bot_harness import Scene, rows, running_bot
from versions import attach

from bot.loopback.person import Person
from bot.loopback.wire.component_rules import numbered
from bot.loopback.world.model import Overwrite
from bot.loopback.world.permissions import Permission

HOSTILE = ("../../etc/passwd", "a/../b", "v1\x00", "x" * 1000, "'; DROP TABLE model;--", "1 OR 1=1")


async def test_what_a_hidden_channel_taught_is_not_said_in_others(scene: Scene) -> None:
    view = Permission.VIEW_CHANNEL
    scene.talk.overwrites += [
        Overwrite(scene.guild.id, 0, deny=view),
        Overwrite(scene.world.bot.id, 1, allow=view),
    ]
    async with running_bot(scene):
        outcome = await scene.train()
        assert "Trained" in outcome
        assert "\n> " not in outcome
        assert "not everyone here can read" in await scene.ask("!generate")
        await scene.you.say(scene.talk.id, "!generate")
        assert "not everyone" not in str((await scene.next_message())["content"])
        await scene.ask("!settings hidden off")
        assert "not everyone" not in await scene.ask("!generate")


async def test_one_server_sees_nothing_of_another(scene: Scene) -> None:
    elsewhere = scene.world.add_guild(f"../{scene.guild.id}\x00{'x' * 1000}")
    there = scene.world.add_channel(elsewhere, f"../{scene.talk.id}")
    scene.world.fill_channel(there, rows(60))
    async with running_bot(scene):
        await scene.train()
        await scene.ask("!model rename 1 secretname")
        await scene.ask("!settings words voldemort")

        async def answered(command: str) -> str:
            await scene.you.say(there.id, command)
            return str((await scene.next_message())["content"])

        assert "secretname" not in await answered("!model list")
        for called in ("1", "v1", "secretname"):
            assert "no version" in await answered(f"!model info {called}")
            assert "no version" in await answered(f"!model use {called}")
            assert "no version" in await answered(f"!model delete {called}")
            assert "no version" in await answered(f"!generate --model {called}")
            assert "no version" in await answered(f"!model compare {called} base")
            assert "no version" in await answered(f"!mix {called} base")
            assert "no version" in await answered(f"!model export {called}")
        assert "Nothing is training" in await answered("!train status")
        assert "nothing to stop" in await answered("!train cancel")
        assert "Nothing has been trained here" in await answered("!train log")
        assert "`words` **none**" in await answered("!settings words")
        await answered(f"!train <#{scene.talk.id}>")
        assert scene.query("SELECT COUNT(*) FROM train_job") == [(1,)]
        assert "secretname" in await scene.ask("!model list")
        # What it learns lies beside the other's, and the first one's is as it was.
        before = models(scene)
        await answered(f"!train <#{there.id}>")
        await scene.outcome()
        new = {f"{elsewhere.id}/1.safetensors"}
        assert models(scene).keys() == before.keys() | new
        assert {path: models(scene)[path] for path in before} == before
        assert "60 messages" in await answered("!model info 1")
        assert "250 messages" in await scene.ask("!model info 1")


def models(scene: Scene) -> dict[str, bytes]:
    """Return the files of all servers' models, by their place in the folder of models."""
    folder = scene.folder / "data" / "models"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_that_want_to_be_more_are_refused(scene: Scene, name: str) -> None:
    async with running_bot(scene):
        await scene.train()
        before = sorted(path for path in scene.folder.rglob("*") if path.suffix == ".safetensors")
        for command in ("rename 1", "use", "info", "delete"):
            assert await scene.ask(f'!model {command} "{name}"') != ""
        assert scene.query("SELECT version, name FROM model") == [(1, None)]
        after = sorted(path for path in scene.folder.rglob("*") if path.suffix == ".safetensors")
        assert before == after


@pytest.mark.parametrize("changed", [False, True])
async def test_a_version_that_goes_out_and_comes_back_keeps_its_rules(
    scene: Scene, changed: bool
) -> None:
    """As it is it knows where it learned; changed by a byte it is nobody's, and says nothing."""
    secret = scene.world.add_channel(scene.guild, "staff")
    scene.world.fill_channel(secret, rows(100, text="secret {}"))
    me = scene.world.bot.id
    secret.overwrites += [
        Overwrite(scene.guild.id, 0, deny=Permission.VIEW_CHANNEL),
        Overwrite(me, 1, allow=Permission.VIEW_CHANNEL),
    ]
    scene.discord.announce_channel(secret)
    async with running_bot(scene, member_per_minute=0):
        await scene.train(secret)
        (path,) = (scene.folder / "data" / "models").rglob("*.safetensors")
        content = path.read_bytes()
        if changed:
            content = content[:-1] + bytes([content[-1] ^ 1])
        answer = await attach(scene, "!model import twin", t__safetensors=content)
        assert "version 2 (twin)" in answer
        refusal = "I can't tell what it learned" if changed else "learned from a channel"
        assert refusal in answer
        assert refusal in await scene.ask("!generate hi --model twin")
        await scene.ask("!model use twin")
        assert refusal in await scene.ask("!generate hi")
        held = await scene.ask("!privacy")
        assert "2 versions of this server's model may have learned" in held
        await scene.ask("!settings announce none")
        question = await scene.ask_message("!privacy erase")
        assert "versions 1, 2 (twin)" in question["content"]
        await scene.press(question, "Make a model without me")
        while len(list(path.parent.iterdir())) > 1 or path.exists():
            await scene.ask("!ping")
        assert {found.name for found in path.parent.iterdir()} == {"3.safetensors"}


async def test_forged_presses_change_nothing(scene: Scene) -> None:
    """A member without permissions sends the ids of panels that were never theirs."""
    eve = scene.world.add_user("eve")
    scene.world.add_member(scene.guild, eve)
    ids = ("consent:yes", "set:nsfw", "set:hidden", "set:reset", "delete:yes:1", "delete:no:1")
    buttons = [{"type": 2, "style": 1, "label": each, "custom_id": each} for each in ids]
    forged = scene.world.post(scene.commands, scene.world.bot, "press here")
    rows_of_buttons = (buttons[:4], buttons[4:])
    forged.details.components = numbered(
        [{"type": 1, "components": row} for row in rows_of_buttons]
    )
    message = {
        "id": str(forged.id),
        "channel_id": str(scene.commands.id),
        "guild_id": str(scene.guild.id),
        "flags": 0,
        "application_id": str(scene.world.bot.id),
        "author": {"id": str(scene.world.bot.id)},
    }
    async with (
        running_bot(scene, consent="ask"),
        Person(scene.discord.url, eve.token or "") as person,
    ):
        for custom_id in ids:
            await person.press(message, custom_id)
            refused = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
            assert "Manage Server" in refused["content"]
    assert scene.query("SELECT * FROM server WHERE consented_at IS NOT NULL") == []
    assert scene.query("SELECT * FROM server WHERE nsfw_rule = 0 OR hidden_rule = 0") == []
