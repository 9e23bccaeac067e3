"""The words that tell of versions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import UserError
from bot.presentation.training import moment, surprise
from bot.storage.records import LearnedChannel, ModelRecord
from bot.text.discord_markup import cut, quoted
from bot.text.formatting import duration, messages_count

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
        raise UserError(f"The list has {pages} pages." if pages > 1 else "The list has one page.")
    shown = lines[PAGE * (page - 1) : PAGE * page]
    if pages > 1:
        shown.append(f"Page {page} of {pages}: `model list {page % pages + 1}` shows another one.")
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
            "Fewer bits/char are less surprise at messages that were held out, of each version's "
            "own training."
        )
    return cut("\n".join(lines))


def _base_line(*, is_live: bool) -> str:
    return "**base** · the model I came with" + (" · **in use**" if is_live else "")


def _line(record: ModelRecord, is_live: bool) -> str:
    parts = [f"**{record.version}**" + (f" {record.name}" if record.name else "")]
    if record.metrics is None:
        parts.append("from a file")
    else:
        parts.append(messages_count(record.metrics.messages))
        parts.append(f"{record.metrics.bits_per_char_after:.2f} bits/char")
    parts.append(f"<t:{int(record.created_at.timestamp())}:d>")
    if is_live:
        parts.append("**in use**")
    elif record.metrics is not None and not record.metrics.improved:
        parts.append("no better than its parent")
    return " · ".join(parts)


def info(
    record: ModelRecord,
    parent: ModelRecord | None,
    learned: Sequence[LearnedChannel],
    *,
    is_live: bool,
) -> str:
    """Return all that is known of a version."""
    head = f"**Version {record.label}**" + (", the one I speak with" if is_live else "")
    made = "learned" if record.metrics is not None else "taken from a file"
    when = f"{made} on <t:{int(record.created_at.timestamp())}:f>"
    if record.metrics is None:
        return f"{head}: {when}."
    metrics = record.metrics
    read = f"{messages_count(metrics.messages)} in {duration(metrics.train_s)}"
    former = "the base model" if parent is None else f"version {parent.label}"
    lines = [f"{head}: {when} from {read}; its parent is {former}.", surprise(metrics)]
    if learned:
        lines.append("What it knows, with what the versions knew that it was made from:")
    lines += [_range(channel) for channel in learned[:SHOWN_CHANNELS]]
    if len(learned) > SHOWN_CHANNELS:
        lines.append(f"and {len(learned) - SHOWN_CHANNELS} channels and threads more")
    return cut("\n".join(lines))


def _range(channel: LearnedChannel) -> str:
    read = messages_count(channel.messages)
    first, last = moment(channel.first_id), moment(channel.after_id)
    return f"<#{channel.channel_id}>: {read}, {first} to {last}"


def now_speaking(record: ModelRecord | None) -> str:
    """Tell whose voice it is from now on."""
    what = "the base model" if record is None else f"version {record.label}"
    return f"I speak with {what} now."


def imported(record: ModelRecord, texts: Sequence[str], refusal: str | None = None) -> str:
    """Tell that a file has become a version, and how it talks; or why it may not talk here."""
    head = (
        f"That is version {record.label} now: `model use {record.version}` lets me speak with it."
    )
    if refusal is not None:
        return f"{head}\n{refusal}"
    return "\n".join([head, *(["It talks like this:", *map(quoted, texts)] if texts else [])])


def vouched(record: ModelRecord, *, changed: bool) -> str:
    """Tell that a version of unknown origin may be spoken with, or that it needed no leave."""
    if not changed:
        return f"I know what version {record.label} learned, so nobody need vouch for it."
    return (
        f"You vouch for version {record.label}: I speak with it in every channel where I may write."
    )


def deletion_question(record: ModelRecord) -> str:
    """Ask whether a version shall be deleted."""
    made = f"<t:{int(record.created_at.timestamp())}:f>"
    return f"Delete version {record.label}, made {made}? Its file goes, and I can't bring it back."


def deleted(record: ModelRecord) -> str:
    """Tell that a version is deleted."""
    return f"Version {record.label} is deleted."


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
