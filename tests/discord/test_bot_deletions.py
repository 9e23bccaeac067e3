"""What is deleted on Discord after it was learned makes a version out of date, and is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bot_harness import WAIT_S, Scene, open_scene, rows, running_bot

from bot.loopback.world.model import Message

OUT_OF_DATE = "Out of date"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=0) as opened:
        # Of today: older messages cannot be deleted together.
        now = datetime.now(UTC).isoformat()
        talk = [{**row, "timestamp": now} for row in rows(500)]
        opened.world.fill_channel(opened.talk, talk)
        yield opened


async def delete(scene: Scene, *messages: Message) -> None:
    """Delete as people do: one by one, or many at once."""
    path = f"/channels/{scene.talk.id}/messages"
    if len(messages) == 1:
        await scene.you.request("DELETE", f"{path}/{messages[0].id}")
    else:
        ids = [str(message.id) for message in messages]
        await scene.you.request("POST", f"{path}/bulk-delete", {"messages": ids})


async def told(scene: Scene) -> set[bool]:
    """Return whether each command that should tell of it says that the version is out of date."""
    commands = ("!about", "!model info", "!train status")
    return {OUT_OF_DATE in await scene.ask(command) for command in commands}


def counted(scene: Scene) -> list[int]:
    return [row[0] for row in scene.query("SELECT deleted FROM model_channel ORDER BY model_id")]


async def until_counted(scene: Scene, *counts: int) -> None:
    """Return when deletions have been counted; the bot handles events side by side."""
    async with asyncio.timeout(WAIT_S):
        while counted(scene) != [*counts]:
            await scene.ask("!ping")


def learned(scene: Scene, places: Iterable[int]) -> list[Message]:
    messages = list(scene.talk.messages)
    return [messages[place] for place in places]


async def test_single_and_many_deletions_are_counted_until_they_are_too_many(
    scene: Scene,
) -> None:
    gone = learned(scene, range(10, 16))
    async with running_bot(scene):
        await scene.train()
        scene.world.post(scene.talk, scene.world.you, "said after the training")
        await delete(scene, learned(scene, [500])[0])  # never learned
        assert await told(scene) == {False}
        assert counted(scene) == [0]
        await delete(scene, gone[0])
        await until_counted(scene, 1)
        assert await told(scene) == {False}
        await delete(scene, *gone[1:4])
        await until_counted(scene, 4)
        assert await told(scene) == {False}  # 4 of 500 are less than 1%
        await delete(scene, *gone[4:])
        await until_counted(scene, 6)
        assert await told(scene) == {True}
        assert "6 messages I learned from were deleted" in await scene.ask("!model info")
    async with running_bot(scene):  # counts outlive a restart
        assert await told(scene) == {True}
        await scene.train(how="full")
        assert await told(scene) == {False}
        # The former version stays what it was.
        assert OUT_OF_DATE in await scene.ask("!model info 1")


async def test_what_is_trained_further_inherits_the_count(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        await delete(scene, *learned(scene, range(9)))
        await until_counted(scene, 9)
        assert await told(scene) == {True}
        scene.world.fill_channel(scene.talk, rows(60, start=500))
        await scene.train()
        assert counted(scene) == [9, 9]
        assert await told(scene) == {True}


async def test_a_channel_that_is_deleted_takes_all_its_messages_with_it(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        scene.discord.delete_channel(scene.talk)
        await until_counted(scene, 500)
        assert await told(scene) == {True}


async def test_deletions_in_other_servers_and_channels_do_not_count(scene: Scene) -> None:
    scene.world.fill_channel(scene.commands, rows(10))
    async with running_bot(scene):
        await scene.train()
        for message in list(scene.commands.messages)[:8]:
            await scene.you.request(
                "DELETE", f"/channels/{scene.commands.id}/messages/{message.id}"
            )
        assert await told(scene) == {False}
        assert counted(scene) == [0]


async def test_of_many_messages_fifty_are_too_many(scene: Scene) -> None:
    now = datetime.now(UTC).isoformat()
    talk = [{**row, "timestamp": now} for row in rows(5500, start=500)]
    scene.world.fill_channel(scene.talk, talk)
    gone = learned(scene, range(50))
    async with running_bot(scene):
        assert "on 6,000 messages" in await scene.train()
        await delete(scene, *gone[:49])
        await until_counted(scene, 49)
        assert await told(scene) == {False}  # 1% would be 60
        await delete(scene, gone[49])
        await until_counted(scene, 50)
        assert await told(scene) == {True}
    said = [message.content.encode() for message in gone]
    files = [path.read_bytes() for path in (scene.folder / "data").rglob("*") if path.is_file()]
    assert [text for text in said if any(text in content for content in files)] == []
