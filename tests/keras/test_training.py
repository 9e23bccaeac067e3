"""Training learns, keeps to its budget, stops when asked and goes on where it was."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ngram_models import with_ngrams
from random_checkpoints import random_checkpoint

from textgen_core import (
    Checkpoint,
    Engine,
    GenerationOptions,
    ModelConfig,
    evaluate,
    load_checkpoint,
    save_checkpoint,
)
from textgen_core.errors import CorpusError, FilterKeyError
from textgen_core.model.filter_key import opened
from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.vocabulary import Vocabulary
from textgen_core.training.events import Done, EpochEnded, Progress, Started, Stopped, TrainingEvent
from textgen_core.training.options import FilterKeeping, TrainingOptions
from textgen_core.training.recipe import held_out_of
from textgen_core.training.run import train
from textgen_core.training.state import part_path

CONFIG = ModelConfig(rnn_layers=1, rnn_size=8, dim_embeddings=8)
MESSAGES = [f"message {i % 7} of the day" for i in range(120)]
EACH = [str(i) for i in range(len(MESSAGES))]  # somebody else said each of them


def _train(output: Path, stop_after: int | None = None, **options: object) -> list[TrainingEvent]:
    seen: list[TrainingEvent] = []
    steps = iter(range(10_000))
    train(
        MESSAGES,
        output,
        config=CONFIG,
        options=TrainingOptions(learning_rate=0.02, batch_targets=256, **options),  # type: ignore[arg-type]
        report=seen.append,
        should_stop=lambda: stop_after is not None and next(steps) >= stop_after,
    )
    return seen


def test_a_run_learns_and_its_figures_are_those_of_evaluate(tmp_path: Path) -> None:
    output = tmp_path / "m.safetensors"
    started, *_, done = _train(output, epochs=12)
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert (started.train_messages, started.val_messages) == (108, 12)
    assert done.bits_per_char_after < 0.6 * done.bits_per_char_before
    measured = evaluate(load_checkpoint(output), MESSAGES[-12:])
    assert measured.bits_per_char == pytest.approx(done.bits_per_char_after, abs=1e-3)
    assert not part_path(output).exists()


def test_a_model_of_pieces_learns_and_is_fine_tuned(tmp_path: Path) -> None:
    """Its figures are bits a character as any other's, those on the way as well."""
    pieces = Vocabulary(
        (), ((" ", -3.0), ("message", -1.0), (" of", -1.0), (" the", -1.0), (" day", -1.0))
    )
    events: list[TrainingEvent] = []
    train(
        MESSAGES,
        tmp_path / "m.safetensors",
        config=CONFIG,
        vocabulary=pieces,
        options=TrainingOptions(learning_rate=0.02, batch_targets=256, epochs=12),
        report=events.append,
    )
    done, (*_, ended) = events[-1], [e for e in events if isinstance(e, EpochEnded)]
    assert isinstance(done, Done)
    learned = load_checkpoint(tmp_path / "m.safetensors")
    assert learned.vocabulary == pieces
    measured = evaluate(learned, MESSAGES[-12:])
    assert measured.bits_per_char == pytest.approx(done.bits_per_char_after, abs=1e-3)
    assert ended.train_bits_per_char == pytest.approx(done.bits_per_char_after, rel=0.2)
    further = _fine_tuned(tmp_path / "further.safetensors", learned)
    assert further.bits_per_char_after < done.bits_per_char_after
    assert load_checkpoint(tmp_path / "further.safetensors").own_ngrams


def _fine_tuned(output: Path, base: Checkpoint, **options: object) -> Done:
    said: list[TrainingEvent] = []
    chosen = TrainingOptions(learning_rate=0.02, batch_targets=256, epochs=4, **options)  # type: ignore[arg-type]
    train(MESSAGES, output, base=base, speakers=EACH, options=chosen, report=said.append)
    assert isinstance(said[-1], Done)
    return said[-1]


