"""The words that tell of versions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import UserError
from bot.presentation.training import guesses, snowflake_day, surprise
from bot.storage.records import LearnedChannel, ModelRecord
from bot.text.discord_markup import cut, quoted
from bot.text.formatting import counted, day, duration, messages_count, moment

PAGE = 10
SHOWN_CHANNELS = 15

MAX_LABELS = 30


def listed(records: Sequence[ModelRecord], live: ModelRecord | None, page: int) -> str:
    """Return a page of a server's versions, the newest first.

    Raises:
        UserError: there is no such page.
    """
    live_id = None if live is None else live.model_id
    lines = [_line(record, record.model_id == live_id) for record in records]
    lines.append(_base_line(is_live=live is None))
    pages = -(-len(lines) // PAGE)
    if page > pages:
        raise UserError(f"There is no page {page}; the list has {counted(pages, 'page')}.")
    shown = lines[PAGE * (page - 1) : PAGE * page]
    if pages > 1:
        shown.append(f"-# Page {page} of {pages}. Next: `!model list {page % pages + 1}`")
    return "\n".join(shown)


def compared(
    sides: Sequence[tuple[ModelRecord | None, Sequence[str] | str]], live: ModelRecord | None
) -> str:
    """Return versions' figures, each with its texts, or with why there are none.

    Args:
        sides: versions, None for the base model, and what they say.
        live: the one in use.
    """
    lines = []
    for record, texts in sides:
        if record is None:
            lines.append(_base_line(is_live=live is None))
        else:
            lines.append(_line(record, live is not None and record.model_id == live.model_id))
        lines += [texts] if isinstance(texts, str) else [quoted(text, 200) for text in texts]
    if any(record is not None and record.metrics is not None for record, _ in sides):
        lines.append(
            "-# Bits per character: lower is better. Each version is scored on messages it wasn't "
            "trained on."
        )
    return cut("\n".join(lines))


def _base_line(*, is_live: bool) -> str:
    return "**base** · the voice I came with" + (" · **in use**" if is_live else "")


def _line(record: ModelRecord, is_live: bool) -> str:
    parts = [f"**{record.version}**" + (f" {record.name}" if record.name else "")]
    if record.metrics is None:
        parts.append("from a file")
    else:
        parts.append(messages_count(record.metrics.messages))
        parts.append(f"{record.metrics.bits_per_char_after:.2f} bits per character")
    parts.append(day(record.created_at))
    if is_live:
        parts.append("**in use**")
    elif record.metrics is not None and not record.metrics.improved:
        parts.append("no better than the version before")
    return " · ".join(parts)


def base_info(*, is_live: bool) -> str:
    """Return what is known of the model that every server begins with."""
    head = "**base**" + (" · **in use**" if is_live else "")
    return (
        f"{head}\nThe voice I came with, which has learned nothing in this server. `!train "
        "#channel` makes version 1."
        if is_live
        else f"{head}\nThe voice I came with, which has learned nothing in this server. `!model "
        "use base` switches to it."
    )


def info(
    record: ModelRecord,
    parent: ModelRecord | None,
    learned: Sequence[LearnedChannel],
    *,
    is_live: bool,
) -> str:
    """Return all that is known of a version."""
    head = f"**Version {record.label}**" + (" · **in use**" if is_live else "")
    if record.metrics is None:
        return f"{head}\nImported from a file: {moment(record.created_at)}"
    metrics = record.metrics
    read = f"{messages_count(metrics.messages)} in {duration(metrics.train_s)}"
    former = "the base model" if parent is None else f"version {parent.label}"
    lines = [
        f"{head}\nTrained: {moment(record.created_at)}, on {read}, starting from {former}",
        guesses(metrics),
        surprise(metrics),
    ]
    if learned:
        lines.append("It has learned from these, counting the versions it grew out of:")
    lines += [_range(channel) for channel in learned[:SHOWN_CHANNELS]]
    if len(learned) > SHOWN_CHANNELS:
        lines.append(f"· and {len(learned) - SHOWN_CHANNELS} more")
    return cut("\n".join(lines))


def _range(channel: LearnedChannel) -> str:
    read = messages_count(channel.messages)
    first, last = snowflake_day(channel.first_id), snowflake_day(channel.after_id)
    return f"· <#{channel.channel_id}>: {read}, {first} to {last}"


def now_speaking(record: ModelRecord | None) -> str:
    """Tell whose voice it is from now on."""
    what = "the base model" if record is None else f"version {record.label}"
    return f"I now talk with {what}."


def imported(record: ModelRecord, texts: Sequence[str], refusal: str | None = None) -> str:
    """Tell that a file has become a version, and how it talks; or why it may not talk here."""
    head = f"That is now version {record.label}. To switch to it: `!model use {record.version}`."
    if refusal is not None:
        return f"{head}\n{refusal}"
    return "\n".join([head, *(["It talks like this:", *map(quoted, texts)] if texts else [])])


def vouched(record: ModelRecord, *, changed: bool) -> str:
    """Tell that a version of unknown origin may be spoken with, or that it needed no leave."""
    if not changed:
        return f"I know what version {record.label} learned, so nobody needs to vouch for it."
    return f"Thanks. I can now use version {record.label} in every channel I write in."


def deletion_question(record: ModelRecord) -> str:
    """Ask whether a version shall be deleted."""
    made = moment(record.created_at)
    return f"Delete version {record.label}, made {made}? Nobody can bring it back afterwards."


def deleted(record: ModelRecord) -> str:
    """Tell that a version is deleted."""
    return f"I've deleted version {record.label}."


def deletion_notice(record: ModelRecord, user_id: int) -> str:
    """Tell the server who deleted a version."""
    return f"<@{user_id}> deleted version {record.label} of my model."


def labels(records: Sequence[ModelRecord]) -> str:
    """Return the numbers and names of versions, as many as a message holds well."""
    named = [record.label for record in sorted(records, key=lambda record: record.version)]
    shown = ", ".join(named[:MAX_LABELS])
    rest = len(named) - MAX_LABELS
    word = "version" if len(named) == 1 else "versions"
    return f"{word} {shown} and {rest} more" if rest > 0 else f"{word} {shown}"
