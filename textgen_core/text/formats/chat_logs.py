"""Logs of other chats: Pidgin, Chatterino, KakaoTalk, LINE, WeChat, and "name: text".

Each has a line of its own kind for a message, headings, and notices of the program. A line of
none of these goes on with the message before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from textgen_core.errors import CorpusError
from textgen_core.text.formats.messages import Form, Kind, Message, with_named_mentions
from textgen_core.text.formats.source import MAX_LINE_CHARS, Source, shortened

MIN_SPOKEN = 6  # messages that have nothing but names to be told by
FORM = Form("chat-log", "chat log", marks=True)

_STAMP = re.compile(
    r"\W{0,2}(?:\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d{2}(?::\d{2})?"
    r"|[^\W\d]{3,9}\.? \d{1,2},? \d{4},? \d{1,2}:\d{2})\W"
)
_MOST_STAMPED = 0.3  # of a file's lines; more is a log, a message of which takes three lines
_MAIL = re.compile(r"From \S{1,200} |(?:Return-Path|Received|Delivered-To|Message-ID|From): ")
_MAIL_FIELD = re.compile(r"(?:Subject|Message-I[Dd]|MIME-Version): ")
_TIME = r"\d{1,2}:\d{2}(?::\d{2})?"
# 오전 and 오후, 午前 and 午後, 上午 and 下午, AM and PM, before a time or behind it
_HALF = r"(?:오전|오후|午前|午後|上午|下午|[AaPp][Mm])"
_CLOCK = rf"(?:{_HALF} ?)?{_TIME}(?: ?{_HALF})?"
_PIDGIN_STAMP = rf"\((?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}},? )?{_CLOCK}\) "
_KAKAO_DATE = r"\d{4}(?:\. ?|년 )\d{1,2}(?:\. ?|월 )\d{1,2}(?:\.|일)"
_KAKAO_HEADING = r".{1,80}(?:카카오톡 대화|KakaoTalk Chats.*)|(?:저장한 날짜|Date Saved) ?:.*"
_DATE = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
_NAME = r"(?P<name>[^:\n]{1,60}+)"


@dataclass(frozen=True, slots=True)
class _Log:
    """How one program writes.

    Attributes:
        said: a message, with groups `name` and `text`.
        notice: what the program says itself.
        least, most: the share of lines that are either.
        speakers: whether a name must come again and again, as nothing else tells one.
    """

    said: re.Pattern[str]
    notice: re.Pattern[str]
    least: float = 0.6
    most: float = 1.0
    speakers: bool = False


_LOGS = (
    # Pidgin: (10:15:42) ann: hi
    _Log(
        re.compile(rf"{_PIDGIN_STAMP}{_NAME}: (?P<text>.*)", re.DOTALL),
        re.compile(rf"{_PIDGIN_STAMP}.*|Conversation with .*", re.DOTALL),
    ),
    # Chatterino, of Twitch: [10:15:42]  ann: hi
    _Log(
        re.compile(rf"\[{_TIME}\] {{1,2}}(?P<name>\w{{1,40}}): (?P<text>.*)", re.DOTALL),
        re.compile(rf"\[{_TIME}\].*|# (?:Start|Stop) logging at .*", re.DOTALL),
    ),
    # KakaoTalk for computers: [ann] [오전 10:15] hi
    _Log(
        re.compile(rf"\[(?P<name>[^\]\n]{{1,60}})\] \[{_CLOCK}\] (?P<text>.*)", re.DOTALL),
        re.compile(rf"-{{5,30}} [^-\n]{{1,60}} -{{5,30}}|{_KAKAO_HEADING}"),
    ),
    # KakaoTalk for phones: 2024. 9. 14. 오전 10:15, ann : hi
    _Log(
        re.compile(rf"{_KAKAO_DATE} {_CLOCK}, (?P<name>[^\n]{{1,60}}?) : (?P<text>.*)", re.DOTALL),
        re.compile(rf"{_KAKAO_DATE}.*|{_KAKAO_HEADING}", re.DOTALL),
    ),
    # LINE: 10:15, ann and hi with tabs between them
    _Log(
        re.compile(rf"{_CLOCK}\t(?P<name>[^\t\n]{{1,60}})\t(?P<text>.*)", re.DOTALL),
        re.compile(
            rf"\[LINE\].*|(?:Saved on|保存日時)[:：].*|{_CLOCK}\t.*"
            r"|\d{4}[/.]\d{1,2}[/.]\d{1,2}[ (（].{1,12}",
            re.DOTALL,
        ),
    ),
    # WeChat, QQ and others, a line of its own for who and when: 2020-09-14 10:15:42 ann
    _Log(
        re.compile(rf"{_DATE} {_CLOCK} (?P<name>[^\n]{{1,40}}+)(?P<text>)"),
        re.compile(r"={10,80}|消息.{1,60}"),
        least=0.25,
        most=0.75,
        speakers=True,
    ),
    # What is copied out of a window: ann: hi
    _Log(
        re.compile(r"(?P<name>[^\W\d][^:\n<>\[\]{}\"]{0,30}): (?P<text>.*)", re.DOTALL),
        re.compile(r"(?!)"),
        least=0.95,
        speakers=True,
    ),
)  # fmt: skip
# A file or a sticker that was sent along, which KakaoTalk and LINE name by its kind alone.
_FILE = re.compile(
    r"\[(?:Sticker|Photo|Video|File|Album|Voice message|スタンプ|写真|動画|アルバム)\]"
    r"|사진(?: \d+장)?|동영상|이모티콘|삭제된 메시지입니다\.?|Photo|Photos|Emoticons"
)


def looks_like_it(source: Source) -> bool:
    """Say whether a file begins as one of these logs does and goes on so."""
    return _log_of(source) is not None


def read(source: Source) -> Iterator[Message]:
    """Yield the messages.

    Raises:
        CorpusError: it is no such log, or a message is longer than any is.
    """
    log = _log_of(source)
    if log is None:
        raise CorpusError(f"{source.name} is no log of Pidgin, Chatterino, KakaoTalk or LINE")
    name, text = "", ""
    for line in source.lines():
        bare = line.rstrip("\r\n")
        said = log.said.fullmatch(bare)
        if said is None and not (bare.strip() and log.notice.fullmatch(bare)):
            text = f"{text}\n{bare}"
            if len(text) > MAX_LINE_CHARS:
                raise CorpusError(f"{source.name}: a message in it is longer than any is")
            continue
        yield _message(name, text)
        name, text = (said["name"], said["text"]) if said is not None else ("", bare)
    yield _message(name, text)


def _log_of(source: Source) -> _Log | None:
    """Return the program that most of the first lines are of."""
    lines = [line.rstrip("\r\n") for line in source.head_lines if line.strip()]
    for log in _LOGS:
        found = [match for line in lines if (match := log.said.fullmatch(line)) is not None]
        said = len(found)
        known = said + sum(
            log.said.fullmatch(line) is None and log.notice.fullmatch(line) is not None
            for line in lines
        )
        is_log = said >= 2 and log.least <= known / len(lines) <= log.most
        if is_log and said >= 0.2 * len(lines) and (not log.speakers or _come_again(found)):
            return log
    return None


def _come_again(found: list[re.Match[str]]) -> bool:
    """Say whether each name stands before several messages."""
    names = {match["name"] for match in found}
    return len(found) >= MIN_SPOKEN and len(names) <= len(found) / 3


def _message(name: str, text: str) -> Message:
    text = text.strip()
    is_notice = not name or _FILE.fullmatch(text) is not None
    kind = Kind.NOTICE if is_notice else Kind.PERSON
    return Message(with_named_mentions(text), author_name=name, kind=kind)


def check_is_no_mail(source: Source) -> None:
    """Raise a CorpusError for e-mail."""
    lines = _full_lines(source)
    if len(lines) >= 2 and _MAIL.match(lines[0]) and any(map(_MAIL_FIELD.match, lines[:30])):
        raise CorpusError(f"{source.name} is e-mail, which I don't read: export a chat instead")


def check_is_no_log(source: Source) -> None:
    """Raise a CorpusError for a log that is not known: its times and names would be learned."""
    lines = _full_lines(source)
    stamped = sum(_STAMP.match(line) is not None for line in lines)
    if len(lines) >= 5 and stamped > _MOST_STAMPED * len(lines):
        raise CorpusError(
            f"{source.name} is a log of no form that I know: it begins with {shortened(lines[0])}. "
            "Take its lines as they are by --format text"
        )


def _full_lines(source: Source) -> list[str]:
    return [line for line in source.head_lines if line.strip()]
