"""The records of JSON files: whose each is, told by its fields, and the message in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textgen_core.text.formats.html_files import html_text
from textgen_core.text.formats.messages import (
    Form,
    Kind,
    Message,
    moment,
    with_named_mentions,
)
from textgen_core.text.message_codes import without_codes, without_slack_codes
from textgen_core.text.special_tokens import EMOJI, MENTION, unmarked

Record = Mapping[str, Any]

TEXT_FIELDS = ("content", "contents", "text", "full_text", "message", "body", "msg", "title")
NAME_FIELDS = (
    *("author", "username", "user", "name", "sender", "from", "nick", "nickname", "author_name"),
    *("user_name", "sender_name", "from_name", "display_name", "screen_name", "authorname"),
    # Gitter, Google Chat, Twitch, Rocket.Chat, Teams and Zulip
    *("displayname", "fromuser", "creator", "commenter", "u", "sender_full_name", "sender_email"),
)
ID_FIELDS = ("author_id", "authorid", "user_id", "userid", "sender_id", "from_id", "member_id")
_TIME_FIELDS = ("timestamp", "created_at", "date", "time", "sent_at")
# What tables and lists of other tools call what nobody wrote, in small letters.
NOTICE_TYPES = frozenset(
    "guildmemberjoin channelpinnedmessage recipientadd recipientremove channelnamechange "  # noqa: SIM905
    "channeliconchange threadcreated call service system notification join leave".split()
)
_ORDINARY_TYPES = frozenset({0, 19})  # Discord's: a message, a reply


@dataclass(frozen=True, slots=True)
class JsonForm:
    """How the records of one program's files are told and read.

    Attributes:
        matches: whether a record is of this form.
        message: the message in a record; None where there is none.
    """

    form: Form
    matches: Callable[[Record], bool]
    message: Callable[[Record], Message | None]


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def id_of(value: Any) -> str:
    """Return an id as text; what is longer than any is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    if isinstance(value, int):
        return str(value) if 0 <= value < 1 << 64 else ""
    return value if len(value) <= 100 else ""


def mapping_of(value: Any) -> Record:
    return value if isinstance(value, Mapping) else {}


def _is_exporters(record: Record) -> bool:
    author = record.get("author")
    if not isinstance(author, Mapping) or not isinstance(record.get("content"), str):
        return False
    return "isBot" in author or ("timestampEdited" in record and isinstance(record["type"], str))


def _exporters(record: Record) -> Message | None:
    """DiscordChatExporter, whose texts have names where Discord's have ids."""
    author = mapping_of(record.get("author"))
    kind = Kind.BOT if author.get("isBot") is True else Kind.PERSON
    if record.get("type", "Default") not in ("Default", "Reply"):
        kind = Kind.NOTICE
    mentioned = [mapping_of(one) for one in record.get("mentions") or ()]
    names = [text_of(one.get(key)) for one in mentioned for key in ("nickname", "name")]
    text = with_named_mentions(text_of(record.get("content")), tuple(names))
    for emoji in record.get("inlineEmojis") or ():
        name = text_of(mapping_of(emoji).get("name"))
        if name and mapping_of(emoji).get("id"):
            text = text.replace(f":{name}:", f"{EMOJI}{name}:")
    return Message(
        without_codes(text),
        id_of(author.get("id")),
        text_of(author.get("name")),
        kind,
        moment(record.get("timestamp")),
    )


def _is_discords(record: Record) -> bool:
    author = record.get("author")
    return (
        isinstance(record.get("content"), str)
        and isinstance(author, Mapping)
        and ("username" in author or "id" in author)
    )


def _discords(record: Record) -> Message | None:
    """Discord's own message objects, as its interface gives them to bots and tools."""
    author = mapping_of(record.get("author"))
    kind = Kind.PERSON
    if record.get("webhook_id"):
        kind = Kind.WEBHOOK
    elif author.get("bot") is True:
        kind = Kind.BOT
    elif record.get("type", 0) not in _ORDINARY_TYPES:
        kind = Kind.NOTICE
    return Message(
        without_codes(unmarked(text_of(record.get("content")))),
        id_of(author.get("id")),
        text_of(author.get("username")),
        kind,
        moment(record.get("timestamp")),
    )


