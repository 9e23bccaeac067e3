"""What a model remembers of texts is mixed into what its network says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ngram_models import Followers, context_hash, ids_of, ngrams_that_say, with_ngrams
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions, evaluate, load_checkpoint, save_checkpoint
from textgen_core.errors import CheckpointError
from textgen_core.model.author_tokens import with_voices
from textgen_core.model.checkpoint import Checkpoint, checkpoint_from_bytes, checkpoint_to_bytes
from textgen_core.model.ngram_table import (
    Ngrams,
    highest_level,
    level_of,
    merged,
    ngrams_of,
    share_of,
)
from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.vocabulary import Vocabulary

Array = npt.NDArray[Any]
Probs = npt.NDArray[np.float64]

VOCABULARY = Vocabulary(("é", "ñ"))  # of random_checkpoint's models

FOLLOWERS = {
    "b": {"a": 0.5, "c": 0.25},
    "ab": {"c": 0.8},
    "^ab": {"d": 0.5, "é": 0.25},
    "cab": {"a": 0.9, "b": 0.9},
}
KEPT = 0.02  # of what is below a context whose shares add up to more


def probs_after(checkpoint: Checkpoint, text: str) -> Probs:
    engine = Engine(checkpoint)
    return engine.probs(engine.feed(engine.start(), VOCABULARY.encode(text)))


def taken_for_others(followers: Followers, text: str) -> bool:
    """Tell whether 16 bits of a hash are too few for these contexts and those of a text."""
    asked = {f"^{text}"[first:] for first in range(len(text) + 1)}
    hashes = [context_hash(ids_of(context, VOCABULARY)) for context in asked | set(followers)]
    return len({value & 0xFFFF for value in hashes}) < len(hashes)


def interpolated(followers: Followers, text: str, network: Probs) -> Probs:
    """Compute the distribution as ngrams.py defines it, from the network's own."""
    probs = network.astype(np.float64).copy()
    for context in sorted(followers, key=lambda c: len(ids_of(c, VOCABULARY))):
        if f"^{text}".endswith(context):
            levels = {c: level_of(np.array(q)) for c, q in followers[context].items()}
            shares = {c: float(share_of(level)) for c, level in levels.items()}
            total = min(sum(shares.values()), 1 - KEPT)
            factor = total / sum(shares.values())
            probs *= 1 - total
            for char, share in shares.items():
                probs[VOCABULARY.encode(char)[0]] += factor * share
    return probs


def test_trust_scales_the_shares() -> None:
    model = with_ngrams({"ab": {"c": 0.8}})
    assert model.ngrams
    half = replace(model, ngrams=replace(model.ngrams, trust=0.5))
    below = replace(model, ngrams=replace(model.ngrams, trust=0))
    (c,) = VOCABULARY.encode("c")
    network = probs_after(random_checkpoint(), "ab")
    share = float(share_of(level_of(np.array(0.8))))
    assert probs_after(half, "ab")[c] == pytest.approx(
        share / 2 + (1 - share / 2) * network[c], rel=1e-5
    )
    np.testing.assert_allclose(probs_after(below, "ab"), network, rtol=1e-5)


@pytest.mark.parametrize("text", ["", "b", "xb", "ab", "xab", "cab", "xcab", "ba", "é"])
def test_contexts_are_interpolated_from_the_shortest_to_the_longest(text: str) -> None:
    plain = random_checkpoint()
    expected = interpolated(FOLLOWERS, text, probs_after(plain, text))
    probs = probs_after(with_ngrams(FOLLOWERS), text)
    np.testing.assert_allclose(probs, expected, rtol=2e-5, atol=1e-9)
    assert probs.sum() == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "b", "xb", "ab", "cab", "dcab", "ba"])
def test_a_models_own_stand_above_those_of_its_base(text: str) -> None:
    own = {"b": {"d": 0.6}, "dcab": {"c": 0.5}, "^": {"a": 0.5}}
    below = interpolated(FOLLOWERS, text, probs_after(random_checkpoint(), text))
    probs = probs_after(with_ngrams(FOLLOWERS, own=own), text)
    np.testing.assert_allclose(probs, interpolated(own, text, below), rtol=2e-5, atol=1e-9)
    model = replace(with_ngrams(FOLLOWERS, own=own), ngrams=None)
    expected = interpolated(own, text, probs_after(random_checkpoint(), text))
    np.testing.assert_allclose(probs_after(model, text), expected, rtol=2e-5, atol=1e-9)


