"""Models that textgenrnn trained on one single text open, and write on and on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from drop_in_models import listed
from legacy_models import LETTERS, WORDS, LegacyModel, window_probs

from textgen_core import Engine, GenerationOptions, LegacyFormatError, evaluate, textgenrnn
from textgen_core.cli.main import main
from textgen_core.export import export_model
from textgen_core.legacy.weights import import_legacy

CHARS = tuple(token for token in LETTERS if token != "<s>")
OF_WORDS = tuple(token for token in WORDS if token != "<s>")


def written(folder: Path, model: LegacyModel, *, single: bool | None = True) -> Path:
    """Write a model and a configuration as textgenrnn's notebook for Colab leaves them."""
    weights = model.write(folder)
    words = any(len(token) > 1 and token != "<s>" for token in model.tokens)
    settings = {"rnn_layers": model.layers, "rnn_size": model.units, "word_level": words}
    settings |= {"rnn_bidirectional": model.bidirectional, "max_length": 10, "is_csv": False}
    if single is not None:
        settings["single_text"] = single
    (folder / "tiny_config.json").write_text(json.dumps(settings))
    return weights


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("single", [True, None])
def test_characters_go_on_to_the_longest_length(
    tmp_path: Path, bidirectional: bool, single: bool | None
) -> None:
    weights = written(
        tmp_path, LegacyModel(tokens=CHARS, bidirectional=bidirectional), single=single
    )
    model = textgenrnn(weights)
    assert model.config["single_text"]
    assert "<s>" not in model.vocab
    texts = listed(model, 5, prefix="eat", max_gen_length=60, temperature=1.5, seed=1)
    assert [len(text) for text in texts] == [60] * 5
    model.save(tmp_path / "saved.hdf5")
    again = textgenrnn(tmp_path / "saved.hdf5")
    assert listed(again, 5, prefix="eat", max_gen_length=60, temperature=1.5, seed=1) == texts


@pytest.mark.parametrize("bidirectional", [False, True])
def test_words_go_on_as_well(tmp_path: Path, bidirectional: bool) -> None:
    model = textgenrnn(written(tmp_path, LegacyModel(tokens=OF_WORDS, bidirectional=bidirectional)))
    for text in listed(model, 5, max_gen_length=30, temperature=1.0, seed=1):
        assert len(model.checkpoint.vocabulary.encode_message(text)) - 2 == 30


def test_a_table_that_has_the_boundary_never_writes_it(tmp_path: Path) -> None:
    weights = written(tmp_path, LegacyModel(tokens=LETTERS))
    assert {len(t) for t in listed(textgenrnn(weights), 5, max_gen_length=50, seed=1)} == {50}
    engine = Engine(import_legacy(weights))
    wanted = GenerationOptions(n=5, max_chars=50, temperature=2.0, seed=1)
    assert {len(text) for text in engine.generate(wanted)} == {50}


def test_the_first_character_is_predicted_after_padding(tmp_path: Path) -> None:
    model = LegacyModel(tokens=CHARS)
    engine = Engine(import_legacy(written(tmp_path, model)))
    assert np.allclose(engine.probs(engine.start()), window_probs(model, [0], 10), atol=1e-6)
    known = engine.feed(engine.start(), [3, 4])
    assert np.allclose(engine.probs(known), window_probs(model, [3, 4], 10), atol=1e-6)


def test_the_end_is_neither_scored_nor_counted(tmp_path: Path) -> None:
    checkpoint = import_legacy(written(tmp_path, LegacyModel(tokens=CHARS)))
    assert evaluate(checkpoint, ["eat at"]).chars == 6


def test_the_commands_open_it_and_the_export_says_what_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = written(tmp_path, LegacyModel(tokens=CHARS))
    assert main(["generate", "-m", str(weights), "--max-chars", "40", "--seed", "1"]) == 0
    assert len(capsys.readouterr().out) == 41
    checkpoint = import_legacy(weights)
    *_, config = export_model(checkpoint, "textgenrnn", tmp_path / "again")
    assert json.loads(config.read_text())["single_text"] is True
    assert not import_legacy(tmp_path / "again_weights.hdf5").ends_texts


def test_a_table_without_boundary_is_refused_where_texts_end(tmp_path: Path) -> None:
    weights = written(tmp_path, LegacyModel(tokens=CHARS), single=False)
    with pytest.raises(LegacyFormatError, match="lacks '<s>'"):
        import_legacy(weights)
