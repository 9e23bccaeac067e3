"""Slack's way to write: ``<@U123>``, ``<https://…|label>``, ``&amp;``.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import html
import re

from textgen_core.text.special_tokens import MENTION, unmarked

_PERSON = re.compile(r"<@[UW]\w+(?:\|[^<>]*)?>|<!(?:subteam\^\w+|here|channel|everyone)[^<>]*>")
_CHANNEL = re.compile(r"<#C\w+(?:\|[^<>]*)?>")
_DATE = re.compile(r"<!date\^[^<>|]*(?:\|([^<>]*))?>")
_ADDRESS = re.compile(r"<((?:https?|mailto|tel):[^<>|]+)(?:\|[^<>]*)?>")


def plain(text: str) -> str:
    """Return a message with marks for people, and addresses as they are."""
    text = _PERSON.sub(MENTION, unmarked(text))
    text = _CHANNEL.sub("#channel", text)
    text = _DATE.sub(lambda match: match[1] or "", text)
    return html.unescape(_ADDRESS.sub(r"\1", text))