def test_what_a_voice_opens_begins_like_any_text() -> None:
    voiced = with_voices(random_checkpoint(), [AUTHOR_TOKENS[3] + "a"])
    engine = Engine(with_ngrams({"^a": {"b": 0.9}}, voiced))
    mark = voiced.vocabulary.voice_id(AUTHOR_TOKENS[3])
    assert mark is not None
    said = engine.probs(engine.feed(engine.start(), [mark, *VOCABULARY.encode("a")]))
    texts = engine.generate(
        GenerationOptions(n=40, prompt="a", voice=AUTHOR_TOKENS[3], max_chars=2)
    )
    (b,) = VOCABULARY.encode("b")
    assert said[b] < 0.5  # a mark that opens nothing
    assert sum(text.startswith("ab") for text in texts) > 30


def test_a_models_own_know_whose_voice_opens_a_text() -> None:
    ann, bob, cat = AUTHOR_TOKENS[:3]
    voiced = with_voices(random_checkpoint(), [ann, bob, cat])
    own = {"^": {"a": 0.9}, ann: {"b": 0.9}, bob: {"c": 0.9}, bob + "c": {"d": 0.9}}
    engine = Engine(with_ngrams({"^a": {"x": 0.9}}, voiced, own))
    for voice, text in (("", "a"), (ann, "b"), (bob, "cd")):
        options = GenerationOptions(n=40, voice=voice, max_chars=len(text))
        assert sum(written == text for written in engine.generate(options)) > 25
    others = engine.generate(GenerationOptions(n=40, voice=cat, max_chars=1))
    assert sum(written in "abc" for written in others) < 10


def test_a_context_ends_where_its_message_began() -> None:
    model = with_ngrams({"^b": {"a": 0.9}, "cb": {"d": 0.9}})
    engine = Engine(model)
    closed = engine.feed(engine.start(), [*VOCABULARY.encode("c"), 1])
    after = engine.probs(engine.feed(closed, VOCABULARY.encode("b")))
    (a,), (d,) = VOCABULARY.encode("a"), VOCABULARY.encode("d")
    assert after[a] > 0.8
    assert after[d] < 0.1


def test_texts_are_written_with_them_and_the_same_beside_others() -> None:
    chain = {"^": {"a": 1.0}, "^a": {"b": 1.0}, "ab": {"c": 1.0}, "bc": {"d": 1.0}}
    engine = Engine(with_ngrams(chain))
    texts = engine.generate(GenerationOptions(n=40, max_chars=4, seed=3))
    assert sum(text == "abcd" for text in texts) > 30
    assert engine.generate(GenerationOptions(n=7, max_chars=4, seed=3)) == texts[:7]


def test_evaluation_and_probabilities_agree() -> None:
    model = with_ngrams(FOLLOWERS)
    text = "abcab"
    ids = [*model.vocabulary.encode_message(text)[1:]]
    bits = 0.0
    for count, id in enumerate(ids):
        bits -= np.log2(probs_after(model, text[:count])[id])
    result = evaluate(model, [text, text])
    assert result.bits_per_char == pytest.approx(bits / len(ids), rel=1e-5)


