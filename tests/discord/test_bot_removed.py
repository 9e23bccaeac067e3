"""Servers and channels that go while the bot works."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest
from bot_harness import WAIT_S, Scene, fake_trainer, rows, running_bot
from turned_clock import TurnedClock

from bot.errors import StorageError

TRAINING = "🧠 **Training** on 250 messages\n`█"


def count(scene: Scene, table: str) -> int:
    with sqlite3.connect(scene.folder / "data" / "textgen.sqlite3") as connection:
        return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608


def kept(scene: Scene) -> list[Path]:
    """Return the files of trainings and models."""
    data = scene.folder / "data"
    found = [*(data / "corpora").rglob("*"), *(data / "models").rglob("*")]
    return [path for path in found if path.is_file()]


class Heard(logging.Handler):
    """Waits for the bot's log to tell of something."""

    def __init__(self, logger: str) -> None:
        super().__init__()
        self.event = asyncio.Event()
        self._logger = logging.getLogger(logger)

    def emit(self, record: logging.LogRecord) -> None:
        self.event.set()

    async def __aenter__(self) -> Heard:
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO)
        return self

    async def __aexit__(self, *_: object) -> None:
        async with asyncio.timeout(WAIT_S):
            await self.event.wait()
        self._logger.removeHandler(self)


async def test_a_bot_that_is_thrown_out_forgets_the_server(scene: Scene) -> None:
    async with running_bot(scene):
        for _ in range(2):
            await scene.train(how="full")
        await scene.ask("!generate")
        async with Heard("bot.privacy.guild_erasure"):
            scene.discord.kick(scene.guild, scene.world.bot)
        assert kept(scene) == []
        tables = ("guild", "train_job", "job_channel", "model")
        assert [count(scene, table) for table in tables] == [0, 0, 0, 0]
        # Asked back, it begins from nothing.
        come_back(scene)
        await scene.from_bot("MESSAGE_CREATE", "Hi!")
        assert await scene.ask("!model") == "**base** · the voice I came with · **in use**"
        await scene.train()
        assert "**1** · 250 messages" in await scene.ask("!model")


def come_back(scene: Scene) -> None:
    role = next(role for role in scene.guild.roles.values() if role.managed)
    scene.world.add_member(scene.guild, scene.world.bot, roles=[role])
    scene.discord.announce_guild(scene.guild)


async def test_a_server_may_come_back_within_the_grace_period(scene: Scene) -> None:
    clock = TurnedClock()
    async with running_bot(scene, clock=clock, leave_grace_h=24):
        await scene.train()
        async with Heard("bot.privacy.departures"):
            scene.discord.kick(scene.guild, scene.world.bot)
        await clock.turn(hours=23)
        come_back(scene)
        await scene.from_bot("MESSAGE_CREATE", "Hi!")
        await clock.turn(hours=2)
        assert "**1** · 250 messages" in await scene.ask("!model")
        assert count(scene, "departure") == 0
        async with Heard("bot.privacy.departures"):
            scene.discord.kick(scene.guild, scene.world.bot)
    # A restart does not make it longer.
    async with running_bot(scene, clock=clock, leave_grace_h=24):
        assert count(scene, "model") == 1
        async with Heard("bot.privacy.guild_erasure"):
            await clock.turn(hours=24)
        assert kept(scene) == []
        assert [count(scene, table) for table in ("model", "departure")] == [0, 0]


async def test_a_server_that_went_while_the_bot_was_off_is_erased_after_a_week(
    scene: Scene,
) -> None:
    async with running_bot(scene):
        await scene.train()
    scene.discord.kick(scene.guild, scene.world.bot)
    clock = TurnedClock()
    async with running_bot(scene, clock=clock):
        await clock.turn(days=6)
        assert count(scene, "model") == 1
        async with Heard("bot.privacy.guild_erasure"):
            await clock.turn(days=1)
        assert kept(scene) == []


async def test_thrown_out_in_the_middle_of_a_training_it_forgets_that_as_well(
    scene: Scene,
) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    scene.world.fill_channel(there, rows(60))
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.you.say(there.id, f"!train <#{there.id}>")
        await scene.from_bot()
        async with Heard("bot.privacy.guild_erasure"):
            scene.discord.kick(scene.guild, scene.world.bot)
        # The other server's turn comes at once.
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60 messages\n`█")
        assert count(scene, "train_job") == 1
        jobs = {path.parent.name for path in kept(scene)}
        assert len(jobs) == 1


async def test_a_server_that_is_merely_away_is_not_forgotten(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await scene.train()
        away: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def on_guild_unavailable(guild: object) -> None:
            away.set_result(None)

        bot.add_listener(on_guild_unavailable)
        for session in scene.discord.backend.sessions_of(scene.world.bot):
            session.dispatch("GUILD_DELETE", {"id": str(scene.guild.id), "unavailable": True})
        await asyncio.wait_for(away, WAIT_S)
        scene.discord.announce_guild(scene.guild)
        await scene.from_bot("MESSAGE_CREATE", "Hi!")
        assert "250 messages" in await scene.ask("!model")


async def test_a_channel_deleted_under_its_training_does_not_stop_it(scene: Scene) -> None:
    """The channel that was read goes, and the one in which progress is shown."""
    gone = scene.world.add_channel(scene.guild, "gone")
    async with running_bot(scene, fake_trainer("hold")):
        await scene.you.say(gone.id, f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        scene.discord.delete_channel(scene.talk)
        scene.discord.delete_channel(gone)
    scene.you.events.clear()
    async with running_bot(scene, fake_trainer("hold")):
        async with asyncio.timeout(WAIT_S):
            while "Trained" not in await scene.ask("!train status"):
                continue
        assert "250 messages" in await scene.ask("!model")


async def test_a_second_bot_on_the_same_folder_is_refused_in_a_sentence(scene: Scene) -> None:
    async with running_bot(scene):
        with pytest.raises(StorageError, match="Another bot is using DATA_DIR"):
            async with running_bot(scene):
                raise AssertionError("it must not start")
        assert "What you can ask" in await scene.ask("!help")
