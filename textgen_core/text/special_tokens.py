"""Characters that stand for what is not worth spelling: mentions, links, emoji of a server.

They are of Unicode's private use area (The Unicode Standard, section 23.5), so no text
that people exchange holds them; a vocabulary made from texts always has ids for them.
Whoever prepares texts puts them in, whoever shows texts takes them out.
"""

from __future__ import annotations

import re

MENTION = "\ue000"  # somebody was named
LINK = "\ue001"  # an address on the web
EMOJI = "\ue002"  # what follows, up to a colon, is the name of a server's own emoji
MARKS = (MENTION, LINK, EMOJI)
# Whose way a message is written in: at its beginning, where it stands in for <s>. A model
# is never asked to predict one, and never writes one.
AUTHOR_TOKENS = tuple(chr(0xE010 + number) for number in range(16))

_LINK_AND_SPACE = re.compile(f" ?{LINK}$|{LINK} ?")
_NAMED_EMOJI = re.compile(rf"{EMOJI}(?=\w+:)")
_ANY = re.compile(f"[{''.join((*MARKS, *AUTHOR_TOKENS))}]")


def readable(text: str) -> str:
    """Return a text for people: mentions are ``@user``, emoji ``:name:``, links are left out."""
    return unmarked(_NAMED_EMOJI.sub(":", unlinked(text.replace(MENTION, "@user"))))


def unlinked(text: str) -> str:
    """Return a text without the marks of links."""
    return _LINK_AND_SPACE.sub("", text)


def unmarked(text: str) -> str:
    """Return a text without marks, such as one that somebody made up to look marked."""
    return _ANY.sub("", text)


def plain(text: str) -> str:
    """Return a message without the mark of a voice at its beginning."""
    return text[1:] if text.startswith(AUTHOR_TOKENS) else text
