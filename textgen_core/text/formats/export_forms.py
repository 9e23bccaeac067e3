"""Records of what other services give to those who ask for their data, and of Signal's tools.

Skype's and Google's fields are as several readers of them name them: siwen-r/skype-export-parser,
adrish96/Hangouts-JSON-Parser. Matrix: https://spec.matrix.org/latest/client-server-api. Signal:
signal-cli(1), output of ``--output=json receive``. Zulip: its export's ``zerver_message``.
"""

from __future__ import annotations

import re
from datetime import datetime

from textgen_core.text.formats.html_files import html_text
from textgen_core.text.formats.json_forms import JsonForm, Record, id_of, mapping_of, text_of
from textgen_core.text.formats.messages import (
    Form,
    Kind,
    Message,
    moment,
    with_named_mentions,
)
from textgen_core.text.special_tokens import MENTION, unmarked

# Where the messages are in these documents, by the names of what is open around one.
EXPORT_PLACES = (
    ["conversations", "item", "MessageList", "item"],
    ["conversations", "item", "events", "item"],
    ["conversation_state", "item", "conversation_state", "event", "item"],
    ["zerver_message", "item"],
)
_SKYPE_TEXTS = frozenset({"RichText", "Text"})
_MATRIX_TEXTS = frozenset({"m.text", "m.emote"})
_ZULIP_MENTION = re.compile(r"@_?\*\*[^*\n]{1,100}\*\*")
_MICROSECONDS = 1_000_000
_MILLISECONDS = 1_000


def _is_skypes(record: Record) -> bool:
    return "messagetype" in record and "originalarrivaltime" in record


def _skypes(record: Record) -> Message | None:
    """Skype: texts are written in tags, other messages in XML of Skype's own."""
    kind = Kind.PERSON if record.get("messagetype") in _SKYPE_TEXTS else Kind.NOTICE
    return Message(
        html_text(text_of(record.get("content"))),
        id_of(record.get("from")),
        text_of(record.get("displayName")),
        kind,
        moment(record.get("originalarrivaltime")),
    )


def _is_hangouts(record: Record) -> bool:
    return "event_type" in record and isinstance(record.get("sender_id"), dict)


def _hangouts(record: Record) -> Message | None:
    """Google Hangouts, whose texts come in segments, and whose people have ids alone."""
    content = mapping_of(mapping_of(record.get("chat_message")).get("message_content"))
    segments = content.get("segment")
    parts = map(mapping_of, segments if isinstance(segments, list) else ())
    text = "".join(
        "\n" if part.get("type") == "LINE_BREAK" else text_of(part.get("text")) for part in parts
    )
    return Message(
        with_named_mentions(text),
        id_of(mapping_of(record.get("sender_id")).get("gaia_id")),
        kind=Kind.PERSON if "chat_message" in record else Kind.NOTICE,
        sent_at=_moment_in(record.get("timestamp"), _MICROSECONDS),
    )


def _is_signals(record: Record) -> bool:
    return isinstance(record.get("envelope"), dict)


def _signals(record: Record) -> Message | None:
    """signal-cli: what came in, and what was sent from another of one's devices."""
    envelope = mapping_of(record.get("envelope"))
    sent = mapping_of(mapping_of(envelope.get("syncMessage")).get("sentMessage"))
    text = text_of((mapping_of(envelope.get("dataMessage")) or sent).get("message"))
    return Message(
        with_named_mentions(text),
        id_of(envelope.get("sourceUuid") or envelope.get("source")),
        text_of(envelope.get("sourceName")),
        Kind.PERSON if text else Kind.NOTICE,
        _moment_in(envelope.get("timestamp"), _MILLISECONDS),
    )


def _is_matrixs(record: Record) -> bool:
    kind = text_of(record.get("type"))
    return kind.startswith("m.") and "sender" in record and isinstance(record.get("content"), dict)


def _matrixs(record: Record) -> Message | None:
    """Element and other clients of Matrix: without edits, files and what bots say as notices."""
    content = mapping_of(record.get("content"))
    relation = mapping_of(content.get("m.relates_to"))
    kind = Kind.PERSON if content.get("msgtype") in _MATRIX_TEXTS else Kind.NOTICE
    if content.get("msgtype") == "m.notice":
        kind = Kind.BOT
    if record.get("type") != "m.room.message" or relation.get("rel_type") == "m.replace":
        kind = Kind.NOTICE
    text = text_of(content.get("body"))
    if "m.in_reply_to" in relation:
        text = _without_quotation(text)
    return Message(
        with_named_mentions(text),
        "",
        text_of(record.get("sender")),
        kind,
        _moment_in(record.get("origin_server_ts"), _MILLISECONDS),
    )


def _without_quotation(text: str) -> str:
    """Return an answer without the lines that it answers, which begin with >."""
    lines = text.split("\n")
    if not lines[0].startswith("> "):
        return text
    own = next((at for at, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[own:]).lstrip("\n")


def _is_zulips(record: Record) -> bool:
    return "rendered_content" in record and "recipient" in record and "sender" in record


def _zulips(record: Record) -> Message | None:
    text = _ZULIP_MENTION.sub(MENTION, unmarked(text_of(record.get("content"))))
    return Message(text, id_of(record.get("sender")), sent_at=moment(record.get("date_sent")))


def _moment_in(value: object, unit: int) -> datetime | None:
    """Return a moment that was counted in parts of a second."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= 20:
        value = int(value)
    return moment(value / unit) if isinstance(value, int) else None


EXPORT_FORMS = (
    JsonForm(Form("skype", "Skype", marks=True), _is_skypes, _skypes),
    JsonForm(Form("hangouts", "Google Hangouts", marks=True), _is_hangouts, _hangouts),
    JsonForm(Form("signal", "signal-cli", marks=True), _is_signals, _signals),
    JsonForm(Form("matrix", "Matrix", marks=True), _is_matrixs, _matrixs),
    JsonForm(Form("zulip", "Zulip", marks=True), _is_zulips, _zulips),
)
