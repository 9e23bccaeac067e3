"""The words for what a training reads, has read, or found too little of."""

from __future__ import annotations

from collections.abc import Sequence

from bot.collect_progress import CollectProgress
from bot.progress_text import bar, duration, messages_count
from bot.storage.records import TrainJob

SHOWN_CHANNELS = 5
_DISCORD_EPOCH_S = 1_420_070_400


def moment(snowflake: int) -> str:
    """Return the day an id was made on, for Discord to show in each reader's own form."""
    return f"<t:{(snowflake >> 22) // 1000 + _DISCORD_EPOCH_S}:D>"


def named(channel_ids: Sequence[int]) -> str:
    """Return channels' names for Discord to show, the first few of them."""
    shown = ", ".join(f"<#{channel_id}>" for channel_id in channel_ids[:SHOWN_CHANNELS])
    rest = len(channel_ids) - SHOWN_CHANNELS
    return f"{shown} and {rest} more" if rest > 0 else shown


def collecting(now: CollectProgress) -> str:
    """Tell how far the histories have been read."""
    count = len(now.channel_ids)
    which = f" ({now.finished} of {count} done)" if count > 1 else ""
    left = f" · about {duration(now.eta_s)} left" if now.eta_s is not None else ""
    return (
        f"📖 **Reading** {named(now.channel_ids)}{which}\n"
        f"{bar(now.share)} · {messages_count(now.messages)} collected{left}"
    )


def reading_file(name: str, messages: int) -> str:
    """Tell how far a file has been read."""
    return f"📖 **Reading** the file `{name}`: {messages_count(messages)}"


def what_was_read(job: TrainJob) -> str:
    """Tell which messages a model was made from, and which were left out."""
    base = f", on top of what my version {job.base_version} knew" if job.base_version else ""
    if job.scope.file_name is not None:
        return f"Read: the file `{job.scope.file_name}`{base}."
    asked = [channel.channel_id for channel in job.channels if channel.parent_id is None]
    threads = sum(c.parent_id is not None and c.messages > 0 for c in job.channels)
    with_threads = f" and {threads} of their threads" if threads else ""
    first = min((c.first_id for c in job.channels if c.first_id), default=0)
    span = f" from {moment(first)} to {moment(max(c.after_id for c in job.channels))}"
    return f"Read: {named(asked)}{with_threads}{span if first else ''}{base}.{_left_out(job)}"


def too_few(job: TrainJob, least: int) -> str:
    """Tell that there is not enough to learn from, and what else can be done."""
    if job.scope.file_name is not None:
        return (
            f"I found {job.messages} usable messages in that file and need at least {least} "
            "(bots, commands and empty messages do not count)."
        )
    where = named([c.channel_id for c in job.channels if c.parent_id is None])
    if job.base_version and any(channel.floor_id for channel in job.channels):
        return (
            f"I found only {job.messages} new usable messages in {where} since my version "
            f"{job.base_version} and need at least {least}: train again when there are more, or "
            f"start over with the whole history by `train full #channel`.{_left_out(job)}"
        )
    return (
        f"I found {job.messages} usable messages in {where} and need at least {least} (bots, "
        "commands and empty messages do not count): choose a livelier channel, or several at "
        f"once.{_left_out(job)}"
    )


def _left_out(job: TrainJob) -> str:
    """Tell what was left out because it was asked for, with a space in front."""
    scope = job.scope
    limits = []
    if scope.max_messages:
        limits.append(f"no more than the newest {messages_count(scope.max_messages)} of each")
    if scope.since_id and any(c.floor_id == scope.since_id for c in job.channels):
        limits.append(f"nothing before {moment(scope.since_id)}")
    return f" As asked, I read {' and '.join(limits)}." if limits else ""
