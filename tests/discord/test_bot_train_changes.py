"""What is edited or deleted while its channel is being read is learned as it is at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import PAGE_ROUTE, Scene, fake_trainer, open_scene, running_bot

from bot.loopback.world.model import Message


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=90) as opened:
        yield opened


def say(scene: Scene, count: int) -> list[Message]:
    """Let "you", whose messages can be edited, say something."""
    return [scene.world.post(scene.talk, scene.world.you, f"mine {n}") for n in range(count)]


def path_of(scene: Scene, message: Message) -> str:
    return f"/channels/{scene.talk.id}/messages/{message.id}"


async def edit(scene: Scene, message: Message, content: str) -> None:
    await scene.you.request("PATCH", path_of(scene, message), {"content": content})


async def test_edits_and_deletions_meanwhile_are_heeded(scene: Scene) -> None:
    mine = say(scene, 110)  # 200 messages in two pages, and an empty third
    async with running_bot(scene, fake_trainer("hold")):
        gate = scene.discord.faults.hold(PAGE_ROUTE, after=2)
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        await edit(scene, mine[0], "other words")
        await edit(scene, mine[1], "once")
        await edit(scene, mine[1], "and again")
        await edit(scene, mine[2], "!generate is a command now")
        await scene.you.request("DELETE", path_of(scene, mine[3]))
        ids = [str(message.id) for message in mine[4:7]]
        path = f"/channels/{scene.talk.id}/messages/bulk-delete"
        await scene.you.request("POST", path, {"messages": ids})
        # The bot hears events in order, so this answer comes after all of them.
        await scene.ask("!about")
        gate.open()
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 195 messages\n`█")
        texts = scene.corpus()
    assert texts[90:93] == ["other words", "and again", "mine 7"]
    assert len(texts) == 195
    assert scene.query("SELECT messages FROM job_channel") == [(195,)]


async def test_what_happens_before_a_restart_is_not_forgotten(scene: Scene) -> None:
    mine = say(scene, 110)
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=2)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        await scene.you.request("DELETE", path_of(scene, mine[0]))
        await scene.ask("!about")
        (noted,) = (scene.folder / "data" / "corpora").glob("*/changes.jsonl")
        assert noted.stat().st_mode & 0o777 == 0o600
    gate.open()
    async with running_bot(scene, fake_trainer("hold")):
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 199 messages")
        assert "mine 0" not in scene.corpus()
        await scene.ask("!train cancel")
        await scene.outcome()
        assert scene.left_texts() == []


async def test_other_channels_are_nobodys_business(scene: Scene) -> None:
    said = scene.world.post(scene.commands, scene.world.you, "elsewhere")
    say(scene, 110)
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=2)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        path = f"/channels/{scene.commands.id}/messages/{said.id}"
        await scene.you.request("PATCH", path, {"content": "elsewhere, changed"})
        await scene.ask("!about")
        assert list((scene.folder / "data" / "corpora").glob("*/changes.jsonl")) == []
        gate.open()
        assert "on 200 messages" in await scene.outcome()


async def test_too_little_left_after_deletions_is_told(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=0) as scene:
        mine = say(scene, 100)
        gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
        async with running_bot(scene):
            await scene.ask(f"!train <#{scene.talk.id}>")
            await gate.reached.wait()
            path = f"/channels/{scene.talk.id}/messages/bulk-delete"
            ids = [str(message.id) for message in mine[:60]]
            await scene.you.request("POST", path, {"messages": ids})
            await scene.ask("!about")
            gate.open()
            assert "40 messages that I can use" in await scene.outcome()
