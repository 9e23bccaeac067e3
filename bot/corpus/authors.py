"""Who wrote a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
