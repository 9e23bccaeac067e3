"""How far channels have been read is told from their ages; spans of time as people type them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.corpus.progress import CorpusProgress, ProgressTracker
from bot.presentation import reading
from bot.storage.records import JobChannel, JobStatus, TrainingScope, TrainJob
from bot.text.durations import id_before, span_s

DAY = (24 * 3600 * 1000) << 22


def job(*channels: JobChannel, **scope: int) -> TrainJob:
    return TrainJob(
        train_job_id=1,
        guild_id=1,
        status=JobStatus.COLLECTING,
        before_id=100 * DAY,
        report_channel_id=1,
        report_message_id=None,
        outcome=None,
        channels=channels,
        scope=TrainingScope(**scope),
    )


def test_the_share_is_of_the_channels_ages_and_the_time_left_follows() -> None:
    now_s = 0.0
    old, young = JobChannel(10 * DAY), JobChannel(70 * DAY)
    tally = ProgressTracker(job(old, young), clock=lambda: now_s)
    assert tally.now() == CorpusProgress(0, 0.0, None, (10 * DAY, 70 * DAY), 0)
    now_s = 10.0
    progress = tally.note(replace(old, first_id=10 * DAY, after_id=40 * DAY, messages=300))
    assert progress.share == pytest.approx(30 / 120)
    assert progress.eta_s == pytest.approx(30.0)
    progress = tally.note(replace(young, finished=True))
    assert (progress.share, progress.finished) == (pytest.approx(60 / 120), 1)
    assert progress.messages == 300


def test_a_reading_taken_up_again_measures_its_own_pace() -> None:
    now_s = 0.0
    state = JobChannel(0 * DAY + 1, first_id=1, after_id=50 * DAY)
    tally = ProgressTracker(job(state), clock=lambda: now_s)
    now_s = 10.0
    progress = tally.note(replace(state, after_id=60 * DAY))
    assert progress.share == pytest.approx(0.6)
    assert progress.eta_s == pytest.approx(40.0)


def test_what_is_known_already_does_not_count_as_read() -> None:
    state = JobChannel(10 * DAY, floor_id=80 * DAY)
    progress = ProgressTracker(job(state)).note(
        replace(state, first_id=81 * DAY, after_id=90 * DAY)
    )
    assert progress.share == pytest.approx(0.5)


def test_a_count_that_is_nearly_reached_is_nearly_the_end() -> None:
    state = JobChannel(10 * DAY)
    read = replace(state, first_id=99 * DAY, after_id=100 * DAY, messages=90)
    assert ProgressTracker(job(state, max_messages=100)).note(read).share == pytest.approx(0.9)


def test_the_words_show_channels_count_and_time_left() -> None:
    now = CorpusProgress(12_300, 0.25, 75.0, tuple(range(1, 8)), 2)
    text = reading.collecting(now)
    for part in ("<#5> and 2 more (2 of 7 done)", "25%", "12,300 messages", "1 min 15 s left"):
        assert part in text


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("2w", 14), ("6mo", 180), ("1 y", 365)])
def test_spans_may_be_months_and_years(text: str, days: int) -> None:
    assert span_s(text, least_s=1, most_s=10**9) == days * 86_400


def test_a_moment_before_an_id_is_an_id() -> None:
    assert id_before(100 * DAY + 17, 86_400) == 99 * DAY - 1
    assert id_before(DAY, 9 * 86_400) == 0
