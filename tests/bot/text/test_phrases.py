"""Banned phrases are found as people would find them, and covered."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.guilds import MAX_PHRASE_CHARS, MAX_PHRASES
from bot.text.banned_phrases import PhraseFilter
from bot.text.discord_markup import render

texts = st.text(alphabet="abA \nß█▓字।.*(", max_size=30)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("ass", "kiss my ASS!", True),
        ("ass", "the grass", False),
        ("two words", "Two \n words.", True),
        ("two words", "two swords", False),
        ("(a|b)", "see (A|B)", True),
        ("猫", "小猫咪", True),
        ("straße", "STRASSE", True),
        ("hell", "hello", False),
        ("hell", "what the hells", True),
        ("ass", "assss", True),
        ("ass", "asset", False),
        ("cat*", "catnip", True),
        ("cat", "catnip", False),
        ("voldemort", "voldemortx", True),
        ("voldemort", "Voldemorts", True),
        ("voldemort", "voldemooooort", True),
        ("god", "good", False),
        ("1488", "I488 or 1488", True),
        ("ill", "lil", False),
        ("ВОР", "вор", True),
        ("путин", "пyтин", True),
        ("*", "2 * 3", True),
        ("voldemort", "v0ld3m0rt", True),
        ("voldemort", "vvooldemort", True),
        ("voldemort", "v.o.l.d.e.m.o.r.t or v o l d e m o r t", True),
        ("ass", "you a$$", True),
        ("hell", "h€ll", True),
        ("ass", "455 of them", False),
        ("lol", "101 ways", False),
        ("ass", "a s s", False),
        ("hell", "he ll", False),
        ("two words", "two-words, two_words or two. Words", True),
        ("two words", "two\u2028words", True),
    ],
)
def test_phrases_are_whole_words_in_any_case(phrase: str, text: str, found: bool) -> None:
    assert PhraseFilter([phrase]).finds(text) is found


@pytest.mark.parametrize(
    "text",
    [
        "volde\u200bmort",
        "volde\u00admort",
        "volde\u2060mort",
        "volde\u034fmort",
        "volde\u3164mort",
        "v\u043eldemort",
        "\u0475\u03bfldem\u0585rt",
        "v0Idemort",
        "v01demort",
        "VOLDEMORT",
        "voІdemort",
        "ｖｏｌｄｅｍｏｒｔ",
        "𝐯𝐨𝐥𝐝𝐞𝐦𝐨𝐫𝐭",
        "ⓥⓞⓛⓓⓔⓜⓞⓡⓣ",
        "vo\u0301ldemort",
        "völdemört",
        "v̶o̶l̶d̶e̶m̶o̶r̶t̶",
        "volde\\mort",
        "volde**mort**",
        "||volde||mort",
        "volde`mort`",
        "__volde__mort",
        "~~volde~~mort",
        "[volde](https://x.y)mort",
        "*volde*mort",
        "_voldemort_",
        "volde\ue012mort",
        "volde\ue001mort",
        "\ue002voldemort:",
        "**_~~v\u200bо~~_**ldemort",
        "🆅🅾🅻🅳🅴🅼🅾🆁🆃",
        "🄥🄞🄛🄓🄔🄜🄞🄡🄣",
        "🇻🇴🇱🇩🇪🇲🇴🇷🇹",
        "ᴠᴏʟᴅᴇᴍᴏʀᴛ",
        "vøłđemorŧ",
        "voldeмort",
        "volde\x85mort",
        "volde\U000f0000mort",
    ],
)
def test_words_are_found_as_they_look(text: str) -> None:
    banned = PhraseFilter(["voldemort"])
    assert banned.finds(f"so {text} said")
    masked = banned.masked(f"so {text} said")
    assert masked.startswith("so ")
    assert masked.endswith(" said")
    assert not banned.finds(masked)
    spoilered = banned.spoilered(f"so {text} said")
    assert spoilered.count("||") == 2


def test_phrases_that_follow_each_other_are_each_found() -> None:
    banned = PhraseFilter(["猫", "ab", "ba*"])
    for text in ("猫猫猫猫猫", "x猫猫 猫", "ab ab ba bab é ab猫猫", "ab\u200b ab"):
        masked = banned.masked(text)
        assert not banned.finds(masked)
        assert "猫" not in masked


def test_no_phrases_find_nothing() -> None:
    assert not PhraseFilter([]).finds("anything")
    assert PhraseFilter([" "]).masked("any thing") == "any thing"


@given(st.lists(texts, max_size=5), texts)
def test_a_masked_text_has_no_banned_phrase(phrases: list[str], text: str) -> None:
    banned = PhraseFilter(phrases)
    masked = banned.masked(text)
    assert not banned.finds(masked)
    assert len(masked) <= len(text)
    if not banned.finds(text):
        assert masked == text


def test_letters_are_not_drawn_backwards() -> None:
    assert render("\u202etromedlov\u202c") == "tromedlov\u202c"


def test_as_many_phrases_as_there_may_be_are_found() -> None:
    rng = random.Random(1)
    letters = string.ascii_letters + "äéжя"
    for length in (18, MAX_PHRASE_CHARS):
        phrases = ["".join(rng.choices(letters, k=length)) for _ in range(MAX_PHRASES)]
        banned = PhraseFilter(phrases)
        assert banned.finds(f"so {phrases[-1]} said")
        assert not banned.finds("so nothing was said")
