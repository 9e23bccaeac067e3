"""A message as any format gives it, the forms there are, and the count of what was found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from textgen_core.text.special_tokens import MENTION, unmarked

AUTO = "auto"  # the form is told by the file itself
MAX_PEOPLE = 100_000  # told apart when they are counted
_AT_NAME = re.compile(r"(?<![\w@.])@(?!everyone\b|here\b)[\w.\-]{2,32}")


class Kind(StrEnum):
    """Who wrote a message, as far as the file says."""

    PERSON = "person"
    BOT = "bot"
    WEBHOOK = "webhook"
    NOTICE = "notice"  # the program's own words, or somebody else's that were passed on


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a file.

    Attributes:
        author_id: as the file has it; empty where it names none.
        author_name: likewise.
        sent_at: with its time zone, UTC where the file names none; None where it is unknown.
    """

    text: str
    author_id: str = ""
    author_name: str = ""
    kind: Kind = Kind.PERSON
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A format that is known.

    Attributes:
        id: its name in docs/files.md.
        name: what people call it.
        marks: its texts hold marks (textgen_core/text/special_tokens.py), and none that the file
            made up.
    """

    id: str
    name: str
    marks: bool = False


@dataclass(slots=True)
class Tally:
    """What was found in a file so far."""

    messages: int = 0
    left_out: int = 0
    _people: set[str] = field(default_factory=set)

    def count(self, message: Message) -> None:
        """Count one more message."""
        if message.kind is not Kind.PERSON or not message.text.strip():
            self.left_out += 1
            return
        self.messages += 1
        author = message.author_id or message.author_name
        if author and len(self._people) < MAX_PEOPLE:
            self._people.add(author)

    @property
    def people(self) -> int:
        """How many people wrote them; 0 where the file does not say."""
        return len(self._people)

    def found_in(self, form: str) -> str:
        """Return "DiscordChatExporter CSV, 1,204 messages of 31 people"."""
        noun = "message" if self.messages == 1 else "messages"
        people = "person" if self.people == 1 else "people"
        whose = f" of {self.people:,} {people}" if self.people else ""
        return f"{form}, {self.messages:,} {noun}{whose}"


def with_named_mentions(text: str, names: tuple[str, ...] = ()) -> str:
    """Return a text with marks for ``@Name``, where no other marks are.

    Args:
        names: who is mentioned in it; they may hold spaces.
    """
    text = unmarked(text)
    if "@" not in text:
        return text
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(f"@{name}", MENTION)
    return _AT_NAME.sub(MENTION, text)


def moment(value: Any) -> datetime | None:
    """Return when something was sent, of ISO 8601 or seconds since 1970; None of anything else."""
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
            found = datetime.fromisoformat(value.strip()[:40])
        else:
            found = datetime.fromtimestamp(float(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
