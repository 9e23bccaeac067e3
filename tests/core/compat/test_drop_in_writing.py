"""The drop-in class writes as textgenrnn's users expect."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from drop_in_models import endless_model, legacy, listed, small_model
from legacy_models import WORDS
from random_checkpoints import random_checkpoint

from textgen_core import save_checkpoint, synthesize, synthesize_to_file, textgenrnn
from textgen_core.text.vocabulary import BOUNDARY_ID


@pytest.fixture
def model(tmp_path: Path) -> textgenrnn:
    return small_model(tmp_path)


@pytest.fixture
def endless(tmp_path: Path) -> textgenrnn:
    return endless_model(tmp_path)


def test_importing_costs_nothing_that_only_some_calls_need() -> None:
    heavy = ("keras", "tensorflow", "sklearn", "h5py", "rich", "numba")
    code = f"import textgen_core, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_weights_the_model_of_the_library_writes_at_once() -> None:
    model = textgenrnn()
    (text,) = listed(model, seed=1)
    assert 0 < len(text) < 300
    assert model.config["name"] == "textgenrnn"
    assert (model.config["rnn_layers"], model.config["rnn_size"]) == (2, 216)
    assert model.META_TOKEN in model.vocab
    assert model.num_classes > len(model.vocab)


def test_texts_are_printed_with_an_empty_line_after_each(
    model: textgenrnn, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = listed(model, 2, seed=3, temperature=1.0)
    assert model.generate(2, seed=3, temperature=1.0) is None
    assert capsys.readouterr() == ("".join(f"{text}\n\n" for text in texts), "")


def test_samples_have_headings_with_their_temperature(
    model: textgenrnn, capsys: pytest.CaptureFixture[str]
) -> None:
    model.generate_samples(1, temperatures=[0.2, 1.0], seed=5)
    cold, warm = (listed(model, temperature=t, seed=5)[0] for t in (0.2, 1.0))
    rule = "#" * 20
    assert capsys.readouterr().out == (
        f"{rule}\nTemperature: 0.2\n{rule}\n{cold}\n\n{rule}\nTemperature: 1.0\n{rule}\n{warm}\n\n"
    )


def test_a_seed_reproduces_and_more_texts_begin_with_the_same(model: textgenrnn) -> None:
    many = listed(model, 70, seed=9)
    assert listed(model, 70, seed=9) == many
    assert listed(model, 66, seed=9) == many[:66]
    assert len(set(listed(model, 20))) > 1


@pytest.mark.parametrize("prefix", ["Hello", " spaced ", "日本é😀", "x" * 400])
def test_a_prefix_begins_each_text_exactly(endless: textgenrnn, prefix: str) -> None:
    texts = listed(endless, 3, prefix=prefix, max_gen_length=60)
    assert all(text.startswith(prefix) for text in texts)
    assert {len(text) for text in texts} == {max(59, len(prefix))}


def test_the_length_counts_what_textgenrnn_counts(endless: textgenrnn, tmp_path: Path) -> None:
    assert len(listed(endless, max_gen_length=30)[0]) == 29
    words = legacy(tmp_path, tokens=tuple(w if w != "<s>" else "<s>" for w in WORDS), seed=4)
    texts = listed(words, 20, max_gen_length=6, temperature=2.0, seed=1)
    counts = {len(words.checkpoint.vocabulary.encode_message(text)) - 2 for text in texts}
    assert max(counts) == 5


def test_temperatures_are_cycled_over_the_places_of_the_whole_text(endless: textgenrnn) -> None:
    # Where it is 0 the likeliest character comes, whatever the seed.
    texts = listed(endless, 30, prefix="abc", temperature=[0.0, 5.0], max_gen_length=6, seed=2)
    fourth, fifth = ({text[i] for text in texts} for i in (3, 4))
    assert len(fourth) > 3
    greedy = {text[:4]: set() for text in texts}
    for text in texts:
        greedy[text[:4]].add(text[4])
    assert {len(chars) for chars in greedy.values()} == {1}
    assert fifth


@pytest.mark.parametrize("coldest", [0, 0.0, None])
def test_temperature_0_takes_the_likeliest(endless: textgenrnn, coldest: float | None) -> None:
    assert len(set(listed(endless, 5, temperature=coldest, max_gen_length=20))) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": []}, "empty list"),
        ({"temperature": -1}, "temperature must be a number from 0, got -1"),
        ({"max_gen_length": 0}, "max_gen_length must be a whole number in"),
        ({"prefix": 5}, "prefix must be a text, got 5"),
        ({"n": -1}, "n must be a whole number from 0, got -1"),
        ({"interactive": True, "top_n": 0}, "top_n must be a whole number from 1, got 0"),
    ],
)
def test_wrong_arguments_say_what_is_wrong(
    model: textgenrnn, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        model.generate(**options)  # type: ignore[arg-type]


def test_none_at_all_can_be_asked_for(model: textgenrnn) -> None:
    assert listed(model, 0) == []


def test_texts_go_to_a_file_a_line_each(model: textgenrnn, tmp_path: Path) -> None:
    model.generate_to_file(tmp_path / "out.txt", n=5, prefix="é", seed=2, max_gen_length=20)
    written = (tmp_path / "out.txt").read_text(encoding="utf-8")
    texts = listed(model, 5, prefix="é", seed=2, max_gen_length=20)
    assert written == "".join(f"{text}\n" for text in texts)


# Writing together


def answering(monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
    given: Iterator[str] = iter(answers)

    def read(prompt: str) -> str:
        sys.stdout.write(prompt)
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)


def test_options_are_the_likeliest_and_the_choice_is_written(
    endless: textgenrnn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probs = endless.engine.probs(endless.engine.feed(endless.engine.start(), [2 + ord("a")]))
    answering(monkeypatch, ["2", "nonsense", "9", "o", "zzé", "x", "x", "s"])
    (text,) = listed(endless, prefix="a", interactive=True, top_n=4)
    out = capsys.readouterr().out
    assert text == "a"
    first = out.split("Your choice?")[0]
    assert first.startswith(
        "Controls:\n\ts: stop.\tx: backspace.\to: write your own.\n\nOptions:\n"
    )
    offered = [line.partition(": ")[2] for line in first.splitlines() if line.startswith("\t1: ")]
    assert len(first.splitlines()) == 11
    assert offered
    begins = endless.checkpoint.vocabulary.token_bytes[int(np.argmax(probs))]
    assert begins
    assert offered[0].encode().startswith(begins)
    progress = [line for line in out.splitlines() if line.startswith("Progress: ")]
    assert [len(line) - len("Progress: ") for line in progress] == [1, 2, 2, 2, 5, 2, 1]
    assert out.count("That's not an option!") == 2


def test_the_end_of_input_ends_the_text(
    endless: textgenrnn, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, [])
    assert listed(endless, prefix="so", interactive=True) == ["so"]


def test_words_are_chosen_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = legacy(tmp_path, tokens=WORDS)
    answering(monkeypatch, ["o", "the cat", "o", ".", "o", "unicorn", "x", "x", "o", "dog"])
    assert listed(model, interactive=True) == ["the cat dog"]


def test_a_terminal_shows_the_options_and_takes_the_choice(
    endless: textgenrnn, tmp_path: Path
) -> None:
    code = (
        "from textgen_core import textgenrnn;"
        f"textgenrnn({str(tmp_path / 'endless.safetensors')!r})"
        ".generate(interactive=True, prefix='Hi', top_n=2)"
    )
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        os.write(controller, b"o\n there\ns\n")
        shown = b""
        try:
            while part := os.read(controller, 4096):
                shown += part
        except OSError:  # Linux's way to say that the other end is closed
            pass
    os.close(controller)
    assert process.returncode == 0
    assert b"\t2: " in shown
    assert b"Progress: Hi there" in shown
    assert shown.decode().replace("\r\n", "\n").endswith("Hi there\n\n")


def test_a_bar_is_shown_on_a_terminal_and_leaves_no_trace_elsewhere(
    endless: textgenrnn, tmp_path: Path
) -> None:
    code = (
        "from textgen_core import textgenrnn;"
        f"textgenrnn({str(tmp_path / 'endless.safetensors')!r})"
        ".generate(3, seed=1, max_gen_length=10)"
    )
    controller, terminal = pty.openpty()
    shown = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=terminal, text=True, check=True
    )
    os.close(terminal)
    assert b"writing" in os.read(controller, 4096)
    os.close(controller)
    quiet = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert quiet.stderr == ""
    texts = listed(endless, 3, seed=1, max_gen_length=10)
    assert shown.stdout == quiet.stdout == "".join(f"{text}\n\n" for text in texts)


# Several models


def test_several_models_write_one_text_in_turns(
    model: textgenrnn, endless: textgenrnn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = legacy(tmp_path, tokens=WORDS)
    models = [model, endless, words]
    texts = synthesize(models, 5, return_as_list=True, prefix="The", seed=1, max_gen_length=80)
    assert texts is not None
    assert all(text.startswith("The") and len(text) <= 400 for text in texts)
    assert models == [model, endless, words]
    assert synthesize(models, 5, prefix="The", seed=1, max_gen_length=80) is None
    assert capsys.readouterr().out == "".join(f"{text}\n\n" for text in texts)
    synthesize_to_file(models, tmp_path / "s.txt", n=5, prefix="The", seed=1, max_gen_length=80)
    assert (tmp_path / "s.txt").read_text(encoding="utf-8") == "".join(f"{t}\n" for t in texts)


def test_a_turn_ends_at_a_stop_token(tmp_path: Path) -> None:
    def only(char: str) -> textgenrnn:
        ids = {2 + ord(char): 60.0, 2 + ord(" "): 59.0, BOUNDARY_ID: -60.0}
        save_checkpoint(random_checkpoint(scale=0.01, bias=ids), tmp_path / "m.safetensors")
        return textgenrnn(tmp_path / "m.safetensors")

    (text,) = synthesize([only("a"), only("b")], 1, True, temperature=1.0, seed=3) or []
    assert len(text) == 299
    assert all(len(set(word)) <= 1 for word in text.split(" "))
    assert {"a", "b"} <= set(text)
    (text,) = (
        synthesize([only("a"), only("b")], 1, True, temperature=0, stop_tokens=[], seed=3) or []
    )
    assert text in ("ab" * 150)[:299] + "|" + ("ba" * 150)[:299]


def test_no_model_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one model"):
        synthesize([])
