"""What is sent keeps Discord's limits; what is learned is what people wrote."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.presentation import training
from bot.storage.records import JobChannel, JobStatus, TrainJob, TrainMetrics
from bot.text.discord_markup import (
    cut,
    defuse_mentions,
    is_command,
    learnable_text,
    marked_content,
    mentioned_ids,
    named,
    render,
    reply_messages,
)
from bot.text.formatting import duration
from bot.text.pii import is_private
from bot.training.trainer import TrainProgress, TrainStarted
from textgen_core.text.special_tokens import EMOJI, LINK, MENTION

BOT_ID = 123456789012345678


@given(st.lists(st.text(max_size=2500), max_size=6))
def test_replies_fit_and_are_never_empty(texts: list[str]) -> None:
    messages = reply_messages(texts)
    assert messages
    assert all(1 <= len(message) <= 2000 and message.strip() for message in messages)


@pytest.mark.parametrize(
    "text", ["@everyone", "@here", "@EVERYONE!", "<@123>", "<@!123>", "<@&123>", "<#123>"]
)
def test_mentions_are_broken(text: str) -> None:
    assert text not in defuse_mentions(f"well {text} then")
    assert defuse_mentions(text).replace("\u200b", "") == text


def test_mentions_of_a_prompt_become_names() -> None:
    ann, role, stranger = 10**17, 10**17 + 1, 10**17 + 2
    prompt = f"<@{ann}> and <@!{ann}> ask <@&{role}> and <@{stranger}> at 3"
    assert mentioned_ids(prompt) == [ann, ann, role, stranger]
    shown = named(prompt, {ann: "Ann", role: "cooks"})
    assert shown == "@Ann and @Ann ask @cooks and @someone at 3"


def test_ordinary_text_is_left_alone() -> None:
    text = "a@b.example <3 @someone #topic <- @everybody"
    assert defuse_mentions(text) == text


def test_texts_are_cut_between_words() -> None:
    assert cut("one two three", 9) == "one two…"
    assert cut("unbroken" * 10, 9) == "unbroken…"
    assert cut("short", 9) == "short"


def test_short_texts_share_a_message() -> None:
    assert reply_messages(["one", "two"]) == ["one\n\ntwo"]
    assert reply_messages(["a" * 1500, "b" * 1500]) == ["a" * 1500, "b" * 1500]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("!train", True),
        ("!", False),
        ("!!!", False),
        ("! wait", False),
        ("really!", False),
        (f"<@{BOT_ID}> generate", True),
        (f"<@!{BOT_ID}>", True),
        ("<@99> hello", False),
    ],
)
def test_commands_are_told_from_talk(content: str, expected: bool) -> None:
    assert is_command(content, prefix="!", bot_id=BOT_ID) is expected


def test_codes_and_links_become_marks() -> None:
    content = (
        "<@111111111111111111> and <@!222222222222222222>, <@&555555555555555555> "
        "<#333333333333333333> <:smile:444444444444444444> see <https://a.example/b?c> "
        "or [here](HTTP://d.example)"
    )
    assert marked_content(content) == (
        f"{MENTION} and {MENTION}, {MENTION} #channel {EMOJI}smile: see {LINK} or [here]({LINK})"
    )


def test_marks_in_a_message_are_not_taken_for_ours() -> None:
    assert marked_content(f"a{MENTION}b{EMOJI}c:") == "abc:"


def test_marks_are_shown_as_what_they_stand_for() -> None:
    text = f"{LINK} hey {MENTION}, look: {LINK} {EMOJI}kek: {EMOJI}other: {EMOJI}"
    shown = render(text, addressee="Ann", emojis={"kek": "<:kek:444444444444444444>"})
    assert shown == "hey @Ann, look: <:kek:444444444444444444> :other:"
    assert render(MENTION, addressee="everyone") == "@\u200beveryone"


PIECES = ("https://", "HTTP://", "h", "tt", "discord", ".", "gg/", "a1.example", "@", " ", "<", ")")


@given(st.lists(st.sampled_from((*PIECES, LINK, EMOJI, MENTION)), max_size=12).map("".join))
def test_no_link_and_nothing_private_is_shown_whatever_goes_between(text: str) -> None:
    shown = render(text, addressee="ann")
    assert re.search(r"https?://[^\s<>)]", shown, re.IGNORECASE) is None
    assert not is_private(shown)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "hello"),
        ({"type": 19}, "hello"),
        ({"type": 7}, None),
        ({"author": {"bot": True}}, None),
        ({"webhook_id": "1"}, None),
        ({"content": "  "}, None),
        ({"content": "!train"}, None),
    ],
)
def test_only_what_people_wrote_is_learned(changes: dict[str, Any], expected: str | None) -> None:
    message = {"author": {}, "type": 0, "content": "hello", **changes}
    assert learnable_text(message, prefix="!", bot_id=BOT_ID) == expected


@given(st.floats(-1, 2, allow_nan=False))
def test_a_bar_has_always_the_same_length(share: float) -> None:
    assert training.bar(share).count("█") + training.bar(share).count("░") == 20


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (93_600, "1 d 2 h"),
        (3599, "59 min 59 s"),
        (7260, "2 h 1 min"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_training_shows_bar_time_left_and_what_is_gained_so_far() -> None:
    start = TrainStarted(messages=9000, chars=1, device="cpu", resumed=False, val_bits_per_char=3.1)
    now = TrainProgress(
        epoch=2.0,
        epochs=8,
        step=25,
        steps=100,
        train_bits_per_char=2.6,
        val_bits_per_char=2.4,
        elapsed_s=60,
        eta_s=180,
    )
    text = training.training(start, now)
    for part in ("9,000 messages", "█████░", "25%", "62% better", "3 min left"):
        assert part in text


def test_the_end_fits_whatever_the_samples_are() -> None:
    metrics = TrainMetrics(
        messages=9000, bits_per_char_before=3.1, bits_per_char_after=2.4, train_s=125
    )
    channel = JobChannel(2, first_id=1 << 40, after_id=1 << 50, messages=9000)
    job = TrainJob(1, 1, JobStatus.DONE, 1, 1, None, None, (channel,))
    text = training.done(job, metrics, ["@everyone " * 300] * 3)
    assert len(text) <= 2000
    assert "@everyone" not in text
    assert text.startswith("✅ **Trained** on 9,000 messages of <#2> in 2 min 5 s. It guesses")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (3.1, 3.1, None),
        (2.0, 2.1, None),
        (2.0, 1.999, "a little better"),
        (2.31, 2.15, "12% better"),
        (3.1, 2.5, "52% better"),
        (3.98, 2.59, "2.6 times as well"),
    ],
)
def test_a_gain_is_told_in_guesses_of_the_next_letter(
    before: float, after: float, told: str | None
) -> None:
    """A bit less means that the letter that came was given twice the probability."""
    assert training.better(before, after) == told


@pytest.mark.parametrize(
    ("share", "full", "told"), [(0, 0, "0%"), (0.98, 19, "98%"), (1, 20, "100%")]
)
def test_a_bar_is_full_when_all_is_done(share: float, full: int, told: str) -> None:
    assert training.bar(share).count("█") == full
    assert training.bar(share).endswith(told)
