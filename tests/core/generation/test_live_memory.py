"""Words of what was just said are likelier to be written, and no long run of it is."""

import numpy as np
import pytest
from random_checkpoints import random_checkpoint

from bot.models.texts import generate_texts
from textgen_core import Engine, GenerationOptions
from textgen_core.generation.live_memory import COPIED_RUN, live_ngrams, repeats
from textgen_core.kernels.ngram_lookup import further_back
from textgen_core.model.ngram_table import Ngrams

SAID = ["the zorblax is late again", "where is the zorblax?", "no zorblax today"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(random_checkpoint(scores=()))


def bits(engine: Engine, text: str) -> float:
    ids = engine.vocabulary.encode_message(text)[1:]
    return float(engine.costs(engine.start(), [ids])[0]) / np.log(2)


def test_what_was_said_is_expected_and_the_engine_stays_as_it_was(engine: Engine) -> None:
    before = bits(engine, "a zorblax")
    listening = engine.listening(SAID)
    assert bits(listening, "a zorblax") < before - 10
    assert bits(listening, "qqqqqqqqq") == pytest.approx(bits(engine, "qqqqqqqqq"), abs=0.5)
    assert bits(engine, "a zorblax") == before
    assert listening.listening([]) is listening


def test_probabilities_add_up(engine: Engine) -> None:
    listening = engine.listening(SAID)
    state = listening.feed(listening.start(), listening.vocabulary.encode_message("zorb")[1:-1])
    probs = listening.probs(state)
    assert probs.sum() == pytest.approx(1)
    id_of_l = int(listening.vocabulary.encode_message("l")[1])
    assert probs[id_of_l] > 0.15


def test_hashes_are_those_that_the_kernels_look_for(engine: Engine) -> None:
    table = live_ngrams(SAID, engine.vocabulary)
    assert isinstance(table, Ngrams)
    context = np.uint64(0)
    for id in reversed(engine.vocabulary.encode_message("zor")[1:-1]):
        context = np.uint64(further_back(context, int(id)))
    assert context & np.uint64(0xFFFF) in table.words
    assert live_ngrams([], engine.vocabulary) is None
    assert live_ngrams(["a"], engine.vocabulary) is None  # no context is long enough


def test_it_is_of_the_newest_messages_alone(engine: Engine) -> None:
    forgotten = ["zorblax again and again"] + ["hm"] * 50
    assert bits(engine.listening(forgotten), "zorblax") > bits(engine, "zorblax") - 1


def test_pieces_of_words_and_models_that_remember_nothing_listen_too() -> None:
    pieces = Engine(random_checkpoint(scores=(("zor", -3.0), ("blax", -3.0))))
    assert bits(pieces.listening(SAID * 2), SAID[0]) < bits(pieces, SAID[0]) - 10


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("x" * (COPIED_RUN - 1), False),
        ("we heard: THE  zorblax is\nlate again!", True),
        ("the zorblax is late now", False),
        ("", False),
    ],
)
def test_a_long_run_is_seen_in_any_case_and_spacing(text: str, copied: bool) -> None:
    assert repeats(text, ["x" * (COPIED_RUN - 1), *SAID]) is copied


def test_no_long_run_is_written(engine: Engine) -> None:
    options = GenerationOptions(n=6, temperature=0.1, max_chars=60, prompt="the", seed=1)
    heard = ["the zorblax is late again, and so is everybody"] * 50
    copies = engine.listening(heard).generate(options)
    assert any(repeats(text, heard) for text in copies)
    texts = generate_texts([engine], options, heard=heard)
    assert len(texts) == options.n
    assert not any(repeats(text[len("the") :], heard) for text in texts)
