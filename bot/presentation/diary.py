"""The words of a version's diary."""

from __future__ import annotations

from collections.abc import Sequence

from bot.locales.messages import _, listed
from bot.models.version_history import DiaryEntry, total_s
from bot.text.discord_markup import cut
from bot.text.formatting import day, duration, messages_count

MOST_ALTERNATIVE_CHARS = 1000  # Discord takes 1,024


def diary_text(entries: Sequence[DiaryEntry]) -> str:
    """Return the message: a line a version, the newest first."""
    return cut("\n".join([_("**My diary**"), *map(_entry_line, reversed(entries))]))


def _entry_line(entry: DiaryEntry) -> str:
    record, metrics = entry.record, entry.record.metrics
    parts = [f"**{record.label}**", day(record.created_at)]
    if metrics is None:
        parts.append(_("from a file"))
    else:
        parts.append(messages_count(metrics.messages))
        parts.append(_("{bits:.2f} bits per character", bits=metrics.bits_per_char_after))
    if entry.spoke:
        parts.append(_("talked for {duration}", duration=duration(total_s(entry.spoke))))
    else:
        parts.append(_("never talked"))
    if entry.words:
        parts.append(_("new words: {words}", words=listed(entry.words)))
    return " · ".join(parts)


def diary_in_words(entries: Sequence[DiaryEntry]) -> str:
    """Return what the picture shows, for those who cannot see it."""
    told = " ".join([_("Versions over time."), *map(_sentence, entries)])
    return cut(told, MOST_ALTERNATIVE_CHARS)


def _sentence(entry: DiaryEntry) -> str:
    record, metrics = entry.record, entry.record.metrics
    date = f"{record.created_at:%Y-%m-%d}"
    if metrics is None:
        return _("Version {version}, {date}, from a file.", version=record.label, date=date)
    told = {"version": record.label, "date": date, "bits": metrics.bits_per_char_after}
    if entry.spoke:
        return _(
            "Version {version}, {date}, {bits:.2f} bits per character, it talked.",
            **told,
        )
    return _("Version {version}, {date}, {bits:.2f} bits per character, it never talked.", **told)
