"""Models that take turns at each word of a text."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from legacy_models import WORDS, LegacyModel
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions, SeenFilter
from textgen_core.generation.ensemble import mixed_texts
from textgen_core.legacy.weights import import_legacy
from textgen_core.text.vocabulary import BOUNDARY_ID

LETTERS = 2  # the id of NUL
ENDLESS = {BOUNDARY_ID: -60.0}


def only(char: str, *, seen: SeenFilter | None = None) -> Engine:
    """Return a model that writes one letter and spaces, and never ends a text."""
    bias = {LETTERS + ord(char): 60.0, LETTERS + ord(" "): 59.0, **ENDLESS}
    return Engine(replace(random_checkpoint(scale=0.01, bias=bias), seen=seen))


def options(**changes: object) -> GenerationOptions:
    return GenerationOptions(**{"temperature": 1.0, "seed": 1, **changes})  # type: ignore[arg-type]


def test_each_word_is_of_one_model_and_all_have_their_turn() -> None:
    same = options(n=3, max_chars=100, prompt="Well, ")
    texts = mixed_texts([(only("a"), same), (only("b"), same), (only("c"), same)])
    for text in texts:
        assert text.startswith("Well, ")
        assert len(text) == 106
        words = text[6:].split(" ")
        assert all(len(set(word)) <= 1 for word in words)
        assert set(text[6:]) == set("abc ")
    assert len(set(texts)) == 3


def test_the_same_seed_gives_the_same_texts_whatever_their_number() -> None:
    engines = [Engine(random_checkpoint(seed=seed)) for seed in (1, 2)]

    def texts(**changes: object) -> list[str]:
        return mixed_texts([(engine, options(max_chars=60, **changes)) for engine in engines])

    assert texts(n=4) == texts(n=4)
    assert texts(n=4)[:2] == texts(n=2)
    assert texts(n=4) != texts(n=4, seed=2)
    assert texts(n=2, seed=None) != texts(n=2, seed=None)


def test_one_model_alone_reads_what_it_has_written() -> None:
    """Without a choice a mix of one is what the model writes by itself."""
    engine = Engine(random_checkpoint(seed=3, bias=ENDLESS))
    coldly = options(temperature=1e-20, max_chars=80, prompt="the ")
    assert mixed_texts([(engine, coldly)]) == engine.generate(coldly)


def test_a_text_ends_where_a_model_ends_it() -> None:
    quick = Engine(random_checkpoint(scale=0.01, bias={BOUNDARY_ID: 60.0}))
    same = options(max_chars=100, n=5, prompt="Oh")
    texts = mixed_texts([(only("a"), same), (quick, same)])
    assert all(len(set(text[2:].rstrip())) <= 1 for text in texts)
    assert "Oh" in texts  # where the quick one came first


@pytest.mark.parametrize("bidirectional", [False, True])
def test_models_of_windows_and_of_words_take_part(tmp_path: Path, bidirectional: bool) -> None:
    models = {
        "windows": LegacyModel(bidirectional=bidirectional),
        "words": LegacyModel(tokens=WORDS),
    }
    for name in models:
        (tmp_path / name).mkdir()
    same = options(max_chars=50, n=3, prompt="the ")
    engines = [Engine(import_legacy(made.write(tmp_path / name))) for name, made in models.items()]
    for text in mixed_texts([(engine, same) for engine in (*engines, only("a"))]):
        assert text.startswith("the ")
        assert len(text) <= 54


def test_no_run_of_any_models_training_is_put_together() -> None:
    """Each word of "aaaa bbbb aaaa bbbb" may come from the model that never saw it."""
    said = ["a " * 200, "ab " * 200, "a b " * 200, "b a " * 200]
    seen = SeenFilter.from_texts(said, run_chars=8)
    other = SeenFilter.from_texts(["zzzzzzzzzzzzzzzzzzzz"], run_chars=8)
    knowing, unknowing = only("a", seen=seen), only("b", seen=other)
    coldly = options(max_chars=200, n=4, temperature=1.0)
    free = mixed_texts([(knowing, coldly), (unknowing, coldly)])
    assert any(seen.knows(text).any() for text in free)
    held = options(max_chars=200, n=4, temperature=1.0, novel_run=8)
    texts = mixed_texts([(knowing, held), (unknowing, held)])
    assert not any(seen.knows(text).any() or other.knows(text).any() for text in texts)
    assert all(len(text) > 8 for text in texts)


def test_models_that_may_say_nothing_come_to_an_end() -> None:
    everything = ["".join(chars) for chars in product("a ", repeat=8)]
    seen = SeenFilter.from_texts(everything, run_chars=8)
    engine = only("a", seen=seen)
    never = options(max_chars=1000, novel_run=8, allowed_chars="a ")
    (text,) = mixed_texts([(engine, never), (engine, never)])
    assert len(text) < 8
