"""Who wrote the messages of one training, told apart without being named.

A model remembers of what was said only what several people said (textgen_core/
context_choice.py), so the training process must know which messages are of one person.
It is told a digest of each author's id, keyed by a salt that only this training has and
that is deleted with its texts. No digest is in a model.
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