def _packages(record: Record) -> Message | None:
    """Discord's data package: one person's own messages, who is named elsewhere in it."""
    text = without_codes(unmarked(text_of(record.get("Contents"))))
    return Message(text, sent_at=moment(record.get("Timestamp")))


def _is_telegrams(record: Record) -> bool:
    is_dated = "date" in record or "date_unixtime" in record
    return is_dated and record.get("type") in ("message", "service") and "id" in record


_TELEGRAM_MENTIONS = frozenset({"mention", "mention_name"})


def _telegrams(record: Record) -> Message | None:
    given = record.get("text", "")
    parts = given if isinstance(given, list) else [given]
    is_command = bool(parts) and mapping_of(parts[0]).get("type") == "bot_command"
    passed_on = "forwarded_from" in record or "via_bot" in record or is_command
    is_notice = record.get("type") != "message" or passed_on
    return Message(
        "".join(map(_telegram_part, parts)).strip(),
        id_of(record.get("from_id")),
        text_of(record.get("from")),
        Kind.NOTICE if is_notice else Kind.PERSON,
        moment(record.get("date_unixtime") or record.get("date")),
    )


def _telegram_part(part: Any) -> str:
    if isinstance(part, str):
        return unmarked(part)
    kind = mapping_of(part).get("type")
    return (
        MENTION if kind in _TELEGRAM_MENTIONS else unmarked(text_of(mapping_of(part).get("text")))
    )


def _is_slacks(record: Record) -> bool:
    return record.get("type") == "message" and "ts" in record


def _slacks(record: Record) -> Message | None:
    kind = Kind.PERSON
    is_slacks_own = record.get("user") == "USLACKBOT"
    if record.get("bot_id") or record.get("subtype") == "bot_message" or is_slacks_own:
        kind = Kind.BOT
    elif record.get("subtype") not in (None, "thread_broadcast", "me_message", "file_share"):
        kind = Kind.NOTICE
    profile = mapping_of(record.get("user_profile"))
    return Message(
        without_slack_codes(text_of(record.get("text"))),
        id_of(record.get("user")),
        text_of(profile.get("display_name")) or text_of(profile.get("real_name")),
        kind,
        moment(record.get("ts")),
    )


def _is_messengers(record: Record) -> bool:
    return ("sender_name" in record and "timestamp_ms" in record) or (
        "senderName" in record and "timestamp" in record
    )


# What Messenger and Instagram say themselves, in the person's name. Told by the words alone.
_MESSENGER_NOTICE = re.compile(
    r"(?:Reacted .{1,12} to your message|Liked a message|You (?:sent|created|named|set|changed|"
    r"missed|added|removed|called)\b.{0,200}|.{1,60} (?:sent an attachment|sent a (?:photo|video|"
    r"voice message|GIF|sticker)|named the group .{0,100}|created (?:the group|a poll.{0,100})|"
    r"left the group|added .{1,80} to the group|removed .{1,80} from the group|changed the .{0,80}|"
    r"set .{1,60} nickname .{0,80}|joined the (?:video )?(?:call|chat)|unsent a message|"
    r"started a (?:video )?(?:call|chat)))\.?\s*",
    re.DOTALL,
)


def _messengers(record: Record) -> Message | None:
    text = mended(text_of(record.get("content", record.get("text"))))
    is_ordinary = record.get("type", "Generic") in ("Generic", "Share", "text")
    is_gone = record.get("is_unsent") is True or record.get("isUnsent") is True
    is_call = "call_duration" in record
    is_notice = is_gone or is_call or not is_ordinary or _MESSENGER_NOTICE.fullmatch(text)
    sent_ms = record.get("timestamp_ms", record.get("timestamp"))
    return Message(
        with_named_mentions(text),
        "",
        mended(text_of(record.get("sender_name", record.get("senderName")))),
        Kind.NOTICE if is_notice else Kind.PERSON,
        moment(sent_ms / 1000) if isinstance(sent_ms, int) else None,
    )


