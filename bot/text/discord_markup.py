"""What Discord's messages may hold: pure text in, pure text out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.text.linear import LinearPattern
from bot.text.pii import mask_pii, replace_pii
from textgen_core.text.message_codes import without_codes
from textgen_core.text.special_tokens import AUTHOR_TOKENS, EMOJI, LINK, MENTION, unlinked, unmarked

MAX_MESSAGE_CHARS = 2000
ALL_WEBHOOKS = "all"
NOTHING_TO_SAY = "…"

_ZERO_WIDTH_SPACE = "\u200b"
_MASS_MENTION = re.compile(r"@(?=everyone\b|here\b)", re.IGNORECASE)
_ID_MENTION = re.compile(r"<(@[!&]?|#|/[^:<>]*:|id:)(?=\w+>)")
_MENTION = re.compile(r"<@[!&]?(?P<id>\d{15,20})>")
_SCHEME = re.compile(r"(?:https?)?:/+", re.IGNORECASE)
_MAX_ROUNDS = 8  # of links within links, which nobody writes without an aim
_LINK = re.compile(r"<?https?://[^\s<>)\]]+>?", re.IGNORECASE)
# Spaces that are not seen, and letters that are drawn as nothing; joiners stand within emoji.
_UNSEEN = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
_UNSEEN += "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
_WORTH_LEARNING = re.compile(rf"[^\s{MENTION}{LINK}{_UNSEEN}]")
_MARKED_EMOJI = re.compile(rf"{EMOJI}(\w{{2,32}}):")
_OVERRIDES = "\u202d\u202e"  # have Discord draw what follows backwards, or forwards
_STRAY_MARK = re.compile(rf"{EMOJI}(?!\w{{2,32}}:)|[{''.join(AUTHOR_TOKENS)}{_OVERRIDES}]")

_NONE: Mapping[str, str] = MappingProxyType({})
_ORDINARY_TYPES = frozenset({0, 19})  # a message, a reply; the rest is Discord's own
_COMMAND = re.compile(r"(?<=[`*])!(?=[a-z])")


def defuse_mentions(text: str) -> str:
    """Return `text` with every mention broken, so that it pings and links nobody."""
    text = _MASS_MENTION.sub("@" + _ZERO_WIDTH_SPACE, text)
    return _ID_MENTION.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)


def with_prefix(text: str, prefix: str) -> str:
    """Return one of the bot's own sentences with the commands in it as a server types them.

    Sentences write them `!command`, in code or bold.
    """
    return text if prefix == "!" else _COMMAND.sub(lambda _: prefix, text)


def mentioned_ids(text: str) -> list[int]:
    """Return the ids of the people and roles that a text mentions."""
    return [int(match["id"]) for match in _MENTION.finditer(text)]


def named(text: str, names: Mapping[int, str]) -> str:
    """Return a text with the names of those it mentions, ``someone`` where none is known."""
    return _MENTION.sub(lambda match: "@" + names.get(int(match["id"]), "someone"), text)


def restore(text: str) -> str:
    """Return a text as it was before `defuse_mentions`, as far as that can be told."""
    return text.replace(_ZERO_WIDTH_SPACE, "")


def cut(text: str, max_chars: int = MAX_MESSAGE_CHARS) -> str:
    """Return at most `max_chars` characters of `text`, cut at a space where one is near."""
    if len(text) <= max_chars:
        return text
    head = text[: max_chars - 1]
    space = head.rfind(" ", max_chars - 40)
    return (head if space < 0 else head[:space]).rstrip() + "…"


def render(text: str, *, addressee: str = "someone", emojis: Mapping[str, str] = _NONE) -> str:
    """Return a generated text as Discord shows it, pinging nobody and giving nothing away.

    Args:
        text: may hold marks, which become what they stand for; links go, spelled or marked.
        addressee: who is spoken to where the model mentions somebody.
        emojis: codes of the server's emoji by name; others stay `:name:`.
    """
    text = mask_pii(
        resolved(text.replace(MENTION, f"@{addressee}"))
    )  # emoji come later: theirs are long numbers
    text = _MARKED_EMOJI.sub(lambda match: emojis.get(match[1], f":{match[1]}:"), text)
    return defuse_mentions(text.strip())


def resolved(text: str) -> str:
    """Return a text without what is never shown of it: links, and marks that mean nothing.

    Nor what turns the order of letters round, so that they are read as they stand.

    Whatever checks a text must read it so, as its parts come together.
    """
    text = _STRAY_MARK.sub("", text)
    for _ in range(_MAX_ROUNDS):
        shorter = unlinked(_LINK.sub(LINK, text))
        if shorter == text:
            return text
        text = shorter  # what stood around a link may be one now
    return _STRAY_MARK.sub("", _SCHEME.sub("", unlinked(text)))


def reply_messages(
    texts: list[str], *, addressee: str = "someone", emojis: Mapping[str, str] = _NONE
) -> list[str]:
    """Return the messages that show generated texts, each ready to send.

    Texts share a message as long as they fit; none is ever empty. See `render`.
    """
    messages: list[str] = []
    for text in texts:
        ready = cut(render(text, addressee=addressee, emojis=emojis)) or NOTHING_TO_SAY
        if messages and len(messages[-1]) + len(ready) + 2 <= MAX_MESSAGE_CHARS:
            messages[-1] += "\n\n" + ready
        else:
            messages.append(ready)
    return messages or [NOTHING_TO_SAY]


def quoted(text: str, max_chars: int = 300) -> str:
    """Return `text` as a quotation of one block, defused and cut."""
    ready = cut(render(" ".join(text.split())), max_chars) or NOTHING_TO_SAY
    return f"> {ready}"


def marked_content(content: str, *, has_marks: bool = False) -> str:
    """Return a message with marks (textgen_core/text/special_tokens.py) in place of Discord's
    codes and links.

    A model would spell ids and addresses to no use, and names of members are not its business,
    nor keys, numbers and addresses of theirs (bot/text/pii.py).

    Args:
        has_marks: marks that stand in it are ours, put there when a file was read.
    """
    content = without_codes(content if has_marks else unmarked(content))
    if "://" in content:
        content = _LINK.sub(LINK, content)
    return replace_pii(content).strip()


def learnable_text(
    message: Mapping[str, Any],
    *,
    prefix: str,
    bot_id: int,
    proxies: frozenset[str] = frozenset(),
    other_commands: LinearPattern | None = None,
) -> str | None:
    """Return the text of a message (as REST gives it) that is worth learning.

    None for what bots, webhooks and Discord itself wrote, for commands and
    for messages without text.

    Args:
        proxies: ids of webhooks and applications that write for members; theirs is learned.
        other_commands: what commands to other bots look like.
    """
    if message["type"] not in _ORDINARY_TYPES or not _is_of_a_person(message, proxies):
        return None
    content: str = message["content"]
    if is_command(content, prefix=prefix, bot_id=bot_id):
        return None
    if other_commands is not None and other_commands.finds(content):
        return None
    text = marked_content(content, has_marks=message.get("marked") is True)
    return text if worth_learning(text) else None


def _is_of_a_person(message: Mapping[str, Any], proxies: frozenset[str]) -> bool:
    webhook_id = message.get("webhook_id")
    if webhook_id is None:
        return not message["author"].get("bot")
    return not proxies.isdisjoint(
        (ALL_WEBHOOKS, str(webhook_id), str(message.get("application_id")))
    )


def worth_learning(text: str) -> bool:
    """Say whether a marked text holds more than mentions and links."""
    return _WORTH_LEARNING.search(text) is not None


def is_command(content: str, *, prefix: str, bot_id: int) -> bool:
    """Say whether a message is one that this bot would read as a command."""
    if content.startswith((f"<@{bot_id}>", f"<@!{bot_id}>")):
        return True
    # In any case and width: ！ is ! as well.
    typed = unicodedata.normalize("NFKC", content[: len(prefix)])
    return typed.casefold() == prefix.casefold() and content[len(prefix) :][:1].isalpha()
