"""What a server says is asked for, and never more than it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textgen_core.model.wording import LONGEST, MAX_BYTES, MOST_OWN_BYTES, Wording
from textgen_core.text.word_units import END, NAME, NUMBER, phrases, units

MESSAGES = ["I like tea a lot", "I like tea, Ann", "do I like cake", "a cake!"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't go!! Now", [END, "don't", "go", END, "now", END]),
        ("don’t", [END, "don't", END]),
        ("@Ann.b 3.50 for you?!", [END, NAME, NUMBER, "for", "you", END]),
        ("a, b :)", [END, "a", ",", "b", ":", ")", END]),
        ("", [END]),
        ("もう寝る。", [END, "もう寝る", END]),
    ],
)
def test_a_text_is_made_of_words_numbers_names_and_ends(text: str, found: list[str]) -> None:
    assert units(text) == found


def test_phrases_of_shared_words_are_known_and_others_are_not() -> None:
    wording = Wording.of(MESSAGES)
    assert wording.knows(("tea",))
    assert wording.knows((END, "i"))
    assert wording.knows(("i", "like", "tea"))
    assert not wording.knows(("tea", "cake"))
    assert not wording.knows(("like", "i"))


def test_a_word_of_one_message_is_not_the_servers() -> None:
    wording = Wording.of(MESSAGES)
    for phrase in [("ann",), ("lot",), (",", "ann"), ("a", "lot")]:
        assert not wording.knows(phrase)


@pytest.mark.parametrize("times", [2, 3, 20])
def test_what_one_person_says_is_not_known_however_often(times: int) -> None:
    """Nor a phrase of words that all say, as long as one alone puts them together."""
    secret = "the door code is four seven"
    others = ["the door is red", "my code is bad", "four of seven", "is four red"]
    said = [*others, *others, *[f"{secret} {n}" for n in range(times)]]
    speakers = [2, 3, 4, 5, 6, 7, 8, 9, *[1] * times]
    wording = Wording.of(said, speakers)
    assert wording.knows(("code", "is"))
    assert not wording.knows(("door", "code"))
    assert not wording.knows(("four", "seven"))
    assert not wording.knows(("code", "is", "four"))
    assert Wording.of(said, [*speakers[:-1], 2]).knows(("door", "code"))


def test_where_nobody_is_named_eight_messages_stand_for_two_people() -> None:
    said = [f"the door code is {n}" for n in range(8)]
    assert Wording.of(said, range(-1, -9, -1)).knows(("door", "code"))
    assert not Wording.of(said[:7], range(-1, -8, -1)).knows(("door", "code"))
    assert not Wording.of(said, [-1] * 8).knows(("door", "code"))


def test_a_word_that_hardly_ever_ends_a_sentence_may_not_end_one() -> None:
    wording = Wording.of(["I see the end"] * 99 + ["I see the"])
    assert wording.knows(("end", END))
    assert not wording.knows(("the", END))


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_every_phrase_of_shared_words_is_known_again(texts: list[str]) -> None:
    wording = Wording.of([*texts, *texts])
    for text in texts:
        found = units(text)
        runs = [run for words in range(1, LONGEST + 1) for run in phrases(found, words)]
        assert all(map(wording.knows, runs))


def test_the_filter_is_bounded_and_keeps_words_before_phrases() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{'x' * int(n)}" for n in rng.integers(1, 300, 100)) for _ in range(3000)]
    wording = Wording.of(texts * 2)
    assert wording.bits.size == MOST_OWN_BYTES
    assert all(wording.knows((f"w{'x' * n}",)) for n in range(1, 300))


def test_what_was_known_before_stays_known_beside_what_is_new() -> None:
    few, many = Wording.of(MESSAGES), Wording.of([f"w{'x' * (n // 2)} y" for n in range(4000)])
    assert few.bits.size < many.bits.size
    for both in (few.merged(many), many.merged(few)):
        assert both.knows(("i", "like", "tea"))
        assert both.knows(("wxxx", "y"))
        assert not both.knows(("tea", "cake"))


@pytest.mark.parametrize(
    ("bits", "sentence"),
    [
        (np.zeros(1000, np.uint8), "power of two of bytes"),
        (np.zeros(2 * MAX_BYTES, np.uint8), "power of two of bytes"),
        (np.zeros(512, np.uint8), "power of two of bytes"),
        (np.zeros((2, 1024), np.uint8), "one row of bytes"),
        (np.zeros(1024, np.int8), "one row of bytes"),
    ],
)
def test_a_filter_of_another_form_is_refused(bits: np.ndarray, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Wording(bits)
