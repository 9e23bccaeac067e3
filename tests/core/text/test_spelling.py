"""The automaton of ids accepts exactly the characters that may be written."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_checkpoints import BYTE_IDS, byte_id

from textgen_core.text.utf8_automaton import (
    BETWEEN,
    OPENING,
    TokenAutomaton,
    restricted,
    spelling_rules,
)
from textgen_core.text.vocabulary import BOUNDARY_ID, PADDING_ID, Vocabulary

COLUMNS = 256


@pytest.fixture(scope="module")
def rules() -> TokenAutomaton:
    return spelling_rules(Vocabulary(), COLUMNS)


def allowed(rules: TokenAutomaton) -> np.ndarray:
    return rules.mask == 0


def test_masks_are_nothing_or_minus_infinity(rules: TokenAutomaton) -> None:
    assert set(np.unique(rules.mask)) == {0, -np.inf}


def test_every_character_that_is_no_control_can_be_spelled(rules: TokenAutomaton) -> None:
    can, vocabulary = allowed(rules), Vocabulary()
    for code in (*range(0x800), *range(0x800, sys.maxunicode + 1, 7), sys.maxunicode):
        char = chr(code)
        state, accepted = BETWEEN, True
        for char_id in vocabulary.encode(char):
            accepted = accepted and bool(can[state, char_id])
            state = int(rules.next_state[state, char_id])
        expected = char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")
        assert (accepted and state == BETWEEN) == expected, f"U+{code:04X}"


def test_bytes_spell_nothing_but_characters(rules: TokenAutomaton) -> None:
    """Count all ways from one character's start to its end: one for each character."""
    can = allowed(rules)
    beginnings = {BETWEEN: 1}
    complete = 0
    for _length in range(4):
        following: dict[int, int] = {}
        for state, ways in beginnings.items():
            for char_id in BYTE_IDS:
                if can[state, char_id]:
                    target = int(rules.next_state[state, char_id])
                    following[target] = following.get(target, 0) + ways
        complete += following.pop(BETWEEN, 0)
        beginnings = following
    assert not beginnings
    surrogates, ascii_chars, controls = 0x800, 0x80, 0x20
    assert complete == sys.maxunicode + 1 - surrogates - ascii_chars - controls


def test_a_text_ends_only_between_characters_and_never_at_once(rules: TokenAutomaton) -> None:
    assert np.flatnonzero(allowed(rules)[:, BOUNDARY_ID]).tolist() == [BETWEEN]


def test_padding_and_columns_beyond_the_vocabulary_never_come(rules: TokenAutomaton) -> None:
    assert not allowed(rules)[:, PADDING_ID].any()
    assert not allowed(rules)[:, Vocabulary().size :].any()


def test_a_text_does_not_open_with_white_space(rules: TokenAutomaton) -> None:
    can, vocabulary = allowed(rules), Vocabulary()
    for char in " \n\t":
        char_id = int(vocabulary.encode(char)[0])
        assert can[BETWEEN, char_id]
        assert not can[OPENING, char_id]
    assert can[OPENING, int(vocabulary.encode("a")[0])]


def test_frequent_surrogates_and_controls_are_never_drawn() -> None:
    vocabulary = Vocabulary(("\ud800", "\x85", "é"))
    can = allowed(spelling_rules(vocabulary, COLUMNS))
    ids = [int(vocabulary.encode(char)[0]) for char in vocabulary.frequent]
    assert can[BETWEEN, ids].tolist() == [False, False, True]


CHARS = "aé\u0085\u00a0ñßжя\u0800漢字\uffff\U0001f600\U0001f601\U0010ffff"


def spellings(vocabulary: Vocabulary, char: str) -> list[list[int]]:
    """Return all ways to spell a character: as one id, and in bytes."""
    ways = [vocabulary.encode(char).tolist()]
    if ord(char) >= 128:
        ways.append([byte_id(byte) for byte in char.encode()])
    return ways


def accepts(rules: TokenAutomaton, state: int, ids: list[int]) -> bool:
    for char_id in ids:
        if rules.mask[state, char_id] != 0:
            return False
        state = int(rules.next_state[state, char_id])
    return state == BETWEEN


chars_of = st.text(alphabet=CHARS, max_size=8)


@settings(deadline=None, derandomize=True)
@given(chars_of, st.none() | chars_of)
def test_a_banned_character_has_no_spelling(banned: str, allowed_chars: str | None) -> None:
    vocabulary = Vocabulary(("é", "漢"))
    before = spelling_rules(vocabulary, COLUMNS)
    after = restricted(before, vocabulary, banned=banned, allowed=allowed_chars)
    for char in CHARS + "bàÿ語":
        may = char not in banned and (allowed_chars is None or char in allowed_chars)
        for ids in spellings(vocabulary, char):
            for state in (BETWEEN, OPENING):
                expected = may and accepts(before, state, ids)
                assert accepts(after, state, ids) == expected, (char, ids, state)


@settings(deadline=None, derandomize=True)
@given(chars_of, st.none() | chars_of)
def test_no_byte_leads_to_where_nothing_may_follow(banned: str, allowed_chars: str | None) -> None:
    vocabulary = Vocabulary(("é", "漢"))
    rules = restricted(
        spelling_rules(vocabulary, COLUMNS), vocabulary, banned=banned, allowed=allowed_chars
    )
    can = allowed(rules)
    for char_id in BYTE_IDS:
        for state in (BETWEEN, OPENING):
            if can[state, char_id]:
                assert can[int(rules.next_state[state, char_id])].any()
    assert can[BETWEEN, BOUNDARY_ID]


def test_a_whole_block_can_be_banned() -> None:
    vocabulary = Vocabulary()
    block = "".join(map(chr, range(0x400, 0x440)))  # all that begins with D0 80 … D0 BF
    rules = restricted(spelling_rules(vocabulary, COLUMNS), vocabulary, banned=block)
    assert not allowed(rules)[BETWEEN, byte_id(0xD0)]
    assert allowed(rules)[BETWEEN, byte_id(0xD1)]
