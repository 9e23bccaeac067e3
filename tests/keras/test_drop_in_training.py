"""The drop-in class trains as textgenrnn's calls say."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from legacy_models import LETTERS, LegacyModel

from textgen_core import evaluate, textgenrnn
from textgen_core.errors import TextgenWarning, TrainingError
from textgen_core.training.events import Done, EpochEnded, Started, TrainingEvent

TEXTS = [f"message {i % 7} of the day" for i in range(60)]
SMALL = {"rnn_layers": 1, "rnn_size": 8, "dim_embeddings": 8, "learning_rate": 0.02}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def bits(model: textgenrnn, texts: list[str] = TEXTS) -> float:
    return evaluate(model.checkpoint, texts).bits_per_char


def new(texts: list[str] = TEXTS, **options: object) -> textgenrnn:
    model = textgenrnn(name="mine")
    given = {**SMALL, "num_epochs": 2, "verbose": 0, **options}
    model.train_new_model(texts, **given)  # type: ignore[arg-type]
    return model


def test_a_new_model_prints_and_writes_what_textgenrnn_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = new(num_epochs=3, verbose=1, gen_epochs=2, save_epochs=1, max_gen_length=30)
    out = capsys.readouterr().out
    lines = out.splitlines()
    count = sum(len(text) + 1 for text in TEXTS)
    assert lines[:2] == [
        "Training new model w/ 1-layer, 8-cell LSTMs",
        f"Training on {count:,} character sequences.",
    ]
    assert [line for line in lines if line.startswith("Epoch ")][-1].startswith("Epoch 3/3 - ")
    assert [line for line in lines if line.startswith("Temperature: ")] == [
        "Temperature: 0.2",
        "Temperature: 0.5",
        "Temperature: 1.0",
    ]
    assert "Saving Model Weights — Epoch #1" in lines
    assert sorted(path.name for path in Path().iterdir()) == [
        "mine_config.json",
        "mine_vocab.json",
        "mine_weights.hdf5",
        "mine_weights_epoch_1.hdf5",
        "mine_weights_epoch_2.hdf5",
    ]
    assert json.loads(Path("mine_vocab.json").read_text(encoding="utf-8")) == model.vocab
    config = json.loads(Path("mine_config.json").read_text(encoding="utf-8"))
    assert config == model.config
    assert (config["name"], config["rnn_size"], config["max_length"]) == ("mine", 8, 40)

    again = textgenrnn("mine_weights.hdf5", "mine_vocab.json", "mine_config.json")
    assert again.generate(2, True, seed=1) == model.generate(2, True, seed=1)
    first, second = (bits(textgenrnn(f"mine_weights_epoch_{epoch}.hdf5")) for epoch in (1, 2))
    assert bits(model) < second < first

    before = bits(again)
    again.train_on_texts(TEXTS, num_epochs=4, verbose=0, learning_rate=0.02)
    assert bits(again) < before
    assert Path("textgenrnn_weights.hdf5").is_file()


def test_verbose_0_prints_nothing_and_callbacks_see_it_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: list[TrainingEvent] = []
    Path("t.txt").write_text("heading\n" + "\n".join(TEXTS), encoding="utf-8")
    textgenrnn(name="mine").train_from_file(
        "t.txt",
        new_model=True,
        num_epochs=2,
        verbose=0,
        train_size=0.8,
        callbacks=[seen.append],
        is_csv=False,
        **SMALL,  # type: ignore[arg-type]
    )
    assert capsys.readouterr() == ("", "")
    assert [event.epoch for event in seen if isinstance(event, EpochEnded)] == [1, 2]
    (started,) = (event for event in seen if isinstance(event, Started))
    assert (started.train_messages, started.val_messages) == (48, 12)
    assert isinstance(seen[-1], Done)


def test_the_same_seed_gives_the_same_model_and_sizes_are_kept_to() -> None:
    seen: list[TrainingEvent] = []
    options = {"train_size": 0.5, "validation": False, "seed": 4, "dropout": 0.1}
    first = new(**options, callbacks=[seen.append])
    (started,) = (event for event in seen if isinstance(event, Started))
    assert started.train_messages == 30
    texts = first.generate(3, True, seed=1)
    assert new(**options).generate(3, True, seed=1) == texts
    assert new(**{**options, "seed": 5}).generate(3, True, seed=1) != texts


def test_words_are_learnt_and_written(tmp_path: Path) -> None:
    texts = ["The cat's here, the dog isn't."] * 30
    model = new(texts, word_level=True, max_words=50, num_epochs=60, learning_rate=0.05)
    assert model.config["word_level"]
    assert "cat" in model.vocab
    (text,) = model.generate(1, True, temperature=0) or []
    assert text == "the cat's here, the dog isn't."
    (text,) = model.generate(1, True, prefix="The cat", temperature=0) or []
    assert text == "The cat's here, the dog isn't."
    assert textgenrnn("mine_weights.hdf5").generate(1, True, temperature=0) == [
        "the cat's here, the dog isn't."
    ]


def test_one_long_text_is_learnt_and_goes_on_without_an_end() -> None:
    Path("book.txt").write_text("down and up and " * 200, encoding="utf-8")
    model = textgenrnn(name="book")
    model.train_from_largetext_file(
        "book.txt",
        num_epochs=30,
        verbose=0,
        is_csv=False,
        **SMALL,  # type: ignore[arg-type]
    )
    assert model.config["single_text"]
    (text,) = model.generate(1, True, prefix="up and ", temperature=0.1, max_gen_length=250) or []
    assert len(text) == 250
    assert text.count("and") > 20
    again = textgenrnn("book_weights.hdf5")
    assert again.config["single_text"]
    assert [len(text) for text in again.generate(3, True) or []] == [300] * 3
    again.train_from_largetext_file("book.txt", new_model=False, num_epochs=1, verbose=0)
    again.train_on_texts(["down and up and " * 40], num_epochs=1, verbose=0)
    assert again.config["single_text"]


def test_labels_steer_and_are_dropped() -> None:
    rows = "".join(f"{'ab' if i % 2 else 'yz'},{i % 2}\n" for i in range(60))
    Path("t.csv").write_text("text,label\n" + rows, encoding="utf-8")
    model = textgenrnn()
    model.train_from_file(
        "t.csv",
        context=True,
        new_model=True,
        num_epochs=40,
        verbose=0,
        **SMALL,  # type: ignore[arg-type]
    )
    assert {"ab", "yz"} <= set(model.generate(40, True, temperature=0.4, seed=1) or [])
    with pytest.raises(ValueError, match="one context label a text, got 2 for 60"):
        model.train_on_texts(TEXTS, context_labels=["a", "b"])


def interrupt_at(epoch: int) -> Callable[[TrainingEvent], None]:
    def interrupt(event: TrainingEvent) -> None:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            os.kill(os.getpid(), signal.SIGINT)

    return interrupt


@pytest.mark.parametrize("reopened", [False, True])
def test_an_interrupted_training_goes_on(reopened: bool) -> None:
    new(num_epochs=6)
    whole = bits(textgenrnn("mine_weights.hdf5"))
    model = textgenrnn(name="mine")
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match="goes on from there"):
        model.train_new_model(
            TEXTS,
            num_epochs=6,
            verbose=0,
            callbacks=[interrupt_at(2)],
            **SMALL,  # type: ignore[arg-type]
        )
    assert signal.getsignal(signal.SIGINT) is handler
    assert Path("mine_training.safetensors.part").is_file()
    assert model.config["rnn_size"] == 8  # what was learnt until then can write
    if reopened:
        model = textgenrnn(name="mine")
    seen: list[TrainingEvent] = []
    model.train_new_model(
        TEXTS,
        num_epochs=6,
        verbose=0,
        callbacks=[seen.append],
        **SMALL,  # type: ignore[arg-type]
    )
    assert isinstance(seen[0], Started)
    assert seen[0].resumed
    assert [event.epoch for event in seen if isinstance(event, EpochEnded)] == [3, 4, 5, 6]
    assert bits(model) == pytest.approx(whole, abs=1e-4)
    assert not Path("mine_training.safetensors.part").exists()


def test_fine_tuning_goes_on_from_the_model_it_began_with() -> None:
    model = new()
    options = {"num_epochs": 4, "verbose": 0, "learning_rate": 0.02}
    with pytest.raises(KeyboardInterrupt):
        model.train_on_texts(TEXTS, callbacks=[interrupt_at(1)], **options)  # type: ignore[arg-type]
    seen: list[TrainingEvent] = []
    model.train_on_texts(TEXTS, callbacks=[seen.append], **options)  # type: ignore[arg-type]
    assert isinstance(seen[0], Started)
    assert seen[0].resumed


def test_thirty_thousand_texts_do_not_stall() -> None:
    texts = [f"text number {i} of many that are all alike, more or less" for i in range(30_000)]
    began = time.process_time()
    seen: list[float] = []

    def look(event: TrainingEvent) -> None:
        if isinstance(event, Started):
            seen.append(time.process_time() - began)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        new(texts, callbacks=[look], train_size=0.9)
    assert seen[0] < 60


@pytest.mark.parametrize("texts", [[], ["", " \n"]])
def test_nothing_to_learn_says_so(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="training needs a text that is not blank"):
        textgenrnn().train_on_texts(texts, num_epochs=1)


def test_few_texts_train_and_give_no_character_that_they_lack() -> None:
    names = ["Zuri", "N'Jobu", "Ólafur", "Þór", "李雷", "T'Shan"]
    model = new(names, num_epochs=12, learning_rate=None, rnn_size=32)
    written = model.generate(300, True, temperature=1.5, seed=1) or []
    assert set("".join(written)) <= set("".join(names))
    assert len(set(written)) > 20
    model.train_on_texts(["éclair à la mode"] * 3, num_epochs=30, verbose=0, learning_rate=0.02)
    assert "é" in "".join(model.generate(20, True, seed=1) or [])  # in bytes


def test_equal_lines_are_learned_by_heart() -> None:
    line = "The quick brown fox jumps over the lazy dog."
    model = textgenrnn(name="fox")
    model.train_on_texts([line] * 40, new_model=True, rnn_size=64, num_epochs=8, verbose=0)
    assert set(model.generate(5, True, seed=1) or []) == {line}


def test_a_loss_that_explodes_is_said() -> None:
    with pytest.warns(TextgenWarning, match="worse than a guess .* the learning rate is too high"):
        new(learning_rate=100.0)
    with pytest.raises(TrainingError, match="the loss is no number any more at step"):
        new(learning_rate=1e38, num_epochs=20)
    assert bits(textgenrnn("mine_weights.hdf5")) > 0  # what was there before stays


@pytest.mark.parametrize("closed", [False, True])
def test_a_poor_console_costs_no_training(closed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    stream = os.fdopen(writer, "w", encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    if closed:
        os.close(reader)
    texts = [f"привет 😀 {i % 5}" for i in range(60)]
    new(texts, verbose=1, gen_epochs=1, max_gen_length=20)
    stream.close()
    if not closed:
        with os.fdopen(reader, encoding="cp1252") as printed:
            assert "Temperature: 1.0" in printed.read()
    assert textgenrnn("mine_weights.hdf5").generate(1, True)


def test_files_are_written_before_samples_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[bool] = []

    def look(self: textgenrnn, **options: object) -> None:
        there.append(Path("mine_weights.hdf5").is_file())

    monkeypatch.setattr(textgenrnn, "generate_samples", look)
    new(verbose=1, gen_epochs=1)
    assert there == [True, True]


def test_a_model_of_one_single_text_is_trained_further() -> None:
    tokens = tuple(token for token in LETTERS if token != "<s>")
    model = textgenrnn(LegacyModel(tokens=tokens).write(Path()), name="song")
    text = ["that hat, the oath. " * 40]
    before = bits(model, text)
    model.train_on_texts(text, num_epochs=3, verbose=0, learning_rate=0.02, batch_size=64)
    assert bits(model, text) < before
    assert [len(t) for t in textgenrnn("song_weights.hdf5").generate(2, True) or []] == [300] * 2


def test_texts_of_any_script_do_not_end_a_training() -> None:
    texts = ["日本語", "русский 😀", "half \ud800", "\x00\x1b[31m", "e\u0301"] * 4
    model = new(texts, num_epochs=1)
    (text,) = model.generate(1, True, prefix="日", seed=1) or []
    assert text.startswith("日")


def test_weights_of_textgenrnn_are_trained_in_their_windows() -> None:
    model = textgenrnn(LegacyModel(tokens=LETTERS).write(Path()), name="old")
    texts = ["that hat", "the oath", "a tea"] * 10
    before = bits(model, texts)
    options = {"verbose": 0, "learning_rate": 0.02, "batch_size": 64}
    model.train_on_texts(texts, num_epochs=3, **options)  # type: ignore[arg-type]
    after = bits(model, texts)
    assert after < before
    labels = ["hat", "oath", "tea"] * 10
    model.train_on_texts(texts, labels, num_epochs=3, **options)  # type: ignore[arg-type]
    assert bits(model, texts) < after
    assert textgenrnn("old_weights.hdf5").config["max_length"] == 40


def test_a_model_of_both_directions_is_one_of_windows() -> None:
    model = new(rnn_bidirectional=True, max_length=12, num_epochs=1, learning_rate=0.01)
    window = model.checkpoint.config.window
    assert window is not None
    assert (window.context_chars, window.bidirectional) == (12, True)
    assert len((model.generate(1, True, prefix="me", max_gen_length=20) or [""])[0]) <= 19
