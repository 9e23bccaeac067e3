"""Any Unicode text survives encoding and decoding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen_core.errors import VocabularyError
from textgen_core.text.special_tokens import MARKS, MENTION
from textgen_core.text.vocabulary import BOUNDARY_ID, FIRST_FREQUENT_ID, Vocabulary

VOCABULARY = Vocabulary(("é", "ш", "😀"))


@given(st.text(st.characters()))
def test_any_text_round_trips(text: str) -> None:
    assert VOCABULARY.decode(VOCABULARY.encode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦 family of code points",
        "🏳️‍🌈 and 🇺🇦 and 👍🏽",
        "e\u0301 is not é",
        "שלום عليكم \u200fright to left",
        "日本語と한국어",
        "\ud800 half a pair",
    ],
)
def test_difficult_text_round_trips(text: str) -> None:
    assert VOCABULARY.decode(VOCABULARY.encode(text)) == text


def test_frequent_characters_are_one_token_and_others_are_bytes() -> None:
    assert VOCABULARY.encode("ш").tolist() == [FIRST_FREQUENT_ID + 1]
    assert len(VOCABULARY.encode("щ")) == 2
    assert len(VOCABULARY.encode("😁")) == 4


def test_a_message_stands_between_boundaries() -> None:
    ids = VOCABULARY.encode_message("hi")
    assert ids[0] == ids[-1] == BOUNDARY_ID
    assert VOCABULARY.decode(ids) == "hi"


def test_counted_vocabulary_keeps_the_commonest() -> None:
    vocabulary = Vocabulary.from_texts(["ééééé", "шшш", "я"], max_frequent=2, min_count=2)
    assert vocabulary.frequent == (*MARKS, "é", "ш")


def test_marks_have_ids_of_their_own_once() -> None:
    vocabulary = Vocabulary.from_texts([f"hi {MENTION}"] * 30)
    assert vocabulary.frequent == MARKS
    assert len(vocabulary.encode(MENTION)) == 1


def test_bytes_out_of_order_decode_to_replacement_characters() -> None:
    first_byte = VOCABULARY.encode("щ")[:1]
    assert VOCABULARY.decode(np.concatenate([first_byte, VOCABULARY.encode("a")])) == "\ufffda"


@pytest.mark.parametrize("frequent", [("a",), ("éé",), ("é", "é")])
def test_malformed_vocabularies_are_refused(frequent: tuple[str, ...]) -> None:
    with pytest.raises(VocabularyError):
        Vocabulary(frequent)
