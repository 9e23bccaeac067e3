"""Codes of Discord and Slack in a message (``<@123>``), turned into marks or left out.

Sources: https://discord.com/developers/docs/reference#message-formatting and
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import html
import re

from textgen_core.text.special_tokens import EMOJI, MENTION, unmarked

_MENTION = re.compile(r"<@[!&]?\d{15,20}>")
_CHANNEL_MENTION = re.compile(r"<#\d{15,20}>")
_CUSTOM_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{15,20}>")
# What people see as a date, a button or a sound; spelled out it is a number that means nothing.
_LEFT_OUT = re.compile(
    r"<(?:"
    r"t:-?\d{1,17}(?::[tTdDfFsSR])?"  # a moment in each reader's own time zone
    r"|/[^<>\n:]{1,100}:\d{15,20}"  # a slash command to press
    r"|sound:\d{1,20}:\d{15,20}"  # a sound of a soundboard
    r"|id:(?:customize|browse|guide|home|linked-roles(?::\d{15,20})?)"  # pages of the server
    r")> ?"
)

_PERSON = re.compile(r"<@[UW]\w+(?:\|[^<>]*)?>|<!(?:subteam\^\w+|here|channel|everyone)[^<>]*>")
_SLACK_CHANNEL = re.compile(r"<#C\w+(?:\|[^<>]*)?>")
_DATE = re.compile(r"<!date\^[^<>|]*(?:\|([^<>]*))?>")
_ADDRESS = re.compile(r"<((?:https?|mailto|tel):[^<>|]+)(?:\|[^<>]*)?>")


def without_codes(text: str) -> str:
    """Return a message with marks for mentions and emoji, and without Discord's other codes."""
    if "<" not in text:  # as in most messages, of which there may be millions
        return text
    text = _MENTION.sub(MENTION, text)
    text = _CHANNEL_MENTION.sub("#channel", text)
    text = _CUSTOM_EMOJI.sub(rf"{EMOJI}\1:", text)
    return _LEFT_OUT.sub("", text)


def without_slack_codes(text: str) -> str:
    """Return a message with marks for people, and addresses as they are."""
    text = _PERSON.sub(MENTION, unmarked(text))
    text = _SLACK_CHANNEL.sub("#channel", text)
    text = _DATE.sub(lambda match: match[1] or "", text)
    return html.unescape(_ADDRESS.sub(r"\1", text))
