"""What DiscordChatExporter's tables and texts leave to be found out: bots, and Discord's notices.

Source: Tyrrrz/DiscordChatExporter, MessageExtensions.GetFallbackContent (the notices) and
User.FullName (the tail of a name).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from textgen_core.text.formats.messages import Kind, Message
from textgen_core.text.message_codes import without_codes

_NOTICE = re.compile(
    r"(?:Added .{1,60} to the group|Added a recipient|Left the group|Removed .{1,60} from the group"
    r"|Removed a recipient|Started a call that lasted [\d.,]+ minutes|Changed the channel icon"
    r"|Changed the channel name(?:: .{0,100})?|Pinned a message|Joined the server"
    r"|Started a thread)\."
    r"?"
)
_TAIL = re.compile(r"#(\d{4})$")
MAX_SPACED = 2_000  # names of several words, each looked for in each text with an @
_FIRST_YEAR_WITHOUT_TAILS = 2024


def is_notice(text: str) -> bool:
    """Say whether a text is one that Discord wrote in a person's name."""
    return _NOTICE.fullmatch(text.strip()) is not None


@dataclass(slots=True)
class People:
    """The names of an export. Since 2023 only bots and webhooks have a tail such as #4876."""

    _spaced: dict[str, None] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=lambda: {"none": 0, "0000": 0, "some": 0})
    _last_year: int = 0

    def note(self, name: str, sent_at: datetime | None, year: int = 0) -> None:
        """Take notice of one message's author, before any is judged."""
        if " " in name and len(self._spaced) < MAX_SPACED:
            self._spaced[plain_name(name)] = None
        tail = _TAIL.search(name)
        sort = "none" if tail is None else "0000" if tail[1] == "0000" else "some"
        self._counts[sort] += bool(name)
        self._last_year = max(self._last_year, sent_at.year if sent_at else year)

    def is_bot(self, name: str) -> bool:
        """Say whether a name is a bot's, as far as the others let it be told."""
        tail = _TAIL.search(name)
        if tail is None:
            return False
        if self._counts["none"]:
            return True
        is_new = (
            self._last_year >= _FIRST_YEAR_WITHOUT_TAILS
            or self._counts["0000"] > self._counts["some"]
        )
        return is_new and tail[1] != "0000"

    def names_in(self, text: str) -> tuple[str, ...]:
        """Return the authors' names of several words that a text mentions."""
        if "@" not in text:
            return ()
        return tuple(name for name in self._spaced if f"@{name}" in text)

    def judged(self, text: str, message: Message) -> Message:
        """Return a message with its final text and kind, its author's name without the tail."""
        kind = message.kind
        if self.is_bot(message.author_name):
            kind = Kind.BOT
        elif is_notice(text):
            kind = Kind.NOTICE
        name = plain_name(message.author_name)
        return replace(message, text=without_codes(text), kind=kind, author_name=name)


def plain_name(name: str) -> str:
    """Return a name without its tail."""
    return _TAIL.sub("", name)
