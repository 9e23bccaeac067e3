"""Texts as pieces of words: how they are divided, written, and gone on from."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ngram_models import with_ngrams
from random_checkpoints import random_checkpoint

from textgen_core import (
    Engine,
    GenerationOptions,
    SeenFilter,
    Vocabulary,
    VocabularyError,
    evaluate,
)
from textgen_core.generation.ensemble import mixed_texts
from textgen_core.model.author_tokens import with_voices
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes
from textgen_core.model.ngram_table import level_of, share_of
from textgen_core.text.special_tokens import AUTHOR_TOKENS, MENTION
from textgen_core.text.unigram import UNSCORED, Scores
from textgen_core.text.vocabulary import FIRST_PIECE_ID

SCORES: Scores = (
    (" ", -2.0),
    ("e", -2.5),
    ("l", -3.0),
    ("o", -3.0),
    (" lo", -5.0),
    (" love", -6.0),
    ("ve", -4.5),
    (" you", -4.0),
    ("hello", -7.0),
    ("he", -4.0),
    ("ll", -5.0),
    (" th", -4.0),
    ("ing", -4.0),
)
VOCABULARY = Vocabulary(("é", MENTION), SCORES)
WRITER = random_checkpoint(scores=SCORES, seed=3)
ENGINE = Engine(WRITER)


def texts_of(ids: np.ndarray) -> list[str]:
    return [VOCABULARY.decode([piece_id]) for piece_id in ids]


@given(st.text(st.sampled_from("helovy ing é字😀\n") | st.characters(), max_size=60))
def test_no_text_loses_anything(text: str) -> None:
    assert VOCABULARY.decode(VOCABULARY.encode(text)) == text


@settings(max_examples=60)
@given(st.text("helov y", min_size=1, max_size=9))
def test_the_division_is_the_likeliest(text: str) -> None:
    """Of all divisions, none of whose pieces is missing or has a space inside."""
    score_of = dict(SCORES)
    unscored = min(score_of.values()) - UNSCORED

    def cost(pieces: list[str]) -> float:
        scores = [score_of.get(p, unscored if len(p) == 1 else -math.inf) for p in pieces]
        return sum(scores)

    inner = range(1, len(text))
    best = max(
        cost([text[a:b] for a, b in zip((0, *cuts), (*cuts, len(text)), strict=True)])
        for size in range(len(text))
        for cuts in combinations(inner, size)
    )
    assert cost(texts_of(VOCABULARY.encode(text))) == pytest.approx(best)


def test_pieces_have_ids_between_bytes_and_frequent_characters() -> None:
    assert texts_of(VOCABULARY.encode("hello love")) == ["hello", " love"]
    assert VOCABULARY.encode("hello")[0] == FIRST_PIECE_ID + 4
    assert VOCABULARY.encode("é")[0] == FIRST_PIECE_ID + len(VOCABULARY.pieces)
    assert VOCABULARY.size == len(VOCABULARY.token_bytes) == len(VOCABULARY.widths)
    assert VOCABULARY.widths[VOCABULARY.encode("hello")[0]] == 5


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ((("", -1.0),), "a piece must be 1 to 16 characters"),
        ((("a" * 17, -1.0),), "a piece must be 1 to 16 characters"),
        ((("a b", -1.0),), "'a b' cannot be a piece"),
        (((f"a{MENTION}", -1.0),), "cannot be a piece"),
        ((("a\ud800", -1.0),), "cannot be a piece"),
        ((("ab", math.nan),), "the score of a piece must be at most 0, got nan"),
        ((("ab", True),), "the score of a piece must be at most 0, got True"),
        ((("ab", -1.0), ("ab", -2.0)), "a piece is listed twice"),
        (tuple((f"a{n}", -1.0) for n in range(8_193)), "at most 8,192 pieces, got 8,193"),
    ],
)
def test_what_is_no_piece_is_refused(scores: Scores, message: str) -> None:
    with pytest.raises(VocabularyError, match=message):
        Vocabulary((), scores)


def test_a_checkpoint_keeps_its_pieces() -> None:
    again = checkpoint_from_bytes(checkpoint_to_bytes(WRITER)).vocabulary
    assert again == WRITER.vocabulary
    assert isinstance(again, Vocabulary)
    assert again.encode("hello you").tolist() == WRITER.vocabulary.encode("hello you").tolist()


def test_a_model_of_equally_likely_ids_costs_what_theory_says() -> None:
    model = random_checkpoint(scores=SCORES, scale=0)
    (bits,) = [math.log2(model.vocabulary.size)]
    result = evaluate(model, ["hello love"])  # two pieces and <s> for eleven characters
    assert result.chars == 11
    assert result.bits_per_char == pytest.approx(3 * bits / 11)


@pytest.mark.parametrize(
    ("text", "open_chars"),
    [("", 0), ("I lo", 3), ("I ", 1), ("I love", 0), ("hel", 3), ("xyz", 0), ("oh th", 0)],
)
def test_a_prompt_is_open_where_a_longer_piece_may_begin(text: str, open_chars: int) -> None:
    assert VOCABULARY.open_chars(text) == open_chars


@pytest.mark.parametrize("prompt", ["I lo", "I ", "he", "I love", "字", "I lo ", " lov"])
def test_a_prompt_is_never_changed(prompt: str) -> None:
    options = GenerationOptions(n=40, prompt=prompt, temperature=1.5, max_chars=12, seed=1)
    texts = ENGINE.generate(options)
    assert all(text.startswith(prompt) for text in texts)
    assert all(len(text) <= len(prompt) + 12 for text in texts)
    assert len(set(texts)) > 20


def test_the_piece_that_a_prompt_is_inside_of_can_follow() -> None:
    """A model that writes nothing but " love" goes on with it after " lo"."""
    love = int(WRITER.vocabulary.encode(" love")[0])
    engine = Engine(random_checkpoint(scores=SCORES, scale=0, bias={love: 30.0}))
    options = GenerationOptions(n=4, prompt="I lo", temperature=1.0, max_chars=2, seed=2)
    assert engine.generate(options) == ["I love"] * 4


def test_lengths_are_counted_in_characters() -> None:
    options = GenerationOptions(n=200, temperature=2.0, max_chars=7, seed=3)
    lengths = {len(text) for text in ENGINE.generate(options)}
    assert max(lengths) == 7


def test_banned_characters_are_in_no_piece() -> None:
    options = GenerationOptions(n=100, temperature=2.0, max_chars=30, banned_chars="eo", seed=4)
    assert not any(set("eo") & set(text) for text in ENGINE.generate(options))
    options = replace(options, banned_chars="", allowed_chars="helo ")
    assert all(set(text) <= set("helo ") for text in ENGINE.generate(options))


def test_a_stop_string_is_found_inside_a_piece() -> None:
    plain = GenerationOptions(n=300, temperature=1.5, max_chars=40, seed=5)
    stopped = ENGINE.generate(replace(plain, stop=("ov", "ll")))
    for text, whole in zip(stopped, ENGINE.generate(plain), strict=True):
        ends = [whole.find(stop) for stop in ("ov", "ll") if stop in whole]
        assert text == whole[: min(ends, default=len(whole))]
    assert any(len(text) < 5 for text in stopped)


def test_no_run_of_the_training_text_is_written() -> None:
    said = ["hello you love hello you lovehello you", "he loves you loving you hello hello"]
    bias = {int(i): 6.0 for text in said for i in WRITER.vocabulary.encode(text)}
    model = replace(
        random_checkpoint(scores=SCORES, bias=bias), seen=SeenFilter.from_texts(said, run_chars=8)
    )
    options = GenerationOptions(n=60, temperature=1.0, max_chars=60, novel_run=8, seed=6)
    assert model.seen is not None
    texts = Engine(model).generate(options)
    assert not any(model.seen.knows(text).any() for text in texts)
    free = Engine(model).generate(replace(options, novel_run=None))
    assert any(model.seen.knows(text).any() for text in free)


def test_temperatures_are_cycled_over_characters() -> None:
    """The likeliest piece has two characters, so that the hot second temperature has no turn."""
    (he,) = WRITER.vocabulary.encode("he")
    engine = Engine(random_checkpoint(scores=SCORES, scale=0, bias={int(he): 5.0}))
    cold_and_hot = GenerationOptions(n=5, temperature=(1e-6, 1e6), max_chars=10, seed=7)
    assert engine.generate(cold_and_hot) == ["hehehehehe"] * 5


def test_ngrams_of_pieces_are_mixed_in() -> None:
    many = tuple((f"w{n}x", -9.0) for n in range(400))
    model = random_checkpoint(scores=(*SCORES, *many))
    remembers = with_ngrams({"hello": {" love": 0.9}}, model)
    assert remembers.ngrams is not None
    assert remembers.ngrams.id_bits == 10
    again = Engine(checkpoint_from_bytes(checkpoint_to_bytes(remembers)))
    (love,) = model.vocabulary.encode(" love")
    said = again.probs(again.feed(again.start(), model.vocabulary.encode("hello")))
    expected = float(share_of(level_of(np.array(0.9), 10), 10))
    assert said[love] == pytest.approx(expected, abs=0.01)


def test_voices_follow_the_pieces() -> None:
    steered = with_voices(WRITER, [f"{AUTHOR_TOKENS[2]}hello"])
    assert isinstance(steered.vocabulary, Vocabulary)
    assert steered.vocabulary.pieces == VOCABULARY.pieces
    ids = steered.vocabulary.encode_voiced(f"{AUTHOR_TOKENS[2]}hello love")
    assert ids[0] == steered.vocabulary.size - 1
    assert Engine(steered).generate(GenerationOptions(voice=AUTHOR_TOKENS[2], seed=1, max_chars=5))


def test_models_of_pieces_and_of_characters_write_in_turn() -> None:
    other = Engine(random_checkpoint(seed=9))
    options = GenerationOptions(n=20, prompt="I lo", temperature=1.0, max_chars=40, seed=8)
    texts = mixed_texts([(ENGINE, options), (other, options)])
    assert all(text.startswith("I lo") and len(text) <= 44 for text in texts)
    assert texts == mixed_texts([(ENGINE, options), (other, options)])
