"""Several processes share a data folder, and the servers among them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from bot_harness import START_S, UNKNOWN, WAIT_S, Scene, make_base, open_scene, rows
from bot_outside import bot_process

from bot.errors import InUseError
from bot.loopback.world.model import Channel
from bot.runtime.data_folder import DataFolder
from bot.runtime.sharding import Shards, held

COUNT = 4
FIRST = {"SHARD_COUNT": str(COUNT), "SHARD_IDS": "0-1"}
SECOND = {"SHARD_COUNT": str(COUNT), "SHARD_IDS": "2,3"}
ENDINGS = ("✅", "❌", "🛑")


@dataclass(frozen=True, slots=True)
class Server:
    talk: Channel
    commands: Channel


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        make_base(tmp_path)
        yield opened


@pytest.fixture
def servers(scene: Scene) -> list[Server]:
    """One server for each shard, in the order of shards."""
    found: dict[int, Server] = {}
    while len(found) < COUNT:
        guild = scene.world.add_guild("Another server")
        server = Server(
            scene.world.add_channel(guild, "talk"), scene.world.add_channel(guild, "commands")
        )
        scene.world.fill_channel(server.talk, rows(60))
        found.setdefault(Shards(COUNT, ()).shard_of(int(guild.id)), server)
    return [found[shard] for shard in range(COUNT)]


async def answer(
    scene: Scene, server: Server, event: str = "MESSAGE_CREATE", *beginnings: str
) -> str:
    message = await scene.you.expect(
        event,
        lambda data: (
            data["author"]["id"] == str(scene.world.bot.id)
            and data["channel_id"] == str(server.commands.id)
            and data["content"].startswith(beginnings or ("",))
        ),
        timeout_s=WAIT_S,
    )
    return str(message["content"])


def answers(scene: Scene) -> list[str]:
    """Return what the bot has written and nobody has waited for, answers to tries aside."""
    bot_id = str(scene.world.bot.id)
    return [
        data["content"]
        for name, data in scene.you.events
        if name == "MESSAGE_CREATE"
        and data["author"]["id"] == bot_id
        and not data["content"].startswith(UNKNOWN)
    ]


async def ask_to_train(scene: Scene, server: Server) -> None:
    await scene.you.say(server.commands.id, f"!train full <#{server.talk.id}>")


async def outcome(scene: Scene, server: Server) -> str:
    return await answer(scene, server, "MESSAGE_UPDATE", *ENDINGS)


def statuses(scene: Scene) -> list[str]:
    return [status for (status,) in scene.query("SELECT status FROM train_job ORDER BY 1")]


@pytest.mark.timeout(START_S + 60)
async def test_two_processes_serve_four_shards_and_train_in_turns(
    scene: Scene, servers: list[Server]
) -> None:
    async with bot_process(scene, "steps", **FIRST), bot_process(scene, "steps", **SECOND):
        for server in servers:
            await scene.until_it_answers(server.commands)
        for server in servers:
            await scene.you.say(server.commands.id, "!about")
            assert await answer(scene, server, "MESSAGE_CREATE", "I haven't learned")
        for server in servers:
            await ask_to_train(scene, server)
        for server in servers:
            assert (await outcome(scene, server)).startswith("✅")
        spans = scene.query("SELECT started_at, finished_at FROM train_job ORDER BY started_at")
        times = [datetime.fromisoformat(text) for span in spans for text in span]
        assert times == sorted(times)  # one after the other
        # A server's commands and trainings are answered once, by one of the two.
        assert len(answers(scene)) == COUNT
    assert statuses(scene) == ["done"] * COUNT


@pytest.mark.timeout(START_S + 60)
async def test_a_process_that_dies_keeps_no_other_from_training(
    scene: Scene, servers: list[Server]
) -> None:
    mine, others = servers[0], servers[3]
    async with bot_process(scene, "quick", **FIRST):
        await scene.until_it_answers(mine.commands)
        async with bot_process(scene, "hold", **SECOND) as kill:
            await scene.until_it_answers(others.commands)
            await ask_to_train(scene, others)
            await answer(scene, others, "MESSAGE_UPDATE", "🧠")
            await ask_to_train(scene, mine)
            await answer(scene, mine, "MESSAGE_CREATE", "⏳")
            await kill()
        assert (await outcome(scene, mine)).startswith("✅")
        assert statuses(scene) == ["done", "training"]
        async with bot_process(scene, "quick", **SECOND):
            assert (await outcome(scene, others)).startswith("✅")
    assert statuses(scene) == ["done", "done"]


@pytest.mark.parametrize(
    ("shards", "sentence"),
    [
        (Shards(COUNT, (1, 2)), "Shard 1 of 4 runs already"),
        (Shards(8, (5,)), "Another process has SHARD_COUNT=4, this one 8"),
        (None, "Another bot is using DATA_DIR"),
    ],
)
def test_who_cannot_share_is_refused(tmp_path: Path, shards: Shards | None, sentence: str) -> None:
    folder = DataFolder(tmp_path)
    with held(folder, Shards(COUNT, (0, 1))) as first:
        assert first.alone
        first.begun()
        with pytest.raises(InUseError, match=sentence), held(folder, shards):
            pass
        with held(folder, Shards(COUNT, (2, 3))) as second:
            assert not second.alone
            second.begun()
            assert first.is_served(3 << 22)
        assert not first.is_served(3 << 22)
    with held(folder, shards):  # nothing is left of those who have gone
        pass


def test_a_bot_that_is_alone_lets_nobody_in(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    message = "A bot without SHARD_IDS is using"
    with folder.locked(), pytest.raises(InUseError, match=message), held(folder, Shards(2, (0,))):
        pass