@pytest.mark.parametrize("from_file", [False, True])
def test_they_survive_a_file(tmp_path: Path, from_file: bool) -> None:
    model = with_ngrams(FOLLOWERS, own={"ab": {"d": 0.5}})
    save_checkpoint(model, tmp_path / "m")
    loaded = (
        load_checkpoint(tmp_path / "m")
        if from_file
        else checkpoint_from_bytes(checkpoint_to_bytes(model))
    )
    assert loaded.ngrams
    assert model.ngrams
    np.testing.assert_array_equal(loaded.ngrams.words, model.ngrams.words)
    np.testing.assert_array_equal(loaded.ngrams.buckets, model.ngrams.buckets)
    assert (loaded.ngrams.shortest, loaded.ngrams.longest) == (1, 3)
    assert loaded.own_ngrams
    assert model.own_ngrams
    np.testing.assert_array_equal(loaded.own_ngrams.words, model.own_ngrams.words)
    assert (loaded.own_ngrams.shortest, loaded.own_ngrams.longest) == (2, 2)
    np.testing.assert_array_equal(probs_after(loaded, "ab"), probs_after(model, "ab"))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text("abcdefgh", min_size=1, max_size=5),
        st.dictionaries(st.sampled_from("abcdefghé"), st.floats(0.01, 0.3), min_size=1),
        min_size=1,
        max_size=40,
    ),
    st.text("abcdefgh", max_size=12),
)
def test_any_table_says_what_it_was_made_of(followers: Followers, text: str) -> None:
    assume(not taken_for_others(followers, text))
    expected = interpolated(followers, text, probs_after(random_checkpoint(), text))
    probs = probs_after(with_ngrams(followers), text)
    np.testing.assert_allclose(probs, expected, rtol=1e-4, atol=1e-8)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 2**16 - 1), max_size=300),
    st.lists(st.floats(0, 1), min_size=1, max_size=9),
    st.integers(1, 16),
    st.text("ab", max_size=9),
)
def test_no_words_can_do_harm(words: list[int], cuts: list[float], longest: int, text: str) -> None:
    buckets = np.zeros(1 + (1 << (len(cuts).bit_length() - 1)), np.uint32)
    buckets[1:] = sorted(int(cut * len(words)) for cut in cuts)[: len(buckets) - 1]
    buckets[-1] = len(words)
    model = replace(
        random_checkpoint(), ngrams=Ngrams(np.array(words, np.uint16), buckets, 1, longest)
    )
    probs = probs_after(model, text)
    assert probs.sum() == pytest.approx(1)
    assert np.isfinite(probs).all()
    assert (probs >= 0).all()


TABLES = st.dictionaries(
    st.text("abcd", min_size=1, max_size=4),
    st.dictionaries(st.sampled_from("abcdé"), st.floats(0.05, 0.19), min_size=1),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(TABLES, TABLES, st.text("abcd", max_size=6), st.sampled_from([1.0, 0.5]))
def test_one_table_in_the_place_of_two_says_what_they_say(
    below: Followers, above: Followers, text: str, trust: float
) -> None:
    assume(not taken_for_others({**below, **above}, text))
    tables = [ngrams_that_say(followers, VOCABULARY) for followers in (below, above)]
    model = replace(random_checkpoint(), ngrams=merged(tables[0], replace(tables[1], trust=trust)))
    lower, upper = (
        {
            context: {c: float(share_of(level_of(np.array(q)))) for c, q in chars.items()}
            for context, chars in followers.items()
        }
        for followers in (below, above)
    )
    together = {context: dict(lower.get(context, {})) for context in {*lower, *upper}}
    for context, chars in upper.items():
        left = 1 - trust * sum(chars.values())
        both = {c: left * q for c, q in together[context].items()}
        together[context] = both | {c: both.get(c, 0) + trust * q for c, q in chars.items()}
    expected = interpolated(together, text, probs_after(random_checkpoint(), text))
    probs = probs_after(model, text)
    # Its shares are rounded to levels, a tenth apart.
    np.testing.assert_allclose(probs, expected, rtol=0.3, atol=1e-3)
    assert model.ngrams
    assert model.ngrams.trust == 1


def test_a_table_merged_with_little_else_is_the_same() -> None:
    table = ngrams_that_say(FOLLOWERS, VOCABULARY)
    nothing = replace(ngrams_that_say({"h": {"h": 0.5}}, VOCABULARY), trust=0)
    for one in (merged(table, nothing), merged(nothing, table)):
        assert sorted(one.words) == sorted(table.words)
        model = replace(random_checkpoint(), ngrams=one)
        for text in ("", "ab", "xcab"):
            expected = probs_after(with_ngrams(FOLLOWERS), text)
            np.testing.assert_allclose(probs_after(model, text), expected, rtol=1e-6)


def test_of_shares_that_are_too_small_nothing_is_left(tmp_path: Path) -> None:
    table = replace(ngrams_that_say({"a": {"b": 0.002}}, VOCABULARY), trust=0.25)
    model = replace(random_checkpoint(), own_ngrams=merged(table, table))
    np.testing.assert_allclose(probs_after(model, "a"), probs_after(random_checkpoint(), "a"))
    save_checkpoint(model, tmp_path / "m")
    assert load_checkpoint(tmp_path / "m").own_ngrams


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**16 - 1), min_size=1, max_size=300), st.integers(0, 3))
def test_tables_of_any_words_can_be_merged(words: list[int], bits: int) -> None:
    buckets = np.zeros(1 + (1 << bits), np.uint32)
    buckets[1:] = len(words)
    damaged = Ngrams(np.array(words, np.uint16), buckets, 1, 3)
    table = ngrams_that_say(FOLLOWERS, VOCABULARY)
    assert merged(damaged, table).longest == merged(table, damaged).longest == 3


