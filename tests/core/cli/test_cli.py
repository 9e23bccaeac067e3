"""The command line gives results on stdout and one sentence for bad input."""

import io
import json
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from ngram_models import with_ngrams
from random_checkpoints import NEVER, random_checkpoint

from textgen_core import SeenFilter, save_checkpoint
from textgen_core.cli.main import main
from textgen_core.cli.training_bar import TrainingBar, stop_at_ctrl_c
from textgen_core.text.vocabulary import BOUNDARY_ID
from textgen_core.training import events


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "m.safetensors"
    save_checkpoint(random_checkpoint(), path)
    return str(path)


def test_generate_writes_as_many_texts_as_asked(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["generate", "-m", model, "-n", "3", "--seed", "1", "--prompt", "hey", "--json"]
    assert main(arguments) == 0
    first = capsys.readouterr().out
    texts = [json.loads(line)["text"] for line in first.splitlines()]
    assert len(texts) == 3
    assert all(text.startswith("hey") for text in texts)
    main(arguments)
    assert capsys.readouterr().out == first


def test_evaluate_prints_its_figures(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text("abc\nde\n")
    assert main(["evaluate", str(tmp_path / "a.txt"), "-m", model, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["chars"], figures["skipped_chars"]) == (7, 0)
    assert figures["bits_per_char"] > 0


def test_inspect_describes_the_model(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", model]) == 0
    lines = capsys.readouterr().out
    assert "parameters" in lines
    assert "{" not in lines
    assert main(["inspect", model, "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    names = {"config", "vocabulary_size", "parameters", "manifest", "seen", "taste"}
    assert set(described) == names | {"ngrams", "own_ngrams"}
    assert described["seen"] is None
    assert described["ngrams"] is described["own_ngrams"] is None


def test_inspect_tells_of_ngrams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = with_ngrams({"a": {"b": 0.5}, "ab": {"c": 0.5}})
    save_checkpoint(checkpoint, tmp_path / "m")
    assert main(["inspect", str(tmp_path / "m")]) == 0
    assert "N-grams      of its base, up to 2 long" in capsys.readouterr().out
    assert main(["inspect", str(tmp_path / "m"), "--json"]) == 0
    described = json.loads(capsys.readouterr().out)["ngrams"]
    assert described == {"shortest": 1, "longest": 2, "trust": 1.0, "bytes": 4 * 2 + 2 * 4}


def test_interactive_writes_on_from_each_line(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hello\n\nagain\n"))
    assert main(["interactive", "-m", model, "--max-chars", "20", "--seed", "1"]) == 0
    first, second, third = capsys.readouterr().out.replace("> ", "").splitlines()
    assert (first[:5], third[:5]) == ("hello", "again")
    assert second


def test_ctrl_c_asks_a_training_to_save_and_the_next_one_ends_it() -> None:
    stop, former = threading.Event(), signal.getsignal(signal.SIGINT)
    try:
        stop_at_ctrl_c(stop)
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, former)


def test_the_result_comes_below_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingBar() as bar:
        bar.report(events.Done(2.31, 2.15, 60.0, 4.0, "finished", checkpoint="m.safetensors"))
        assert capsys.readouterr().out == ""
    assert capsys.readouterr().out.startswith("m.safetensors: 2.310 → 2.150 bits/char")
    with TrainingBar() as bar:
        bar.report(events.Stopped(12, 1.5))
    assert "The same command goes on from there" in capsys.readouterr().out


def test_generate_keeps_to_what_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A likeliest text is learnt by heart; then it may not be written."""
    path = str(tmp_path / "m.safetensors")
    checkpoint = random_checkpoint(bias={BOUNDARY_ID: NEVER})
    save_checkpoint(checkpoint, path)

    def written(*arguments: str) -> str:
        assert main(["generate", "-m", path, "--top-k", "1", "--json", *arguments]) == 0
        text: str = json.loads(capsys.readouterr().out)["text"]
        return text

    plain = written()
    save_checkpoint(replace(checkpoint, seen=SeenFilter.from_texts([plain])), path)
    assert written() == plain
    assert plain[0] not in written("--ban", plain[0])
    assert set(written("--allow", "xyz")) <= set("xyz")
    assert written("--stop", "#" * 99, "--stop", plain[5:8]) == plain[: plain.find(plain[5:8])]
    assert plain[:24] not in written("--no-verbatim")
    assert plain[:29] in (text := written("--no-verbatim", "30"))
    assert plain[:30] not in text
    assert written("--repetition-penalty", "5") != plain
    assert plain.startswith(written("--whole-sentences"))
    assert written("--min-p", "1") == plain
    assert main(["inspect", path, "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)["seen"]
    assert (seen["run_chars"], seen["bytes"]) == (24, 1024)
    assert 0 < seen["false_positives"] < 0.004


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["generate", "-m", "gone.safetensors"], "there is no model file gone.safetensors"),
        (["generate", "-m", "{model}", "--temperature", "hot"], "--temperature must be numbers"),
        (["generate", "-m", "{model}", "--top-p", "1.7"], "--top-p must be in (0, 1], got 1.7"),
        (["generate", "-m", "{model}", "--min-p", "0"], "--min-p must be in (0, 1], got 0"),
        (["generate", "-m", "{model}", "--stop", ""], "a stop string must have 1 to 500"),
        (["generate", "-m", "{model}", "--no-verbatim"], "this one carries no filter of it"),
        (["evaluate", "gone.txt", "-m", "{model}"], "there is no file gone.txt"),
        (["train", "gone.txt", "-o", "x", "--base", "{model}"], "there is no file gone.txt"),
        (["train", "gone.txt", "-o", "x", "--base", "none", "--rnn-size", "0"], "--rnn-size must"),
        (["train", "gone.txt", "-o", "x", "--epochs", "-1"], "--epochs must be above 0, got -1"),
    ],
)
def test_bad_input_costs_one_sentence(
    model: str, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([part.format(model=model) for part in arguments]) == 2
    complaint = capsys.readouterr().err
    assert sentence in complaint
    assert complaint.count("\n") == 1
