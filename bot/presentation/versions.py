"""The words that tell of versions."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import UserError
from bot.locales.messages import _, counted_message, ngettext
from bot.presentation.reading import snowflake_day
from bot.presentation.training import guesses, surprise
from bot.storage.records import LearnedChannel, ModelRecord, TrainMetrics
from bot.text.discord_markup import cut, quoted
from bot.text.formatting import day, duration, messages_count, moment

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
        raise UserError(
            counted_message(
                "There is no page {page}; the list has {count:,} page.",
                "There is no page {page}; the list has {count:,} pages.",
                pages,
                page=page,
            )
        )
    shown = lines[PAGE * (page - 1) : PAGE * page]
    if pages > 1:
        shown.append(
            _(
                "-# Page {page} of {pages}. Next: `!model list {next}`",
                page=page,
                pages=pages,
                next=page % pages + 1,
            )
        )
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
    if any(record is not None and record.metrics is not None for record, said in sides):
        lines.append(
            _(
                "-# Bits per character: lower is better. Each version is scored on messages it "
                "wasn't trained on."
            )
        )
    return cut("\n".join(lines))


def _base_line(*, is_live: bool) -> str:
    return _("**base** · the voice I came with") + (_in_use() if is_live else "")


def _line(record: ModelRecord, is_live: bool) -> str:
    parts = [f"**{record.version}**" + (f" {record.name}" if record.name else "")]
    if record.metrics is None:
        parts.append(_("from a file"))
    else:
        parts.append(messages_count(record.metrics.messages))
        bits = record.metrics.bits_per_char_after
        parts.append(_("{bits:.2f} bits per character", bits=bits))
    parts.append(day(record.created_at))
    if is_live:
        parts.append(_("**in use**"))
    elif record.metrics is not None and not record.metrics.improved:
        parts.append(_("no better than the version before"))
    return " · ".join(parts)


def base_info(*, is_live: bool) -> str:
    """Return what is known of the model that every server begins with."""
    head = "**base**" + (_in_use() if is_live else "")
    told = (
        _(
            "The voice I came with, which has learned nothing in this server. `!train #channel` "
            "makes version 1."
        )
        if is_live
        else _(
            "The voice I came with, which has learned nothing in this server. `!model use base` "
            "switches to it."
        )
    )
    return f"{head}\n{told}"


def info(
    record: ModelRecord,
    parent: ModelRecord | None,
    learned: Sequence[LearnedChannel],
    *,
    is_live: bool,
) -> str:
    """Return all that is known of a version."""
    head = _("**Version {version}**", version=record.label) + (_in_use() if is_live else "")
    made = moment(record.created_at)
    if record.metrics is None:
        return "\n".join([head, _("Imported from a file: {moment}", moment=made)])
    metrics = record.metrics
    lines = [
        head,
        _trained(metrics, made, parent),
        guesses(metrics),
        surprise(metrics),
    ]
    if learned:
        lines.append(_("It has learned from these, counting the versions it grew out of:"))
    lines += [_range(channel) for channel in learned[:SHOWN_CHANNELS]]
    if len(learned) > SHOWN_CHANNELS:
        lines.append(_("· and {more} more", more=len(learned) - SHOWN_CHANNELS))
    return cut("\n".join(lines))


def _range(channel: LearnedChannel) -> str:
    return ngettext(
        "· {channel}: {count:,} message, {first} to {last}",
        "· {channel}: {count:,} messages, {first} to {last}",
        channel.messages,
        channel=f"<#{channel.channel_id}>",
        first=snowflake_day(channel.first_id),
        last=snowflake_day(channel.after_id),
    )


def _trained(metrics: TrainMetrics, made: str, parent: ModelRecord | None) -> str:
    known = {"moment": made, "duration": duration(metrics.train_s)}
    if parent is None:
        return ngettext(
            "Trained: {moment}, on {count:,} message in {duration}, starting from the base model",
            "Trained: {moment}, on {count:,} messages in {duration}, starting from the base model",
            metrics.messages,
            **known,
        )
    return ngettext(
        "Trained: {moment}, on {count:,} message in {duration}, starting from version {version}",
        "Trained: {moment}, on {count:,} messages in {duration}, starting from version {version}",
        metrics.messages,
        version=parent.label,
        **known,
    )


def _in_use() -> str:
    """Return what stands behind the name of the version in use."""
    return " · " + _("**in use**")


def now_speaking(record: ModelRecord | None) -> str:
    """Tell whose voice it is from now on."""
    if record is None:
        return _("I now talk with the base model.")
    return _("I now talk with version {version}.", version=record.label)


def imported(record: ModelRecord, texts: Sequence[str], refusal: str | None = None) -> str:
    """Tell that a file has become a version, and how it talks; or why it may not talk here."""
    head = _(
        "That is now version {version}. To switch to it: `!model use {number}`.",
        version=record.label,
        number=record.version,
    )
    if refusal is not None:
        return f"{head}\n{refusal}"
    return "\n".join([head, *([_("It talks like this:"), *map(quoted, texts)] if texts else [])])


def vouched(record: ModelRecord, *, changed: bool) -> str:
    """Tell that a version of unknown origin may be spoken with, or that it needed no leave."""
    if not changed:
        return _(
            "I know what version {version} learned, so nobody needs to vouch for it.",
            version=record.label,
        )
    return _(
        "Thanks. I can now use version {version} in every channel I write in.",
        version=record.label,
    )


def deletion_question(record: ModelRecord) -> str:
    """Ask whether a version shall be deleted."""
    return _(
        "Delete version {version}, made {moment}? Nobody can bring it back afterwards.",
        version=record.label,
        moment=moment(record.created_at),
    )


def deleted(record: ModelRecord) -> str:
    """Tell that a version is deleted."""
    return _("I've deleted version {version}.", version=record.label)


def deletion_notice(record: ModelRecord, user_id: int) -> str:
    """Tell the server who deleted a version."""
    return _(
        "{member} deleted version {version} of my model.",
        member=f"<@{user_id}>",
        version=record.label,
    )


def labels(records: Sequence[ModelRecord]) -> str:
    """Return the numbers and names of versions, as many as a message holds well."""
    named = [record.label for record in sorted(records, key=lambda record: record.version)]
    shown = ", ".join(named[:MAX_LABELS])
    rest = len(named) - MAX_LABELS
    if rest > 0:
        return _("versions {versions} and {more} more", versions=shown, more=rest)
    # Translators: the count is not shown; it only says which form is needed.
    return ngettext("version {versions}", "versions {versions}", len(named), versions=shown)
