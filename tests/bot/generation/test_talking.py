"""When the bot speaks without a command, and how people write times and shares."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NO_CONTENT, UserError
from bot.generation.quiet_hours import QuietHours
from bot.generation.relevance import most_relevant, relevance, topics
from bot.generation.talk import Heard, Reaction, after_its_line, reaction
from bot.presentation.settings import talk_lines
from bot.storage.guild_settings import ServerSettings, TalkChannel
from bot.text.durations import share, span_s
from bot.text.formatting import duration

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CHANNEL = 5
MESSAGE = Heard(CHANNEL, by_bot=False, is_command=False, to_me=False)
MENTION = replace(MESSAGE, to_me=True)
TALKATIVE = ServerSettings(1, talk={CHANNEL: TalkChannel(1, CHANNEL, rate=0.5)})


@pytest.mark.parametrize(
    ("heard", "settings", "chance", "expected"),
    [
        (MENTION, ServerSettings(1), 0.9, Reaction.ANSWER),
        (MENTION, ServerSettings(1, answers=False), 0.0, Reaction.NOTHING),
        (MENTION, ServerSettings(1, quiet="11-13"), 0.9, Reaction.ANSWER),
        (
            MENTION,
            ServerSettings(1, muted_until=NOON + timedelta(hours=1)),
            0.0,
            Reaction.NOTHING,
        ),
        (MENTION, ServerSettings(1, muted_until=NOON), 0.9, Reaction.ANSWER),
        (MESSAGE, ServerSettings(1), 0.0, Reaction.NOTHING),
        (MESSAGE, TALKATIVE, 0.49, Reaction.SPEAK),
        (MESSAGE, TALKATIVE, 0.5, Reaction.NOTHING),
        (MESSAGE, replace(TALKATIVE, quiet="11-13"), 0.0, Reaction.NOTHING),
        (replace(MESSAGE, channel_id=6), TALKATIVE, 0.0, Reaction.NOTHING),
        (replace(MESSAGE, is_command=True), TALKATIVE, 0.0, Reaction.NOTHING),
        (replace(MENTION, by_bot=True), TALKATIVE, 0.0, Reaction.NOTHING),
    ],
)
def test_what_is_done_about_a_message(
    heard: Heard, settings: ServerSettings, chance: float, expected: Reaction
) -> None:
    assert reaction(heard, settings, NOON, lambda: chance) is expected


@pytest.mark.parametrize(
    ("text", "quiet", "loud"),
    [
        ("22-7", [(22, 0), (3, 0), (6, 59)], [(7, 0), (21, 59)]),
        ("09:30 - 10:00", [(9, 30), (9, 59)], [(9, 29), (10, 0)]),
        ("13-14 Europe/Berlin", [(12, 0), (12, 59)], [(13, 0), (11, 59)]),
        ("20-24", [(23, 59)], [(0, 0)]),
    ],
)
def test_quiet_hours(text: str, quiet: list, loud: list) -> None:
    hours = QuietHours.parse(text)
    assert QuietHours.parse(str(hours)) == hours
    for hour, minute in quiet:
        assert hours.holds(NOON.replace(hour=hour, minute=minute))
    for hour, minute in loud:
        assert not hours.holds(NOON.replace(hour=hour, minute=minute))


@pytest.mark.parametrize(
    "text", ["", "soon", "25-26", "22:61-7", "7-7", "22-7 Nowhere/Land", "22-7 ../../etc/passwd"]
)
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"Try"):
        QuietHours.parse(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("6h", 21_600), ("1h 30min", 5400)]
)
def test_spans(text: str, seconds: int) -> None:
    assert span_s(text, least_s=1, most_s=86_400) == seconds
    assert span_s(duration(seconds), least_s=1, most_s=86_400) == seconds


@given(st.text(max_size=12))
def test_any_text_is_a_span_and_a_share_or_refused(text: str) -> None:
    with suppress(UserError):
        assert 1 <= span_s(text, least_s=1, most_s=100) <= 100
    with suppress(UserError):
        assert 0 <= share(text) <= 1


@pytest.mark.parametrize(("text", "expected"), [("2%", 0.02), ("0,5 %", 0.005), ("off", 0)])
def test_shares(text: str, expected: float) -> None:
    assert share(text) == pytest.approx(expected)


def test_missed_lines_are_not_made_up_for() -> None:
    talk = TalkChannel(1, CHANNEL, every_s=3600, next_at=NOON)
    assert after_its_line(talk, NOON).next_at == NOON + timedelta(hours=1)
    late = NOON + timedelta(hours=5, minutes=10)
    assert after_its_line(talk, late).next_at == NOON + timedelta(hours=6)


def test_the_most_relevant_text_has_rare_words_in_common_and_is_none_of_the_lines() -> None:
    lines = ["what about pizza tonight", "I love javascript arrays"]
    texts = ["I love it so much", "arrays are great in javascript", "I love javascript arrays"]
    assert most_relevant(texts, lines) == texts[1]
    assert most_relevant(["arrays", "nothing to do with it"], lines) == "nothing to do with it"
    assert relevance("nothing", lines) == 0
    assert topics(lines[1]) == ["javascript", "arrays"]


def test_the_status_tells_everything() -> None:
    settings = ServerSettings(
        1,
        answers=False,
        quiet="22:00-07:00 UTC",
        muted_until=NOON + timedelta(hours=2),
        denied=frozenset({9}),
        talk={5: TalkChannel(1, 5, 0.02, 3600, NOON + timedelta(minutes=5))},
    )
    text = talk_lines(settings, NOON, sees_content=False)
    for part in (
        "another 2 h",
        "don't answer mentions",
        "2%",
        "every 1 h",
        "5 min",
        "22:00",
        "<#9>",
    ):
        assert part in text
    assert NO_CONTENT in text
