"""Who wrote a message, and who of one training's authors, told apart without being named.

A model remembers of what was said only what several people said (textgen_core/training/
ngrams/shared_speech.py), so the training process must know which messages are of one
person. It is told a digest of each author's id, keyed by a salt that only this training
has and that is deleted with its texts. No digest is in a model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from textgen_core.text.message_files import speaker_of

_DIGEST_BYTES = 8


class AuthorDigests:
    """Tells authors apart; `salt` is the training's (`DataFolder.author_salt`)."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def of(self, message: Mapping[str, Any]) -> str | None:
        """Return 16 hexadecimal digits, None where nobody says who wrote a message."""
        speaker = speaker_of(message)
        if speaker is None:
            return None
        name = speaker.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(name, key=self._salt, digest_size=_DIGEST_BYTES).hexdigest()


def author_id_of(message: Mapping[str, Any]) -> int | None:
    """Return who wrote a message, as Discord or a file has it; None where nobody says so."""
    author = message.get("author")
    found = author.get("id") if isinstance(author, Mapping) else author
    for value in (found, message.get("author_id"), message.get("user_id")):
        if isinstance(value, int):
            return value
        if isinstance(value, str) and value.isdecimal() and len(value) <= 20:
            return int(value)
    return None
