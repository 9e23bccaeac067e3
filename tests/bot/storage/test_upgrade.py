"""A database of the first release becomes one of this, its rows kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.presentation.job_log import log_text
from bot.presentation.job_messages import outcome_text
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.migrations import load_migrations
from bot.storage.models import ModelStore
from bot.storage.outcomes import OutcomeStore
from bot.storage.queue import QueueStore
from bot.storage.records import FailureReason, JobOutcome, JobStatus, TrainMetrics

ROWS = """
INSERT INTO guild (guild_id) VALUES (7), (8);
INSERT INTO train_job (train_job_id, guild_id, status, before_id, report_channel_id, outcome,
    created_at, started_at, finished_at) VALUES
    (1, 7, 'done', 10, 20, 'first', '2024-01-01T00:00:00+00:00', '2024-01-01T00:00:01+00:00',
     '2024-01-01T00:01:00+00:00'),
    (2, 7, 'done', 11, 20, 'second', '2024-01-02T00:00:00+00:00', '2024-01-02T00:00:01+00:00',
     '2024-01-02T00:01:00+00:00'),
    (3, 8, 'training', 12, 21, NULL, '2024-01-03T00:00:00+00:00', '2024-01-03T00:00:01+00:00',
     NULL),
    (4, 7, 'queued', 13, 20, NULL, '2024-01-03T00:00:00+00:00', NULL, NULL);
INSERT INTO job_channel (train_job_id, channel_id, position, messages) VALUES
    (1, 30, 0, 100), (2, 30, 0, 120), (3, 31, 0, 130), (4, 30, 0, 0);
INSERT INTO model VALUES
    (1, 7, 1, NULL, 1, 'models/7/1.safetensors', 100, 3.0, 2.5, 60.0, '2024-01-01T00:01:00+00:00'),
    (2, 7, 2, 1, 2, 'models/7/2.safetensors', 120, 3.0, 2.4, 60.0, '2024-01-02T00:01:00+00:00'),
    (3, 8, 1, NULL, 3, 'models/8/1.safetensors', 130, 3.0, 2.6, 60.0, '2024-01-03T00:01:00+00:00');
UPDATE guild SET model_id = 2 WHERE guild_id = 7;
INSERT INTO bot_fact VALUES ('name', 'value');
"""


def schema(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()


async def test_the_first_released_database_is_upgraded_with_its_rows(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old", tmp_path / "fresh"
    await (await Database.open(old, load_migrations()[:1])).close()
    with sqlite3.connect(old) as connection:
        connection.executescript(ROWS)
    await (await Database.open(fresh)).close()
    database = await Database.open(old)
    assert schema(old) == schema(fresh)
    jobs, models = JobStore(database), ModelStore(database)
    live = await models.current(7)
    assert live is not None
    assert (live.version, live.parent_id, live.label) == (2, 1, "2")
    assert live.metrics is not None
    assert live.metrics.bits_per_char_after == 2.4
    assert [record.version for record in await models.versions(7)] == [2, 1]
    # Its job is still to be finished: the version does not count yet.
    assert await models.versions(8) == []
    unfinished = await models.of_job(3)
    assert unfinished is not None
    assert not unfinished.published
    interrupted = await jobs.get(3)
    assert (interrupted.status, interrupted.messages) == (JobStatus.TRAINING, 130)
    assert interrupted.requested_by_id is None
    assert await QueueStore(database).claim(()) == 3
    assert (await models.add(guild_id=7, path_of=str)).version == 3
    assert await database.fetch_all("PRAGMA foreign_key_check") == []
    (row,) = await database.fetch_all("PRAGMA foreign_keys")
    assert row[0] == 1
    await database.close()


OUTCOMES = """
INSERT INTO guild (guild_id) VALUES (7);
INSERT INTO train_job (train_job_id, guild_id, status, before_id, report_channel_id, outcome,
    created_at, started_at, finished_at, bits_per_char_before, bits_per_char_after, base_version,
    file_messages) VALUES
    (1, 7, 'done', 10, 20, '✅ **Trained** on 100 messages in 1 min 0 s.
Surprise at the newest messages: 3.00 → **2.50 bits/char** (lower is better).
This is how I talk now:
> private words', '2024-01-01T00:00:00+00:00', '2024-01-01T00:00:01+00:00',
     '2024-01-01T00:01:01+00:00', 3.0, 2.5, 0, 0),
    (2, 7, 'done', 11, 20, '✅ **Trained** on 70 messages in 1 min 0 s.',
     '2024-01-02T00:00:00+00:00', '2024-01-02T00:00:01+00:00', '2024-01-02T00:01:01+00:00',
     2.5, 2.6, 1, 70),
    (3, 7, 'failed', 12, 20, '❌ **Training failed.** The **file** is gone: send it again.',
     '2024-01-03T00:00:00+00:00', '2024-01-03T00:00:01+00:00', '2024-01-03T00:01:01+00:00',
     NULL, NULL, 0, 0),
    (4, 7, 'cancelled', 12, 20, '🛑 **Training cancelled.** What I had read is deleted.',
     '2024-01-03T00:00:00+00:00', NULL, '2024-01-03T00:01:01+00:00', NULL, NULL, NULL, 0);
INSERT INTO job_channel (train_job_id, channel_id, position, messages) VALUES (1, 30, 0, 100);
INSERT INTO model (model_id, guild_id, version, train_job_id, path, messages,
    bits_per_char_before, bits_per_char_after, train_s, created_at, published_at) VALUES
    (1, 7, 1, 1, 'models/7/1.safetensors', 100, 3.0, 2.5, 42.0, '2024-01-01T00:01:00+00:00',
     '2024-01-01T00:01:00+00:00');
"""


async def test_outcomes_that_were_kept_as_words_become_values(tmp_path: Path) -> None:
    """The second training's version was deleted; nobody has told the first one's samples."""
    old = tmp_path / "old"
    await (await Database.open(old, load_migrations()[:8])).close()
    with sqlite3.connect(old) as connection:
        connection.executescript(OUTCOMES)
    database = await Database.open(old)
    jobs = JobStore(database)
    found = [(await jobs.get(number)).outcome for number in (1, 2, 3, 4)]
    assert found[0] == JobOutcome(
        JobStatus.DONE, metrics=TrainMetrics(100, 3.0, 2.5, 42.0), version=1, is_live=True
    )
    assert found[1] is not None
    assert found[1].metrics is not None
    assert found[1].metrics.train_s == pytest.approx(60.0, abs=0.01)
    assert (found[1].metrics.messages, found[1].is_live) == (70, False)
    reason = FailureReason("The **file** is gone: send it again.")
    assert found[2] == JobOutcome(JobStatus.FAILED, reason)
    assert found[3] == JobOutcome(JobStatus.CANCELLED)
    assert len(log_text(await OutcomeStore(database, jobs).latest(7, 9)).splitlines()) == 4
    ended = [await jobs.get(number) for number in (1, 2, 3, 4)]
    told = "".join(outcome_text(job, job.outcome) for job in ended if job.outcome)
    assert "**Trained** on 100 messages of <#30> in 42 s" in told
    assert "send it again" in told
    await database.close()
    assert b"private words" not in old.read_bytes()
