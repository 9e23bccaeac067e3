"""A server's past trainings, a line each."""

from __future__ import annotations

from collections.abc import Sequence

from bot.locales.messages import N_, _
from bot.presentation.reading import NOTHING_NEW_MARK
from bot.presentation.training import (
    CANCELLED_MARK,
    DONE_MARK,
    FAILED_MARK,
    better,
)
from bot.storage.outcomes import PastJob
from bot.storage.records import JobStatus
from bot.text.discord_markup import cut
from bot.text.formatting import duration, messages_count, moment

LINES = 10
NAMED_CHANNELS = 3
MAX_REASON_CHARS = 60
MARKS = {
    JobStatus.DONE: DONE_MARK,
    JobStatus.FAILED: FAILED_MARK,
    JobStatus.CANCELLED: CANCELLED_MARK,
}

_STATUSES = {
    JobStatus.DONE: N_("done"),
    JobStatus.FAILED: N_("failed"),
    JobStatus.CANCELLED: N_("cancelled"),
}


def log_text(past: Sequence[PastJob]) -> str:
    """Return the log, in the order given."""
    if not past:
        return _("Nothing has been trained here yet. Start with `!train #channel`.")
    return cut("\n".join(map(_line, past)))


def _line(past: PastJob) -> str:
    job = past.job
    who = f"<@{job.requested_by_id}>" if job.requested_by_id else _("someone")
    who = _("on schedule") if job.scope.scheduled else who
    parts = [moment(past.finished_at), who]
    if where := _where(past):
        parts.append(where)
    if job.messages:
        parts.append(messages_count(job.messages))
    if past.seconds is not None:
        parts.append(duration(past.seconds))
    return f"{_mark(past)} " + " · ".join([*parts, _outcome(past)])


def _where(past: PastJob) -> str:
    if (file_name := past.job.scope.file_name) is not None:
        return f"`{file_name}`"
    channels = past.job.channels
    named = " ".join(f"<#{channel.channel_id}>" for channel in channels[:NAMED_CHANNELS])
    more = len(channels) - NAMED_CHANNELS
    return _("{channels} and {more} more", channels=named, more=more) if more > 0 else named


def _mark(past: PastJob) -> str:
    outcome = past.job.outcome
    found_too_few = outcome is not None and outcome.reason and outcome.reason.least_messages
    return NOTHING_NEW_MARK if found_too_few else MARKS[past.job.status]


def _outcome(past: PastJob) -> str:
    outcome = past.job.outcome
    if outcome is None or outcome.status is JobStatus.CANCELLED:
        return _status(past.job.status)
    if (metrics := outcome.metrics) is not None:
        how = better(metrics.bits_per_char_before, metrics.bits_per_char_after)
        return _("guesses **{better}**", better=how) if how else _("no better, kept aside")
    if outcome.reason is None:
        return _status(past.job.status)
    if outcome.reason.least_messages is not None:
        least = outcome.reason.least_messages
        return _("fewer than {least} messages to learn from", least=least)
    return cut(outcome.reason.sentence.partition(": ")[0], MAX_REASON_CHARS)


def _status(status: JobStatus) -> str:
    return _(_STATUSES.get(status, str(status)))
