"""What Discord's messages may hold: pure text in, pure text out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_MESSAGE_CHARS = 2000
NOTHING_TO_SAY = "…"

_ZERO_WIDTH_SPACE = "\u200b"
_MASS_MENTION = re.compile(r"@(?=everyone\b|here\b)", re.IGNORECASE)
_ID_MENTION = re.compile(r"<(@[!&]?|#|/[^:>]*:|id:)(?=\w+>)")
_USER_MENTION = re.compile(r"<@!?(\d{15,20})>")
_ROLE_MENTION = re.compile(r"<@&\d{15,20}>")
_CHANNEL_MENTION = re.compile(r"<#\d{15,20}>")
_CUSTOM_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{15,20}>")

_ORDINARY_TYPES = frozenset({0, 19})  # a message, a reply; the rest is Discord's own


def defused(text: str) -> str:
    """Return `text` with every mention broken, so that it pings and links nobody."""
    text = _MASS_MENTION.sub("@" + _ZERO_WIDTH_SPACE, text)
    return _ID_MENTION.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)


def cut(text: str, max_chars: int = MAX_MESSAGE_CHARS) -> str:
    """Return at most `max_chars` characters of `text`, cut at a space where one is near."""
    if len(text) <= max_chars:
        return text
    head = text[: max_chars - 1]
    space = head.rfind(" ", max_chars - 40)
    return (head if space < 0 else head[:space]).rstrip() + "…"


def reply_messages(texts: list[str]) -> list[str]:
    """Return the messages that show generated texts, each ready to send.

    Texts share a message as long as they fit; none is ever empty.
    """
    messages: list[str] = []
    for text in texts:
        ready = cut(defused(text.strip())) or NOTHING_TO_SAY
        if messages and len(messages[-1]) + len(ready) + 2 <= MAX_MESSAGE_CHARS:
            messages[-1] += "\n\n" + ready
        else:
            messages.append(ready)
    return messages or [NOTHING_TO_SAY]


def quoted(text: str, max_chars: int = 300) -> str:
    """Return `text` as a quotation of one block, defused and cut."""
    ready = cut(defused(" ".join(text.split())), max_chars) or NOTHING_TO_SAY
    return f"> {ready}"


def plain_content(content: str, names: Mapping[str, str]) -> str:
    """Return what a reader sees of a message: names in place of Discord's codes.

    `names` maps the ids of mentioned members to their names.
    """
    content = _USER_MENTION.sub(lambda match: "@" + names.get(match[1], "someone"), content)
    content = _ROLE_MENTION.sub("@role", content)
    content = _CHANNEL_MENTION.sub("#channel", content)
    return _CUSTOM_EMOJI.sub(r":\1:", content).strip()


def learnable_text(message: Mapping[str, Any], *, prefix: str, bot_id: int) -> str | None:
    """Return the text of a message (as REST gives it) that is worth learning.

    None for what bots, webhooks and Discord itself wrote, for commands and
    for messages without text.
    """
    author = message["author"]
    if author.get("bot") or message.get("webhook_id") or message["type"] not in _ORDINARY_TYPES:
        return None
    content: str = message["content"]
    if is_command(content, prefix=prefix, bot_id=bot_id):
        return None
    names = {
        user["id"]: user.get("global_name") or user["username"]
        for user in message.get("mentions", ())
    }
    return plain_content(content, names) or None


def is_command(content: str, *, prefix: str, bot_id: int) -> bool:
    """Say whether a message is one that this bot would read as a command."""
    if content.startswith((f"<@{bot_id}>", f"<@!{bot_id}>")):
        return True
    rest = content.removeprefix(prefix)
    return rest != content and rest[:1].isalpha()
