"""Every mistyped argument costs one sentence, at once; what scripts read is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drop_in_models import small_model

from textgen_core import synthesize, textgenrnn
from textgen_core.compat.text_sources import files_of, read_column

TEXTS = ["one", "two"]


@pytest.fixture
def model(tmp_path: Path) -> textgenrnn:
    return small_model(tmp_path)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: textgenrnn(5), "weights_path must be the name of a file, got 5"),
        (lambda m: textgenrnn(b"w.hdf5"), "weights_path must be the name of a file, got b'w.hdf5'"),
        (lambda m: textgenrnn(weights="w"), "no option 'weights'; did you mean weights_path?"),
        (lambda m: textgenrnn(name=None), "name must be what files' names begin with, got None"),
        (lambda m: m.load(None), "weights_path must be the name of a file, got None"),
        (lambda m: m.save(3), "weights_path must be the name of a file, got 3"),
        (lambda m: m.generate(temprature=1), "no option 'temprature'; did you mean temperature?"),
        (lambda m: m.generate(min_gen_length=5), "did you mean max_gen_length?"),
        (lambda m: m.generate("3"), "n must be a whole number from 0, got '3'"),
        (lambda m: m.generate(1.5), "n must be a whole number from 0, got 1.5"),
        (lambda m: m.generate(temperature="0.5"), "temperature must be a number from 0, got '0.5'"),
        (
            lambda m: m.generate(temperature=[1, "x"]),
            "temperature must be a number from 0, got 'x'",
        ),
        (lambda m: m.generate(max_gen_length="9"), "max_gen_length must be a whole number"),
        (lambda m: m.generate(interactive=True, top_n=1.5), "top_n must be a whole number"),
        (lambda m: m.generate_to_file(None), "destination_path must be the name of a file"),
        (lambda m: m.encode_text_vectors([None, "a"]), r"texts\[0\] must be a text, got None"),
        (lambda m: m.encode_text_vectors(None), "texts must be a list of texts, got None"),
        (lambda m: m.encode_text_vectors(TEXTS, "50"), "pca_dims must be a whole number from 1"),
        (lambda m: m.similarity(None, TEXTS), "text must be a text, got None"),
        (lambda m: m.similarity("a", ["b", 5]), r"texts\[1\] must be a text, got 5"),
        (lambda m: synthesize(m), r"textgens must be a list of models, got one: give \[model\]"),
        (lambda m: synthesize([m, None]), r"textgens\[1\] must be a model, got None"),
        (lambda m: synthesize([m], n=1.5), "n must be a whole number from 0, got 1.5"),
        (lambda m: synthesize([m], prefix=3), "prefix must be a text, got 3"),
        (lambda m: synthesize(), "synthesize: missing a required argument: 'textgens'"),
        (lambda m: m.train_on_texts(None), "texts must be a list of texts, got None"),
        (lambda m: m.train_on_texts(), "missing a required argument: 'texts'"),
        (lambda m: m.train_on_texts(TEXTS, learning_rate="fast"), "learning_rate must be a number"),
        (lambda m: m.train_on_texts(TEXTS, train_size="big"), "train_size must be a number"),
        (lambda m: m.train_on_texts(TEXTS, dropout="some"), "dropout must be a number, got 'some'"),
        (lambda m: m.train_on_texts(TEXTS, callbacks=5), "callbacks must be a list of functions"),
        (lambda m: m.train_on_texts(TEXTS, 5), "context_labels must be a list, one a text, got 5"),
        (lambda m: m.train_from_file(None), "file_path must be the name of a file, got None"),
    ],
)
def test_a_mistake_is_a_sentence(
    model: textgenrnn, call: Callable[[Any], object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        call(model)


def test_what_scripts_read_is_there(model: textgenrnn) -> None:
    assert model.tokenizer.word_index == model.vocab
    assert model.tokenizer.char_level
    assert {model.indices_char[char_id] for char_id in model.vocab.values()} == set(model.vocab)
    assert model.num_classes == model.checkpoint.vocabulary.size
    with pytest.raises(AttributeError, match="textgen export --to keras"):
        model.model.summary()


def test_one_temperature_and_repeated_options_are_taken(
    model: textgenrnn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.generate_samples(n=1, temperatures=0.5, progress=True)
    model.generate_samples(n=1, temperature=[0.2, 0.4])
    assert capsys.readouterr().out.count("Temperature: ") == 3
    model.generate_to_file(tmp_path / "o.txt", return_as_list=False)
    assert (tmp_path / "o.txt").is_file()
    assert len(synthesize([model], 2, True, stop_tokens=None, prefix=None, seed=1) or []) == 2


def test_a_folder_and_a_pattern_name_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.txt", "a.txt", "t.csv", "m.json"):
        (tmp_path / name).write_text("x")
    monkeypatch.chdir(tmp_path)
    assert [path.name for path in files_of(tmp_path)] == ["a.txt", "b.txt", "t.csv"]
    assert [str(path) for path in files_of("*.txt")] == ["a.txt", "b.txt"]
    assert [path.name for path in files_of(str(tmp_path / "*.txt"))] == ["a.txt", "b.txt"]
    assert files_of("gone.txt") == [Path("gone.txt")]
    with pytest.raises(ValueError, match=r"no file has a name like \*\.md"):
        files_of("*.md")


def test_a_column_has_a_name_or_a_number(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id;Full_Text\n1;"a; b"\n2;"c\nd"\n3\n', encoding="utf-16")
    assert read_column(path, "full_text") == ["a; b", "c\nd"]
    assert read_column(path, 2) == ["Full_Text", "a; b", "c\nd"]
    for column in ("text", 3, 0, None):
        with pytest.raises(ValueError, match=r"columns are id, Full_Text|a number from 1 to 2"):
            read_column(path, column)  # type: ignore[arg-type]
    path.write_text("text\n" + "x" * 200_000 + "\n")
    assert len(read_column(path, "text")[0]) == 200_000