WORDS, BUCKETS = np.array([7, 3], np.uint16), np.array([0, 2], np.uint32)


@pytest.mark.parametrize(
    ("words", "buckets", "lengths", "message"),
    [
        (WORDS.astype(np.int16), BUCKETS, (1, 2), "16 bits"),
        (WORDS, BUCKETS.astype(np.int64), (1, 2), "of 32"),
        (WORDS.reshape(1, 2), BUCKETS, (1, 2), "power of two"),
        (WORDS, np.array([0, 1, 1, 2], np.uint32), (1, 2), "power of two of buckets, got 3"),
        (WORDS, np.array([0], np.uint32), (1, 2), "power of two of buckets, got 0"),
        (WORDS, np.array([0, 3], np.uint32), (1, 2), "one after the other"),
        (WORDS, np.array([0, 2, 1, 2, 2], np.uint32), (1, 2), "one after the other"),
        (WORDS, BUCKETS, (0, 2), "from 1 to 16 ids"),
        (WORDS, BUCKETS, (3, 2), "from 1 to 16 ids"),
        (WORDS, BUCKETS, (1, 17), "from 1 to 16 ids"),
        (WORDS, BUCKETS, (1, True), "from 1 to 16 ids"),
    ],
)
def test_a_table_that_is_none_says_why(
    words: Array, buckets: Array, lengths: tuple[int, int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Ngrams(words, buckets, *lengths)


@pytest.mark.parametrize("trust", [-0.1, 1.1, float("nan"), True, "1", None])
def test_trust_is_a_share(trust: Any) -> None:
    with pytest.raises(ValueError, match="trust must be a number from 0 to 1, got"):
        Ngrams(WORDS, BUCKETS, 1, 2, trust)


def test_a_file_whose_ngrams_are_wrong_says_so() -> None:
    model = with_ngrams(FOLLOWERS)
    content = checkpoint_to_bytes(model)
    with pytest.raises(CheckpointError, match="its n-grams are wrong: contexts must have"):
        checkpoint_from_bytes(content.replace(b'\\"longest\\": 3', b'\\"longest\\": 0'))
    with pytest.raises(CheckpointError, match="its n-grams are wrong: they must say"):
        checkpoint_from_bytes(content.replace(b'\\"longest\\"', b'\\"lungest\\"'))
    with pytest.raises(CheckpointError, match="its n-grams are wrong: an array is missing"):
        checkpoint_from_bytes(content.replace(b'"ngrams/words"', b'"ngrans/words"'))


@pytest.mark.parametrize(("id_bits", "most"), [(9, 0.06), (10, 0.11), (11, 0.24), (12, 0.6)])
def test_a_level_is_near_its_share(id_bits: int, most: float) -> None:
    levels = np.arange(highest_level(id_bits) + 1)
    np.testing.assert_array_equal(level_of(share_of(levels, id_bits), id_bits), levels)
    shares = np.linspace(0.01, 1, 1000)
    found = share_of(level_of(shares, id_bits), id_bits)
    assert np.abs(found / shares - 1).max() < most


def test_shares_too_small_have_no_level() -> None:
    assert level_of(np.array([1e-4])) < 0


def test_ids_that_no_word_can_hold_are_refused() -> None:
    one = np.array([0])
    with pytest.raises(ValueError, match="below 512"):
        ngrams_of(one.astype(np.uint64), one, np.array([512]), one, (1, 1))
    with pytest.raises(ValueError, match="an id must have 9 to 12 bits, got 13"):
        ngrams_of(one.astype(np.uint64), one, one, one, (1, 1), id_bits=13)


def test_tables_of_vocabularies_of_other_sizes_are_not_merged() -> None:
    large = Vocabulary(tuple(chr(200 + n) for n in range(300)))
    tables = [ngrams_that_say({"a": {"b": 0.5}}, of) for of in (VOCABULARY, large)]
    with pytest.raises(ValueError, match="not as many bits"):
        merged(*tables)
