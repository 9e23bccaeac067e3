"""Discord stays away, the clock jumps, the database is taken: trainings go on."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from bot_harness import Scene, fake_trainer, running_bot, until
from pace import VARIABLE, Pace

PAGE_ROUTE = "GET /channels/{channel_id}/messages"
EDIT_ROUTE = "PATCH /channels/{channel_id}/messages/{message_id}"
POST_ROUTE = "POST /channels/{channel_id}/messages"
TRAINING = "🧠 **Training** on 250 messages\n`█"
DAY = timedelta(days=1)


@pytest.fixture
def pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pace:
    """Stops the training process at a step."""
    made = Pace(tmp_path)
    monkeypatch.setenv(VARIABLE, str(made.path))
    return made


def database(scene: Scene) -> sqlite3.Connection:
    return sqlite3.connect(scene.folder / "data" / "textgen.sqlite3", isolation_level=None)


def jobs(scene: Scene) -> list[str]:
    connection = database(scene)
    try:
        return [row[0] for row in connection.execute("SELECT status FROM train_job")]
    finally:
        connection.close()


async def test_without_a_gateway_a_training_is_read_trained_and_told(scene: Scene) -> None:
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        with scene.discord.gateway_away(scene.world.bot):
            gate.open()
            assert "250 messages" in await scene.outcome()
        await scene.until_it_answers()
    assert jobs(scene) == ["done"]


async def test_a_session_that_is_invalid_is_begun_anew_and_the_job_only_once(
    scene: Scene,
) -> None:
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        for session in list(scene.discord.backend.sessions_of(scene.world.bot)):
            del scene.discord.backend.sessions[session.id]
            assert session.connection is not None
            session.connection.close(4000)
        await scene.until_it_answers()
        gate.open()
        assert "250 messages" in await scene.outcome()
    assert jobs(scene) == ["done"]
    # The page before the gate, the one at it, and the last.
    assert scene.discord.request_log.by_route[PAGE_ROUTE] == 3


async def test_a_storm_of_refusals_is_waited_out(scene: Scene) -> None:
    # The client asks five times; two of its requests fail altogether.
    scene.discord.faults.limit(PAGE_ROUTE, 0.02, times=12)
    async with running_bot(scene):
        assert "250 messages" in await scene.train()


async def test_a_long_wait_for_the_message_keeps_neither_training_nor_chat(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        scene.discord.faults.limit(EDIT_ROUTE, 5.0)
        began = time.monotonic()
        assert "Stopping" in await scene.ask("!train cancel")
        assert time.monotonic() - began < 5.0
        assert (await scene.outcome()).startswith("🛑")


@pytest.mark.parametrize("route", [EDIT_ROUTE, POST_ROUTE])
async def test_a_bad_day_of_discord_costs_progress_and_nothing_else(
    scene: Scene, route: str
) -> None:
    gate = scene.discord.faults.hold(PAGE_ROUTE)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        scene.discord.faults.fail(route, times=3, status=503)
        gate.open()
        await until(lambda: jobs(scene) == ["done"])
        scene.discord.faults.clear()
        await scene.until_it_answers()


class DayBefore(datetime):
    """A wall clock that was set back by a day."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) - DAY


async def test_a_clock_that_is_set_back_a_day_changes_nothing(
    scene: Scene, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(scene, fake_trainer("steps")):
        await scene.train(how="full")
        scene.you.events.clear()
        pace.stop_after(3)
        await scene.ask(f"!train full <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        for module in (
            "storage.records",
            "storage.queue",
            "training.queue_positions",
            "runtime.clock",
        ):
            monkeypatch.setattr(f"bot.{module}.datetime", DayBefore)
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() - DAY.total_seconds())
        scene.you.events.clear()
        pace.stop_after(6)
        progress = await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        assert "about" in progress
        assert "-" not in progress
        pace.go_on()
        assert (await scene.outcome()).startswith("✅")
        assert (await scene.train(how="full")).startswith("✅")
        listed = (await scene.ask("!train log")).splitlines()
    assert len(listed) == 3
    assert " · -" not in "".join(listed)
    assert " · 0 s · " in listed[1]  # it began after its end, by the clock
    assert jobs(scene) == ["done"] * 3


async def test_a_database_that_others_keep_is_waited_for(
    scene: Scene, pace: Pace, caplog: pytest.LogCaptureFixture
) -> None:
    pace.stop_after(3)
    async with running_bot(scene, fake_trainer("steps")) as bot:
        await bot.services.jobs._database._connection.execute("PRAGMA busy_timeout = 50")
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        other = database(scene)
        other.execute("BEGIN IMMEDIATE")
        pace.go_on()
        await until(lambda: "stands still" in caplog.text)
        other.rollback()
        other.close()
        assert "250 messages" in await scene.outcome()
    assert jobs(scene) == ["done"]
    assert scene.discord.request_log.by_route[PAGE_ROUTE] == 3  # nothing was read again


@pytest.mark.parametrize("call", ["fsync", "replace"])
async def test_a_disk_that_fails_costs_a_sentence_and_nothing_that_was_there(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real = getattr(os, call)

    def broken(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with running_bot(scene):
        await scene.train(how="full")
        voice = await scene.ask("!generate --seed 1")
        monkeypatch.setattr(os, call, broken)
        outcome = await scene.train(how="full")
        assert outcome.startswith("❌")
        assert "\n" not in outcome
        assert await scene.ask("!generate --seed 1") == voice
        assert scene.left_texts() == []
        monkeypatch.setattr(os, call, real)
        assert (await scene.train(how="full")).startswith("✅")