def mended(text: str) -> str:
    """Return a text of Meta's files as it was: its UTF-8 was taken for Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _markovs(record: Record) -> Message | None:
    text = record.get("message", record.get("string"))
    return Message(text) if isinstance(text, str) else None


def _is_markovs(record: Record) -> bool:
    """Say whether it is a record of its import files, or of the database of its first versions."""
    if isinstance(record.get("string"), str):
        return record.keys() <= {"id", "string", "attachment"}
    is_somebodys = _first(record, (*NAME_FIELDS, *ID_FIELDS)) is not None
    return isinstance(record.get("message"), str) and not is_somebodys and "content" not in record


def field_of(record: Record, path: str) -> Any:
    """Return the value of a field, in any case; of ``a.b`` that of b in a."""
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        wanted = name.casefold()
        value = next((value[key] for key in value if key.casefold() == wanted), None)
    return value


def _first(record: Record, fields: Sequence[str]) -> Any:
    lower = {key.casefold(): value for key, value in record.items()}
    return next((lower[name] for name in fields if lower.get(name) not in (None, "")), None)


def in_field(path: str) -> JsonForm:
    """Return the form of records whose text is in one field, whatever else they hold."""

    def message(record: Record) -> Message | None:
        text = field_of(record, path)
        return _by_somebody(record, text) if isinstance(text, str) else None

    form = Form("json", "JSON")
    return JsonForm(form, lambda record: isinstance(field_of(record, path), str), message)


def _by_somebody(record: Record, text: str) -> Message:
    author = _first(record, NAME_FIELDS)
    inner = mapping_of(author)
    is_bot = inner.get("user_type") == "Bot" or any(  # Google Chat's word
        one.get(field) is True for one in (record, inner) for field in ("bot", "is_bot", "isBot")
    )
    found_id = id_of(_first(record, ID_FIELDS)) or id_of(inner.get("id"))
    inner = mapping_of(inner.get("user")) or inner  # Teams: {"from": {"user": {…}}}
    name = text_of(author) or text_of(_first(inner, NAME_FIELDS))
    if not found_id and (isinstance(author, int) or name.isdecimal()):
        found_id, name = id_of(author), ""
    kind = Kind.BOT if is_bot else Kind.WEBHOOK if record.get("webhook_id") else Kind.PERSON
    if text_of(record.get("type")).casefold() in NOTICE_TYPES:
        kind = Kind.NOTICE
    return Message(text, found_id, name, kind, moment(_first(record, _TIME_FIELDS)))


def _usual_text(record: Record) -> str | None:
    """Return the text of a record, from a field of its own or of an object in such a field.

    Matrix has it in ``content.body``, Teams in ``body.content``, Twitch in ``message.body``.
    """
    found = [field_of(record, name) for name in TEXT_FIELDS]
    inner = [
        field_of(one, name) for one in found if isinstance(one, Mapping) for name in TEXT_FIELDS
    ]
    text = next((text for text in (*found, *inner) if isinstance(text, str)), None)
    is_page = mapping_of(record.get("body")).get("contentType") == "html"  # Teams
    return html_text(text) if is_page and text is not None else text


_BARE = {"id", "content"}  # all that the bot's own corpora have, of which there may be millions


def _anybodys(record: Record) -> Message | None:
    if record.keys() == _BARE:
        return Message(content) if isinstance(content := record["content"], str) else None
    post = record.get("post")  # Mattermost's lines: {"type": "post", "post": {…}}
    record = post if isinstance(post, Mapping) else record
    text = _usual_text(record)
    return None if text is None else _by_somebody(record, text)


def of_text(text: str) -> Message:
    """Return a message of which nothing but the text is known."""
    return Message(text)


# The order counts: a record of two forms is of the first.
JSON_FORMS = (
    JsonForm(
        Form("discordchatexporter-json", "DiscordChatExporter JSON", marks=True),
        _is_exporters,
        _exporters,
    ),
    JsonForm(Form("discord-api", "Discord's message objects", marks=True), _is_discords, _discords),
    JsonForm(
        Form("discord-package", "Discord's data package", marks=True),
        lambda record: isinstance(record.get("Contents"), str) and "Timestamp" in record,
        _packages,
    ),
    JsonForm(Form("telegram", "Telegram JSON", marks=True), _is_telegrams, _telegrams),
    JsonForm(Form("slack", "Slack", marks=True), _is_slacks, _slacks),
    JsonForm(Form("messenger", "Messenger", marks=True), _is_messengers, _messengers),
    JsonForm(
        Form("markov-discord", "markov-discord's JSON"),
        _is_markovs,
        _markovs,
    ),
    JsonForm(Form("json", "JSON"), lambda record: _anybodys(record) is not None, _anybodys),
)
