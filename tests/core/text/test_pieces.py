"""Laid end to end, the pieces of a text's ids are the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from legacy_models import LETTERS, WORDS

from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.token_text import CONTINUATION, LEAD, WHOLE, TokenTexts, laid_out, pieces_of
from textgen_core.text.vocabulary import FIRST_BYTE_ID, FIRST_FREQUENT_ID, Vocabulary

OURS = Vocabulary(("é", "漢"))
WORDY = LegacyVocabulary(WORDS, words=True)


def text_of(pieces: TokenTexts, ids: list[int]) -> str:
    text, partial = "", 0
    for char_id in ids:
        first, last = pieces.starts[char_id], pieces.starts[char_id + 1]
        text += "".join(map(chr, pieces.codes[first:last]))
        if pieces.kinds[char_id] == LEAD:
            text += chr(partial) if partial else ""
            partial = int(pieces.bits[char_id])
        elif pieces.kinds[char_id] == CONTINUATION:
            partial = partial * 64 + int(pieces.bits[char_id])
        elif partial:
            text, partial = text[: -(last - first)] + chr(partial) + text[-(last - first) :], 0
    return text + (chr(partial) if partial else "")


@given(st.text(max_size=30))
def test_bytes_add_up_to_their_characters(text: str) -> None:
    pieces = pieces_of(OURS, OURS.size + 3)
    assert text_of(pieces, OURS.encode(text).tolist()) == text
    assert list(laid_out(OURS, [text])) == [text]


def test_only_single_bytes_are_parts() -> None:
    kinds = pieces_of(OURS, OURS.size).kinds
    assert (kinds[:FIRST_BYTE_ID] == WHOLE).all()
    assert (kinds[FIRST_BYTE_ID:FIRST_FREQUENT_ID] != WHOLE).all()
    assert (kinds[FIRST_FREQUENT_ID:] == WHOLE).all()
    assert (pieces_of(LegacyVocabulary(LETTERS), 16).kinds == WHOLE).all()


def test_words_are_laid_out_with_a_space_after_each() -> None:
    (laid,) = laid_out(WORDY, ["The cat, the bird."])
    assert laid == "the cat , the  . "  # a bird is not in the vocabulary
    pieces = pieces_of(WORDY, 16)
    assert text_of(pieces, WORDY.encode("The cat, the.").tolist()) == "the cat , the . "
