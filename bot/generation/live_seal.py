"""Live messages' counts at rest: encrypted, and their authors told apart without being named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.storage.live_counts import LiveRow
from textgen_core.generation.counted_speech import (
    CountedSpeech,
    counted_speech,
    counts_from_bytes,
    counts_of,
    spelling_of,
)
from textgen_core.model.filter_key import FilterKey
from textgen_core.text.message_files import speaker_of
from textgen_core.text.tokenizer import Tokenizer


class LiveSeal:
    """Makes rows of messages and speech of rows; any thread may use it.

    Args:
        key: of the data folder.
        vocabulary: returns that of the base model, by which messages are counted.
    """

    def __init__(self, key: FilterKey, vocabulary: Callable[[], Tokenizer]) -> None:
        self._key = key.derived("live counts")
        self._vocabulary = vocabulary
        self._spelling: tuple[Tokenizer, str] | None = None

    def speaker(self, guild_id: int, author: object) -> bytes:
        """Return 8 bytes that stand for an author in one server."""
        return self._key.digest(guild_id, author)

    def rows(
        self, guild_id: int, messages: Iterable[tuple[int, Mapping[str, Any], str]]
    ) -> list[LiveRow]:
        """Return rows of messages, each given with its channel and what may be learned of it."""
        vocabulary = self._vocabulary()
        made = []
        for channel_id, message, text in messages:
            message_id = int(message["id"])
            author = speaker_of(message) or f"message {message_id}"
            speaker = self.speaker(guild_id, author)
            counts = counts_of(text, vocabulary).to_bytes()
            sealed = self._key.seal(counts, self._told(guild_id, message_id, vocabulary))
            made.append(LiveRow(message_id, guild_id, channel_id, speaker, sealed))
        return made

    def speech(self, guild_id: int, rows: Sequence[LiveRow]) -> CountedSpeech:
        """Return what several people said; rows that another key or spelling made are left out."""
        vocabulary = self._vocabulary()
        counts, said_by = [], []
        for row in rows:
            told = self._told(guild_id, row.message_id, vocabulary)
            opened = self._key.open(row.counts, told)
            if opened is not None:
                counts.append(counts_from_bytes(opened))
                said_by.append(int.from_bytes(row.speaker, "little") >> 1)
        return counted_speech(counts, said_by, vocabulary)

    def _told(self, guild_id: int, message_id: int, vocabulary: Tokenizer) -> bytes:
        if self._spelling is None or self._spelling[0] is not vocabulary:
            self._spelling = (vocabulary, spelling_of(vocabulary))
        return f"{guild_id} {message_id} {self._spelling[1]}".encode()