def test_ngrams_stay_and_are_part_of_the_figures(tmp_path: Path) -> None:
    output = tmp_path / "m.safetensors"
    base = with_ngrams({"messag": {"e": 1.0}, "the da": {"y": 1.0}})
    done = _fine_tuned(output, base)
    model, held_out = load_checkpoint(output), MESSAGES[-12:]
    before, after = evaluate(base, held_out), evaluate(model, held_out)
    assert done.bits_per_char_before == pytest.approx(before.bits_per_char, abs=1e-3)
    assert done.bits_per_char_after == pytest.approx(after.bits_per_char, abs=1e-3)
    assert base.ngrams
    assert model.ngrams
    assert model.ngrams.words.tobytes() == base.ngrams.words.tobytes()
    assert model.own_ngrams
    for one in (replace(model, ngrams=None), replace(model, own_ngrams=None)):
        assert after.bits_per_char < evaluate(one, held_out).bits_per_char


def test_what_was_learned_before_is_remembered_beside_what_is_new(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    _fine_tuned(first, random_checkpoint())
    options = TrainingOptions(learning_rate=1e-5, batch_targets=256, epochs=1)
    said = [f"{text}, xylophone" for text in MESSAGES]
    seen: list[TrainingEvent] = []
    base = load_checkpoint(first)
    train(said, second, base=base, speakers=EACH, options=options, report=seen.append)
    before, after = (load_checkpoint(path) for path in (first, second))
    old, new = MESSAGES[-12:], said[-12:]
    assert isinstance(done := seen[-1], Done)
    assert done.bits_per_char_before == pytest.approx(evaluate(before, new).bits_per_char, abs=1e-3)
    assert done.bits_per_char_after == pytest.approx(evaluate(after, new).bits_per_char, abs=1e-3)
    assert done.bits_per_char_after < done.bits_per_char_before - 1
    forgetful = replace(after, own_ngrams=None)
    known = [evaluate(model, old).bits_per_char for model in (before, after, forgetful)]
    assert known[1] < known[0] + 0.5 < known[2]


def test_what_nobody_said_is_not_remembered(tmp_path: Path) -> None:
    """A base model has no n-grams of its own; where nothing is held out all have one trust."""
    output = tmp_path / "m.safetensors"
    _fine_tuned(output, random_checkpoint(), held_out=0)
    model = load_checkpoint(output)
    assert model.own_ngrams
    assert model.own_ngrams.trust == 0.75
    _fine_tuned(output, model, pretrain=True)
    assert load_checkpoint(output).own_ngrams is None
    _train(output, epochs=1)
    assert load_checkpoint(output).own_ngrams is None


def test_of_one_person_and_of_older_ngrams_nothing_is_remembered(
    tmp_path: Path,
) -> None:
    output = tmp_path / "m.safetensors"
    options = TrainingOptions(learning_rate=0.02, batch_targets=256, epochs=2)
    old = with_ngrams(
        {"the da": {"y": 1.0}}, own={"messag": {"e": 1.0}}
    )  # its manifest does not say of how many
    for speakers in (None, ["me"] * len(MESSAGES)):
        train(MESSAGES, output, base=old, speakers=speakers, options=options)
        assert load_checkpoint(output).own_ngrams is None
    with pytest.raises(ValueError, match="one speaker a message"):
        train(MESSAGES, output, base=old, speakers=["me"], options=options)


def test_figures_are_of_messages_without_their_voices(tmp_path: Path) -> None:
    """Every second message is marked; those held out are scored as if none were."""
    said = [f"{text}, and a little more" for text in MESSAGES]
    marked = [AUTHOR_TOKENS[2] + text if number % 2 else text for number, text in enumerate(said)]
    output = tmp_path / "m.safetensors"
    seen: list[TrainingEvent] = []
    save_checkpoint(random_checkpoint(units=8), tmp_path / "base")
    base = load_checkpoint(tmp_path / "base")
    options = TrainingOptions(learning_rate=0.02, batch_targets=256, epochs=6)
    train(marked, output, base=base, options=options, report=seen.append)
    started, *_, done = seen
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert started.chars == sum(len(text) + 1 for text in said)
    model = load_checkpoint(output)
    assert isinstance(model.vocabulary, Vocabulary)
    assert model.vocabulary.voice_id(AUTHOR_TOKENS[2]) is not None
    for checkpoint, bits in ((base, done.bits_per_char_before), (model, done.bits_per_char_after)):
        plain = evaluate(checkpoint, said[-12:]).bits_per_char
        assert plain == pytest.approx(bits, abs=2e-3)
    # What keeps from copying knows the messages, and nothing of marks.
    known = opened(model.seen)
    assert known is not None
    assert known.knows(said[0]).all()
    assert not known.knows(AUTHOR_TOKENS[2] + said[0])[0]


@pytest.mark.parametrize(
    ("messages", "held_out"), [(10, 1), (19, 1), (50_953, 5095), (717_260, 10_000)]
)
def test_a_tenth_is_held_out_but_no_more_than_it_takes(messages: int, held_out: int) -> None:
    assert held_out_of(messages, 0.1) == held_out
    assert held_out_of(messages, 0) == 0


def test_without_a_held_out_part_all_is_trained_on_and_the_last_weights_are_kept(
    tmp_path: Path,
) -> None:
    started, *_, done = _train(tmp_path / "m", epochs=2, held_out=0)
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert (started.train_messages, started.val_messages) == (120, 120)
    assert done.bits_per_char_after < done.bits_per_char_before


def test_each_epoch_shows_the_model_of_that_moment(tmp_path: Path) -> None:
    seen: list[tuple[int, float]] = []
    train(
        MESSAGES,
        tmp_path / "m",
        config=CONFIG,
        options=TrainingOptions(epochs=3, learning_rate=0.02, batch_targets=256),
        at_epoch=lambda epoch, model: seen.append((epoch, evaluate(model, MESSAGES).bits_per_char)),
    )
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert seen[0][1] > seen[1][1] > seen[2][1]


def test_a_fine_tuned_model_knows_what_it_was_trained_on(tmp_path: Path) -> None:
    _train(tmp_path / "base", epochs=1)
    base = load_checkpoint(tmp_path / "base")
    assert base.seen is None
    messages = [f"the words of number {i} are said to nobody but to me" for i in range(40)]
    options = TrainingOptions(epochs=1)
    train(messages, tmp_path / "tuned", base=base, options=options)
    tuned = load_checkpoint(tmp_path / "tuned")
    assert tuned.seen is not None
    assert tuned.seen.seal is not None
    assert not tuned.seen.knows(messages[7][:24]).any()  # of the file alone nothing can be asked
    seen = opened(tuned.seen)
    assert seen is not None
    assert seen.knows(messages[7][:24]).all()
    assert not seen.knows("something else altogether, and longer").any()
    taste = load_checkpoint(tmp_path / "tuned").taste
    assert taste is not None
    assert taste.wording.knows(("the", "words", "of"))
    assert not taste.wording.knows(("of", "words"))
    later = [text.replace("words", "tales") for text in messages]
    train(later, tmp_path / "later", base=tuned, options=options)
    seen = opened(load_checkpoint(tmp_path / "later").seen)
    assert seen is not None
    assert seen.knows(messages[7]).all()
    assert seen.knows(later[7]).all()


def test_without_a_place_for_the_key_no_time_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    events: list[TrainingEvent] = []
    with pytest.raises(FilterKeyError, match="cannot be read or made: Not a directory"):
        train(MESSAGES, tmp_path / "m", base=random_checkpoint(), report=events.append)
    assert events == []


def test_a_filter_that_the_caller_seals_is_open_and_has_room(tmp_path: Path) -> None:
    _train(tmp_path / "base", epochs=1)
    base = load_checkpoint(tmp_path / "base")
    messages = [f"the words of number {i} are said to nobody but to me" for i in range(40)]
    for keeping in (FilterKeeping.OPEN, FilterKeeping.NONE):
        options = TrainingOptions(epochs=1, filter=keeping)
        train(messages, tmp_path / keeping, base=base, options=options)
    seen = load_checkpoint(tmp_path / FilterKeeping.OPEN).seen
    assert seen is not None
    assert seen.knows(messages[7]).all()
    assert np.bitwise_count(seen.bits).sum() <= seen.bits.size  # one bit of eight
    assert load_checkpoint(tmp_path / FilterKeeping.NONE).seen is None


def test_a_model_to_start_from_remembers_no_text(tmp_path: Path) -> None:
    _train(tmp_path / "base", epochs=1)
    base = load_checkpoint(tmp_path / "base")
    train(MESSAGES, tmp_path / "next", base=base, options=TrainingOptions(epochs=1, pretrain=True))
    assert load_checkpoint(tmp_path / "next").seen is None
    assert load_checkpoint(tmp_path / "next").taste is None


def test_a_script_that_the_base_lacks_is_spelled(tmp_path: Path) -> None:
    _train(tmp_path / "base", epochs=1)
    base = load_checkpoint(tmp_path / "base")
    messages = [f"слова номер {i} и ещё немного" for i in range(40)]
    train(messages, tmp_path / "next", base=base, options=TrainingOptions(epochs=1))
    after = load_checkpoint(tmp_path / "next")
    assert after.vocabulary == base.vocabulary
    assert evaluate(after, messages).skipped_chars == 0


def test_a_line_can_be_learnt_by_heart(tmp_path: Path) -> None:
    train(
        ["the same words every time"] * 40,
        tmp_path / "m",
        config=ModelConfig(rnn_layers=1, rnn_size=24, dim_embeddings=8),
        options=TrainingOptions(epochs=60, learning_rate=0.03, batch_targets=512, patience=1),
    )
    engine = Engine(load_checkpoint(tmp_path / "m"))
    assert engine.generate(GenerationOptions(top_k=1, prompt="the")) == [
        "the same words every time"
    ]


def test_a_stopped_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    _train(whole, epochs=4)
    events = _train(halted, stop_after=17, epochs=4)
    assert isinstance(events[-1], Stopped)
    assert not halted.exists()
    assert part_path(halted).exists()
    resumed, *_ = _train(halted, epochs=4)
    assert isinstance(resumed, Started)
    assert resumed.resumed
    a, b = load_checkpoint(whole).weights, load_checkpoint(halted).weights
    assert all(np.allclose(a[name], b[name], atol=1e-5) for name in a)


@pytest.mark.parametrize("damage", ["other options", "cut short"])
def test_a_state_file_that_does_not_fit_is_passed_over(tmp_path: Path, damage: str) -> None:
    output = tmp_path / "m"
    _train(output, stop_after=5, epochs=2)
    if damage == "cut short":
        part_path(output).write_bytes(part_path(output).read_bytes()[:500])
    started, *_, done = _train(output, epochs=3 if damage == "other options" else 2)
    assert isinstance(started, Started)
    assert not started.resumed
    assert isinstance(done, Done)


def test_a_budget_ends_the_run(tmp_path: Path) -> None:
    *_, done = _train(tmp_path / "m", budget_s=1.5, patience=1)
    assert isinstance(done, Done)
    assert done.reason == "budget"
    assert 1.5 <= done.train_s < 6


@pytest.mark.parametrize(
    ("every_s", "more", "stop_after", "expected"),
    [
        (0.0, {"epochs": 2}, None, [*range(1, 19)]),
        (math.inf, {"epochs": 2}, None, [18]),
        (math.inf, {"epochs": 1.5}, None, [14]),
        (math.inf, {"epochs": 2, "budget_s": 1e-9}, None, [1]),
        (math.inf, {"epochs": 2}, 7, [7]),
        (math.inf, {"epochs": 2}, 0, []),
    ],
)
def test_progress_is_reported_now_and_then_and_at_the_last_step(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    every_s: float,
    more: dict[str, float],
    stop_after: int | None,
    expected: list[int],
) -> None:
    """However fast a training is, it reports."""
    monkeypatch.setattr("textgen_core.training.pace.REPORT_EVERY_S", every_s)
    events = _train(tmp_path / "m", stop_after, **more)
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.step for event in progress] == expected
    for event in progress:
        assert event.epoch == pytest.approx(event.step / 9)
        assert 0 < event.train_bits_per_char < 10
        assert event.targets_per_s > 0
        assert event.elapsed_s > 0


def test_too_few_messages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="at least 2 messages, got 1"):
        train(["a"], tmp_path / "m")
