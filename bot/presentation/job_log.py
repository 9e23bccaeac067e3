"""A server's past trainings, a line each."""

from __future__ import annotations

from collections.abc import Sequence

from bot.presentation.training import CANCELLED_MARK, DONE_MARK, FAILED_MARK
from bot.storage.outcomes import PastJob
from bot.storage.records import JobStatus
from bot.text.discord_markup import cut
from bot.text.formatting import duration, messages_count

LINES = 10
NAMED_CHANNELS = 3
MAX_REASON_CHARS = 60
MARKS = {
    JobStatus.DONE: DONE_MARK,
    JobStatus.FAILED: FAILED_MARK,
    JobStatus.CANCELLED: CANCELLED_MARK,
}


def log_text(past: Sequence[PastJob]) -> str:
    """Return the log, in the order given."""
    if not past:
        return "Nothing was trained here yet: `train #channel` begins."
    return cut("\n".join(map(_line, past)))


def _line(past: PastJob) -> str:
    job = past.job
    who = f"<@{job.requested_by_id}>" if job.requested_by_id else "somebody"
    parts = [f"<t:{int(past.finished_at.timestamp())}:f>", who]
    if where := _where(past):
        parts.append(where)
    if job.messages:
        parts.append(messages_count(job.messages))
    if past.seconds is not None:
        parts.append(duration(past.seconds))
    return f"{MARKS[job.status]} " + " · ".join([*parts, _outcome(past)])


def _where(past: PastJob) -> str:
    channels = past.job.channels
    named = " ".join(f"<#{channel.channel_id}>" for channel in channels[:NAMED_CHANNELS])
    more = len(channels) - NAMED_CHANNELS
    return f"{named} and {more} more" if more > 0 else named


def _outcome(past: PastJob) -> str:
    outcome = past.job.outcome
    if outcome is None or outcome.status is JobStatus.CANCELLED:
        return str(past.job.status)
    if (metrics := outcome.metrics) is not None:
        kept = "" if metrics.improved else " (kept aside)"
        before, after = metrics.bits_per_char_before, metrics.bits_per_char_after
        return f"{before:.2f} → **{after:.2f} bits/char**{kept}"
    reason = "" if outcome.reason is None else outcome.reason.sentence
    return cut(reason.partition(": ")[0], MAX_REASON_CHARS) or str(past.job.status)
