"""Models of windows are trained as such, or made causal; both go by the same run."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from legacy_models import WORDS, LegacyModel

from textgen_core import Engine, GenerationOptions, evaluate, load_checkpoint, save_checkpoint
from textgen_core.cli.main import main
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.conversion import to_causal
from textgen_core.training.batching import encode_corpus
from textgen_core.training.events import Done, Started, Stopped, TrainingEvent
from textgen_core.training.options import TrainingOptions
from textgen_core.training.run import train
from textgen_core.training.setup import make_learner

MODELS = [
    LegacyModel(units=8, deviation=0.2),
    LegacyModel("0.1", layers=1, deviation=0.2),
    LegacyModel(bidirectional=True, layers=2, deviation=0.2),
    LegacyModel(tokens=WORDS, layers=1, deviation=0.2),
]
MESSAGES = ["The tea\nate oat", "eat a toe", "eat ☃ tea", "To", "tattoo"] * 8
SENTENCES = ["The cat's dog.", "the dog, the cat", "cat"] * 12


def run(base: Checkpoint, output: Path, stop_after: int = 10_000) -> list[TrainingEvent]:
    seen: list[TrainingEvent] = []
    steps = iter(range(10_001))
    words = base.vocabulary.to_json()
    train(
        SENTENCES if isinstance(words, dict) and words["words"] else MESSAGES,
        output,
        base=base,
        options=TrainingOptions(epochs=2, learning_rate=0.02, batch_targets=16),
        report=seen.append,
        should_stop=lambda: next(steps) >= stop_after,
    )
    return seen


@pytest.mark.parametrize("model", MODELS)
def test_the_model_in_training_is_the_engines(model: LegacyModel, tmp_path: Path) -> None:
    imported = import_legacy(model.write(tmp_path))
    vocabulary, engine = imported.vocabulary, Engine(imported)
    learner = make_learner(imported.config, vocabulary.size, 32, 1e-3)
    learner.assign(imported.weights)
    corpus = encode_corpus(["tea", "eat the cat's ☃ toe. " * 4], vocabulary).slice(1, 2)
    ids = vocabulary.encode_message("eat the cat's ☃ toe. " * 4).tolist()
    places = np.concatenate(learner.plan(corpus)) - corpus.starts[0]
    assert places.tolist() == [p for p in range(1, len(ids)) if ids[p]]
    state, expected = engine.start(), {}
    for place in range(1, len(ids)):
        expected[place] = -math.log(engine.probs(state)[ids[place]])
        state = engine.feed(state, [ids[place]])
    for rows in learner.plan(corpus):
        mean = float(np.mean([expected[p] for p in (rows - corpus.starts[0]).tolist()]))
        assert learner.score(learner.load(corpus, rows)) == pytest.approx(mean, abs=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_a_run_learns_and_keeps_the_window(model: LegacyModel, tmp_path: Path) -> None:
    base = import_legacy(model.write(tmp_path))
    started, *_, done = run(base, tmp_path / "m")
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert done.bits_per_char_after < 0.9 * done.bits_per_char_before
    trained = load_checkpoint(tmp_path / "m")
    assert (trained.config, trained.vocabulary) == (base.config, base.vocabulary)
    held_out = (SENTENCES if model.tokens == WORDS else MESSAGES)[-started.val_messages :]
    measured = evaluate(trained, held_out).bits_per_char
    assert measured == pytest.approx(done.bits_per_char_after, abs=1e-4)


def test_a_stopped_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    base = import_legacy(MODELS[0].write(tmp_path))
    run(base, tmp_path / "whole")
    assert isinstance(run(base, tmp_path / "halted", stop_after=5)[-1], Stopped)
    started, *_ = run(base, tmp_path / "halted")
    assert isinstance(started, Started)
    assert started.resumed
    whole, halted = (load_checkpoint(tmp_path / name).weights for name in ("whole", "halted"))
    assert all(np.allclose(whole[name], halted[name], atol=1e-5) for name in whole)


@pytest.mark.parametrize("model", MODELS[:2])
def test_a_converted_model_writes_any_text_and_learns(model: LegacyModel, tmp_path: Path) -> None:
    imported = import_legacy(model.write(tmp_path))
    causal = to_causal(imported)
    assert causal.config.window is None
    assert causal.vocabulary.measure("Ünknown ☃") == (10, 0)
    assert causal.vocabulary.frequent == ("é", "😀")  # type: ignore[attr-defined]
    *_, done = run(causal, tmp_path / "m")
    assert isinstance(done, Done)
    assert done.bits_per_char_after < 0.9 * done.bits_per_char_before
    options = GenerationOptions(prompt="☃", seed=1)
    assert Engine(load_checkpoint(tmp_path / "m")).generate(options)[0].startswith("☃")


def test_a_converted_models_rows_are_those_of_its_characters(tmp_path: Path) -> None:
    imported = import_legacy(MODELS[0].write(tmp_path))
    causal = to_causal(imported)
    for token in ("e", "é", "😀", "\n"):
        (old,), (new,) = (
            imported.vocabulary.encode_message(token)[1:-1],
            (causal.vocabulary.encode_message(token)[1:-1]),
        )
        np.testing.assert_array_equal(
            causal.weights["embedding"][new], imported.weights["embedding"][old]
        )
        np.testing.assert_array_equal(
            2 * causal.weights["output/kernel"][:, new], imported.weights["output/kernel"][:, old]
        )
    (unknown,) = causal.vocabulary.encode_message("Q")[1:-1]
    bias = causal.weights["output/bias"]
    assert bias[unknown] == imported.weights["output/bias"].min()
    assert np.isfinite(causal.weights["embedding"]).all()


def test_the_command_trains_either_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, text = tmp_path / "base.safetensors", tmp_path / "text.txt"
    save_checkpoint(import_legacy(MODELS[0].write(tmp_path)), base)
    text.write_text("\n".join(["eat a tea", "To eat"] * 20), encoding="utf-8")
    arguments = ["train", str(text), "--base", str(base), "--epochs", "1", "--json"]
    assert main([*arguments, "-o", str(tmp_path / "windows")]) == 0
    assert main([*arguments, "-o", str(tmp_path / "causal"), "--convert", "stream"]) == 0
    assert load_checkpoint(tmp_path / "windows").config.window is not None
    assert load_checkpoint(tmp_path / "causal").config.window is None


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (MODELS[2], "reads in both directions cannot be made causal"),
        (MODELS[3], "a model of words cannot be made one of characters"),
        (None, "is a causal one already"),
    ],
)
def test_what_cannot_be_converted_is_refused(
    model: LegacyModel | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported = import_legacy((model or MODELS[0]).write(tmp_path))
    save_checkpoint(imported if model else to_causal(imported), tmp_path / "m")
    (tmp_path / "a.txt").write_text("a\n" * 20)
    arguments = ["train", str(tmp_path / "a.txt"), "-o", str(tmp_path / "o")]
    assert main([*arguments, "--base", str(tmp_path / "m"), "--convert", "stream"]) == 2
    assert sentence in capsys.readouterr().err
