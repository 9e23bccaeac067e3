"""textgenrnn's table of characters or words: what it knows round-trips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen_core.errors import VocabularyError
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.tokenizer import tokenizer_from_json
from textgen_core.text.utf8_automaton import BETWEEN, OPENING, spelling_rules
from textgen_core.text.vocabulary import PADDING_ID, Vocabulary

CHARS = LegacyVocabulary(("e", " ", "<s>", "é", "<", "s", ">", "😀", "\x85", "\n"))
WORDS = LegacyVocabulary(("the", "<s>", "cat", ".", ",", "'", "s", '"', "(", ")"), words=True)


@given(st.text("e é<s>😀\n"))
def test_known_text_round_trips(text: str) -> None:
    ids = CHARS.encode(text)
    assert CHARS.decode(ids) == text
    assert CHARS.boundary_id not in ids
    assert CHARS.measure(text) == (len(text) + 1, 0)


def test_unknown_characters_are_read_as_padding_and_not_counted() -> None:
    assert CHARS.encode("exe").tolist() == [1, PADDING_ID, 1]
    assert CHARS.measure("exe") == (3, 1)
    assert CHARS.decode(CHARS.encode("exe")) == "ee"


def test_ids_count_from_1_and_a_message_stands_between_boundaries() -> None:
    assert CHARS.encode_message("e ").tolist() == [3, 1, 2, 3]
    assert (CHARS.size, CHARS.boundary_id) == (11, 3)


def test_words_are_lower_case_and_punctuation_is_one_of_its_own() -> None:
    ids = WORDS.encode("The cat's (cat), the dog.")
    assert ids.tolist() == [1, 3, 6, 7, 9, 3, 10, 5, 1, PADDING_ID, 4]


@pytest.mark.parametrize(
    "text", ["the cat's", "(the cat), the cat.", 'the "cat" the', 'the "the cat", cat']
)
def test_spaces_around_punctuation_are_taken_back(text: str) -> None:
    assert WORDS.decode(WORDS.encode(text)) == text


def test_a_prompt_of_words_stays_as_it_was_typed() -> None:
    assert WORDS.joined("The CAT", WORDS.encode("the cat.")) == "The CAT the cat."
    assert WORDS.joined("The CAT", WORDS.encode(", the")) == "The CAT, the"
    assert WORDS.joined("The ", WORDS.encode("cat")) == "The cat"
    assert WORDS.joined("", WORDS.encode("cat")) == "cat"
    assert WORDS.joined("The", []) == "The"


@pytest.mark.parametrize("text", ["", "the", "the cat cat the"])
def test_n_words_and_a_closing_measure_what_the_text_does(text: str) -> None:
    assert WORDS.measure(text) == (len(text) + 1, 0)
    assert WORDS.measure(text + " dog")[1] == len("dog ")


@pytest.mark.parametrize("vocabulary", [CHARS, WORDS, Vocabulary(("é",))])
def test_a_checkpoints_form_is_taken_back(vocabulary: Any) -> None:
    assert tokenizer_from_json(vocabulary.to_json()) == vocabulary


@pytest.mark.parametrize(
    "value",
    [
        None,
        "abc",
        {},
        {"tokens": ["<s>"]},
        {"tokens": "<s>", "words": False},
        {"tokens": ["<s>"], "words": 1},
        {"tokens": ["<s>"], "words": None},
        {"tokens": ["<s>"], "words": False, "more": 1},
        {"tokens": [], "words": False},
        {"tokens": ["<s>", "a", "a"], "words": False},
        {"tokens": ["<s>", "<s>"], "words": False},
        {"tokens": ["<s>", "ab"], "words": False},
        {"tokens": ["<s>", "a b"], "words": True},
        {"tokens": ["<s>", ""], "words": True},
        {"tokens": ["<s>", ["a"]], "words": True},
        {"tokens": ["<s>", *map(chr, range(65_535))], "words": False},
        [["é"]],
    ],
)
def test_malformed_forms_are_refused(value: Any) -> None:
    with pytest.raises(VocabularyError):
        tokenizer_from_json(value)


def test_padding_and_controls_are_never_written_and_texts_end_at_their_boundary() -> None:
    mask = spelling_rules(CHARS, 16).mask == 0
    assert not mask[:, PADDING_ID].any()
    assert not mask[:, CHARS.size :].any()
    assert np.flatnonzero(mask[:, CHARS.boundary_id]).tolist() == [BETWEEN]
    written = [char for char in "e é<s>😀\x85\n" if mask[BETWEEN, CHARS.encode(char)[0]]]
    assert written == list("e é<s>😀\n")
    opening = [char for char in written if mask[OPENING, CHARS.encode(char)[0]]]
    assert opening == list("eé<s>😀")
