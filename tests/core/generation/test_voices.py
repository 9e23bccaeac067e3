"""Marks of voices open messages, are never written, and cost nothing."""

from __future__ import annotations

import numpy as np
import pytest
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions, evaluate
from textgen_core.model.author_tokens import with_voices
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.text.special_tokens import AUTHOR_TOKENS, plain, readable
from textgen_core.text.vocabulary import BOUNDARY_ID, Vocabulary
from textgen_core.training.batching import encode_corpus, load_batch, rows_of

ANN, BOB = AUTHOR_TOKENS[0], AUTHOR_TOKENS[3]


def knowing(*, seed: int = 0) -> Checkpoint:
    """Return a model with ids for two voices, which act differently."""
    base = with_voices(random_checkpoint(seed=seed, scale=1.0), [ANN + "a", BOB + "b", "c"])
    weights = dict(base.weights)
    voices = weights["embedding"][-2:]
    voices += np.array([[3.0], [-3.0]], np.float32)
    return Checkpoint(base.config, base.vocabulary, weights)


def test_a_mark_stands_in_the_place_of_the_opening() -> None:
    vocabulary = Vocabulary((ANN, "é"))
    opening, *rest = vocabulary.encode_voiced(ANN + "hé").tolist()
    assert opening == vocabulary.voice_id(ANN)
    assert [BOUNDARY_ID, *rest] == vocabulary.encode_voiced("hé").tolist()
    # A mark without an id is as if it were not there.
    assert vocabulary.encode_voiced(BOB + "hé").tolist() == [BOUNDARY_ID, *rest]
    assert vocabulary.measure(ANN + "hé") == vocabulary.measure("hé") == (3, 0)


def test_no_text_can_ask_for_a_voice() -> None:
    """What people type is spelled, the marks in it too, and comes back as it was."""
    vocabulary = Vocabulary((ANN, "é"))
    for text in (ANN, ANN + BOB + "so", "so " + ANN + "é"):
        ids = vocabulary.encode_message(text)
        assert vocabulary.voice_id(ANN) not in ids.tolist()
        assert vocabulary.decode(ids) == text


def test_a_vocabulary_has_the_marks_that_occur() -> None:
    vocabulary = Vocabulary.from_texts([ANN + "text", "text"])
    assert vocabulary.voice_id(ANN) is not None
    assert vocabulary.voice_id(BOB) is None


def test_a_mark_is_read_and_never_asked_for() -> None:
    vocabulary = Vocabulary((ANN,))
    corpus = encode_corpus([ANN + "ab", "ab"], vocabulary)
    batch = load_batch(corpus, rows_of(corpus))
    assert batch.targets[0].tolist() == batch.targets[1].tolist()
    assert batch.inputs[0].tolist() != batch.inputs[1].tolist()
    assert corpus.lengths.tolist() == [3, 3]


def test_a_new_mark_says_at_first_what_nobody_says() -> None:
    base = random_checkpoint()
    told = with_voices(base, [ANN + "rare", "messages"])
    assert isinstance(told.vocabulary, Vocabulary)
    assert told.vocabulary.voice_id(ANN) == base.vocabulary.size
    texts = ["some text", "and more of it"]
    without = evaluate(base, texts).bits_per_char
    for marked in (texts, [ANN + text for text in texts]):
        assert evaluate(told, marked).bits_per_char == pytest.approx(without, abs=0.02)


def test_the_voice_steers_what_is_written_and_is_no_part_of_it() -> None:
    engine = Engine(knowing())
    options = GenerationOptions(seed=3, max_chars=60, n=20, prompt="so ")
    texts = {
        voice: engine.generate(GenerationOptions(seed=3, max_chars=60, n=20, voice=voice))
        for voice in ("", ANN, BOB)
    }
    assert len(set(map(tuple, texts.values()))) == 3
    assert not any(
        mark in text for each in texts.values() for text in each for mark in AUTHOR_TOKENS
    )
    assert all(text.startswith("so ") for text in engine.generate(options))


def test_an_unknown_voice_is_refused() -> None:
    engine = Engine(random_checkpoint())
    with pytest.raises(ValueError, match="does not know that voice"):
        engine.generate(GenerationOptions(voice=ANN))
    with pytest.raises(ValueError, match="the mark of a voice"):
        GenerationOptions(voice="x")


def test_marks_are_not_shown() -> None:
    assert plain(ANN + "hello") == "hello"
    assert plain("hello") == "hello"
    assert readable(ANN + "hello") == "hello"
