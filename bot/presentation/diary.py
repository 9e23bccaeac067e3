"""The words of a version's diary."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models.version_history import DiaryEntry, total_s
from bot.text.discord_markup import cut
from bot.text.formatting import day, duration, listed, messages_count

MOST_ALTERNATIVE_CHARS = 1000  # Discord takes 1,024


def diary_text(entries: Sequence[DiaryEntry]) -> str:
    """Return the message: a line a version, the newest first."""
    return cut("\n".join(["**My diary**", *map(_line, reversed(entries))]))


def _line(entry: DiaryEntry) -> str:
    record, metrics = entry.record, entry.record.metrics
    parts = [f"**{record.label}**", day(record.created_at)]
    if metrics is None:
        parts.append("from a file")
    else:
        parts.append(messages_count(metrics.messages))
        parts.append(f"{metrics.bits_per_char_after:.2f} bits per character")
    parts.append(f"talked for {duration(total_s(entry.spoke))}" if entry.spoke else "never talked")
    if entry.words:
        parts.append(f"new words: {listed(entry.words)}")
    return " · ".join(parts)


def diary_in_words(entries: Sequence[DiaryEntry]) -> str:
    """Return what the picture shows, for those who cannot see it."""
    return cut(" ".join(["Versions over time.", *map(_sentence, entries)]), MOST_ALTERNATIVE_CHARS)


def _sentence(entry: DiaryEntry) -> str:
    record, metrics = entry.record, entry.record.metrics
    date = f"{record.created_at:%Y-%m-%d}"
    if metrics is None:
        return f"Version {record.label}, {date}, from a file."
    bits = f"{metrics.bits_per_char_after:.2f} bits per character"
    used = "it talked" if entry.spoke else "it never talked"
    return f"Version {record.label}, {date}, {bits}, {used}."
