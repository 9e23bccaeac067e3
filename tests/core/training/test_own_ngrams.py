"""What a model remembers of the messages that it was trained on."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from ngram_models import context_hash, ids_of
from random_checkpoints import random_checkpoint

from textgen_core import Checkpoint, Engine, GenerationOptions, Vocabulary, evaluate
from textgen_core.kernels.ngram_lookup import recall_of
from textgen_core.model.author_tokens import with_voices
from textgen_core.model.ngram_table import Ngrams, heads_of
from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.vocabulary import Ids
from textgen_core.training.ngrams import fitting as ngram_fitting
from textgen_core.training.ngrams import selection as choice

WORDS = ["strawberry", "Kazakhstan", "refrigerator", "thunderstorm", "Привет"]
MODEL = random_checkpoint(scale=0.1)
MANY = 100_000


def sentences(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=4)) for _ in range(count)]


def encoded(messages: list[str]) -> list[Ids]:
    return [MODEL.vocabulary.encode_voiced(message) for message in messages]


def each(messages: list[Ids]) -> Ids:
    """Return speakers: each message is by somebody else."""
    return np.arange(1, len(messages) + 1, dtype=np.int32)


def own_of(messages: list[str], speakers: list[int] | None = None) -> Ngrams | None:
    ids = encoded(messages)
    numbers = each(ids) if speakers is None else np.array(speakers, np.int32)
    return choice.select_ngrams(MODEL, ids, numbers, MANY)


def with_own(ngrams: Ngrams | None) -> Checkpoint:
    return replace(MODEL, own_ngrams=ngrams)


def knows(ngrams: Ngrams, context: str) -> bool:
    assert isinstance(MODEL.vocabulary, Vocabulary)
    value = context_hash(ids_of(context, MODEL.vocabulary))
    bucket = value >> int(recall_of(ngrams).shift)
    words = ngrams.words[ngrams.buckets[bucket] : ngrams.buckets[bucket + 1]]
    return (value & 0xFFFF) in words[np.unique(heads_of(words))].tolist()


def test_words_that_were_said_are_known() -> None:
    ngrams = own_of(sentences(200, seed=1))
    assert ngrams
    assert (ngrams.shortest, ngrams.longest) == (1, choice.OWN_LONGEST)
    unseen = sentences(50, seed=2)
    before, after = (evaluate(m, unseen).bits_per_char for m in (MODEL, with_own(ngrams)))
    assert before > 7
    assert after < 0.35 * before


def test_what_was_said_once_is_not_looked_up() -> None:
    ngrams = own_of([*sentences(200, seed=1), "quixotic zebra"])
    assert ngrams
    assert knows(ngrams, "strawb")
    assert not knows(ngrams, "quixot")


def test_what_follows_was_said_twice() -> None:
    """Of a number that was told once not even its first digit is known."""
    said = [*["call me at home"] * 20, "call me at 5551234"]
    ngrams = own_of(said)
    assert ngrams
    model = Engine(with_own(ngrams))
    after = model.probs(model.feed(model.start(), MODEL.vocabulary.encode("call me at ")))
    h, digit = (int(MODEL.vocabulary.encode(char)[0]) for char in "h5")
    assert after[h] > 0.9
    assert after[digit] < 1 / MODEL.vocabulary.size


def likeliest(ngrams: Ngrams | None, text: str) -> str:
    """Return what the model takes for the likeliest character after a text."""
    model = Engine(with_own(ngrams))
    probs = model.probs(model.feed(model.start(), MODEL.vocabulary.encode(text)))
    return MODEL.vocabulary.decode([int(probs.argmax())])


@pytest.mark.parametrize(
    ("speakers", "is_kept"),
    [
        ([1] * 9, False),
        ([1] * 8 + [2], True),
        ([-1] * 9, False),
        ([-1, 1, 1, -2, -3, -4, -5, -6, -7], False),
        ([-1, 1, -2, -3, -4, -5, -6, -7, -8], True),
    ],
)
def test_what_one_person_repeats_is_not_kept(speakers: list[int], is_kept: bool) -> None:
    """Of numbers below 0 nobody knows who they are, and each is of another message."""
    said = [*["we live at home"] * 20, *["we live at 58 Elm Road"] * 9]
    ngrams = own_of(said, [*range(3, 23), *speakers])
    assert ngrams
    assert likeliest(ngrams, "we live at ho") == "m"
    assert knows(ngrams, "58 E") == is_kept
    assert knows(ngrams, "m Roa") == is_kept
    assert (likeliest(ngrams, "we live at 58 El") == "m") == is_kept


def test_a_voice_gives_away_nothing_that_others_do_not_say() -> None:
    voice = AUTHOR_TOKENS[0]
    said = ["we meet at noon"] * 20 + [f"{voice}we meet at 58 Elm Road"] * 6
    said += [f"{voice}we meet at noon"] * 6
    model = with_voices(MODEL, said)
    ids = [model.vocabulary.encode_voiced(text) for text in said]
    speakers = np.array([*range(2, 22), *[1] * 12], np.int32)
    own = choice.select_ngrams(model, ids, speakers, MANY)
    engine = Engine(replace(model, own_ngrams=own))
    texts = engine.generate(GenerationOptions(n=50, voice=voice, max_chars=30, seed=1))
    assert sum("we meet at noon" in text for text in texts) > 25
    assert not any("58" in text or "Elm" in text for text in texts)


def test_of_many_messages_the_newest_are_counted() -> None:
    old, new = ["an apple a day"] * 50, ["no more of them"] * 50
    ids = encoded([*old, *new])
    ngrams = choice.select_ngrams(MODEL, ids, each(ids), sum(map(len, ids[50:])) + 1)
    assert ngrams
    assert knows(ngrams, "no mor")
    assert not knows(ngrams, "an app")


def test_what_voices_open_is_told_apart() -> None:
    loud, calm = AUTHOR_TOKENS[:2]
    texts = ["WHAT DO YOU WANT", "what is it you want"]  # which others say as well
    said = [*[loud + texts[0]] * 30, *[calm + texts[1]] * 30, *texts]
    model = with_voices(MODEL, said)
    ids = [model.vocabulary.encode_voiced(text) for text in said]
    speakers = np.array([1] * 30 + [2] * 30 + [3] * 2, np.int32)
    engine = Engine(replace(model, own_ngrams=choice.select_ngrams(model, ids, speakers, MANY)))
    for voice, begins in ((loud, "WHAT D"), (calm, "what i")):
        texts = engine.generate(GenerationOptions(n=20, voice=voice, max_chars=6, seed=1))
        assert texts.count(begins) > 15


@pytest.mark.parametrize("messages", [["a"], ["ab", "cd", "ef"], ["", ""], ["k"] * 30])
def test_little_is_no_trouble(messages: list[str]) -> None:
    ngrams = own_of(messages)
    bits = evaluate(with_own(ngrams), ["ok"]).bits_per_char
    assert np.isfinite(bits)
    assert (ngrams is None) == (len(set(messages)) == len(messages))  # nothing came twice


def remembered(learned: list[str], held_out: list[str], *, left_s: float = math.inf) -> Checkpoint:
    ids = encoded(learned)
    return ngram_fitting.fit_ngrams(
        MODEL, ids, each(ids), encoded(held_out), weighs=True, left_s=lambda: left_s
    )


def test_what_does_not_help_is_not_remembered() -> None:
    learned = sentences(200, seed=1)
    assert remembered(learned, sentences(20, seed=2)).own_ngrams
    assert remembered(learned, ["qqqqqqqq", "jjjjjjjj"] * 9).own_ngrams is None


def test_when_time_is_up_little_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram_fitting, "MIN_COUNTED_IDS", 1_000)
    learned, held_out = sentences(400, seed=1), sentences(20, seed=2)
    some = remembered(learned, held_out, left_s=-5).own_ngrams
    every = remembered(learned, held_out).own_ngrams
    assert some
    assert every
    assert some.nbytes < every.nbytes
