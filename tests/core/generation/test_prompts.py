"""A prompt goes on after its last word, unless it ends inside one."""

from dataclasses import replace

import pytest
from random_checkpoints import random_checkpoint
from taste_models import tasting_checkpoint

from textgen_core import Checkpoint, Engine, GenerationOptions
from textgen_core.generation.drafting import chosen_texts
from textgen_core.generation.prompts import ends_word, joins, texts_after
from textgen_core.text.vocabulary import BOUNDARY_ID, FIRST_ASCII_ID

OPTIONS = GenerationOptions(prompt="hello", n=20, seed=5, temperature=1.0, max_chars=20)


def _likes(**biases: float) -> Checkpoint:
    """Return a model that writes letters, spaces and ends with these logits, whatever stood."""
    likely = {FIRST_ASCII_ID + ord(char): biases["letters"] for char in "abc"}
    likely |= {FIRST_ASCII_ID + ord(" "): biases["spaces"], BOUNDARY_ID: 4.0}
    return random_checkpoint(scale=0, bias=likely)


@pytest.mark.parametrize(
    ("letters", "spaces", "prompt", "whole"),
    [
        (8.0, 11.0, "hello", True),
        (11.0, 8.0, "hello", False),
        (8.0, 11.0, "hello ", False),
        (8.0, 11.0, "hello!", False),
        (8.0, 11.0, "", False),
    ],
)
def test_a_word_is_whole_where_no_letter_is_likely(
    letters: float, spaces: float, prompt: str, whole: bool
) -> None:
    engine = Engine(_likes(letters=letters, spaces=spaces))
    assert ends_word(engine, replace(OPTIONS, prompt=prompt)) is whole


def test_no_text_makes_a_whole_word_longer() -> None:
    engine = Engine(_likes(letters=9.0, spaces=11.0))
    assert any(joins("hello", text) for text in engine.generate(OPTIONS))
    texts = texts_after(engine, OPTIONS)
    assert len(texts) == 20
    assert all(text.startswith("hello") for text in texts)
    assert not any(joins("hello", text) for text in texts)
    assert texts_after(engine, OPTIONS) == texts
    assert texts_after(engine, replace(OPTIONS, n=3)) == texts[:3]


def test_a_word_that_is_not_whole_goes_on() -> None:
    engine = Engine(_likes(letters=11.0, spaces=8.0))
    assert texts_after(engine, OPTIONS) == engine.generate(OPTIONS)


def test_drafts_make_no_whole_word_longer_either() -> None:
    checkpoint = _likes(letters=9.0, spaces=11.0)
    engine = Engine(replace(checkpoint, taste=tasting_checkpoint().taste))
    assert not any(joins("hello", text) for text in chosen_texts(engine, replace(OPTIONS, n=2)))
