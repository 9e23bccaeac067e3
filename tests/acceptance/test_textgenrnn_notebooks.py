"""The calls of textgenrnn's notebooks, made of the drop-in class, on small stand-ins.

Each notebook is a list of cells that are run one after the other, as a reader runs them
with the import changed; what they print and leave behind is checked afterwards. The
words are our own, the calls and arguments those of the notebooks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

SONG = [
    "We are never going home, never going down",
    "We are never going back to that old town",
    "We are never going to say good night",
    "We are never going to tell a lie tonight",
]
DOGS = [f"Good dog number {i % 7} does a heckin bork" for i in range(40)]
NEWS = [f"The senate votes on bill {i % 9} of the budget" for i in range(40)]


@pytest.fixture(autouse=True)
def _with_the_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder as the repository's ``docs`` is, beside ``datasets``."""
    mpl.use("Agg")
    datasets, docs = tmp_path / "datasets", tmp_path / "docs"
    datasets.mkdir()
    docs.mkdir()
    both = [line for pair in zip(DOGS, NEWS, strict=True) for line in pair]
    (datasets / "both.txt").write_text("title\n" + "\n".join(both), encoding="utf-8")
    (datasets / "dogs.txt").write_text("title\n" + "\n".join(DOGS), encoding="utf-8")
    rows = [f'"{line}",dogs' for line in DOGS] + [f'"{line}",news' for line in NEWS]
    (datasets / "context.csv").write_text("title,context\n" + "\n".join(rows), encoding="utf-8")
    (datasets / "book.txt").write_text("Up the hill and down the hill. " * 60, encoding="utf-8")
    monkeypatch.chdir(docs)


def run(*cells: str) -> dict[str, Any]:
    """Run the cells of a notebook in one namespace; return it."""
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells, 1):
        exec(compile(cell, f"cell {number}", "exec"), names)
    return names


def texts_in(printed: str) -> list[str]:
    return [text for text in printed.split("\n\n") if text.strip()]


def test_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn()",
        "textgen.generate(5)",
        'texts = textgen.generate(n=5, prefix="Trump", temperature=0.5, return_as_list=True)',
        "textgen.generate_to_file('textgenrnn_texts.txt', n=5)",
        f"textgen.train_on_texts({SONG!r}, num_epochs=2, gen_epochs=2)",
        "textgen.generate(5, temperature=1.0)\ntextgen.generate(5, prefix='X')",
        "textgen.reset()",
        "textgen.train_from_file('../datasets/dogs.txt', num_epochs=1)",
        "textgen.save('hn_weights.hdf5')\ntextgen_2 = textgenrnn('hn_weights.hdf5')",
        "textgen_2.generate()\ntextgen.load('hn_weights.hdf5')",
        "same = textgen.generate(2, True, seed=1) == textgen_2.generate(2, True, seed=1)",
        "textgen.save('hn_weights.hdf5')",
    )
    assert all(text.startswith("Trump") for text in names["texts"])
    assert Path("textgenrnn_texts.txt").read_text(encoding="utf-8").count("\n") == 5
    assert names["same"]
    printed = capsys.readouterr().out
    assert f"Training on {sum(len(line) + 1 for line in SONG)} character sequences." in printed
    assert "40 texts collected." in printed
    assert sorted(p.name for p in Path().glob("textgenrnn_*")) == [
        "textgenrnn_config.json",
        "textgenrnn_texts.txt",
        "textgenrnn_vocab.json",
        "textgenrnn_weights.hdf5",
    ]


def test_avoiding_overfit(capsys: pytest.CaptureFixture[str]) -> None:
    call = "textgen.train_from_file(file_path, new_model=True, num_epochs=2, gen_epochs=2"
    names = run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn()",
        f"file_path = '../datasets/both.txt'\ntextgen.reset()\n{call})",
        f"textgen.reset()\n{call}, train_size=0.8)",
        f"textgen.reset()\n{call}, train_size=0.8, dropout=0.2)",
    )
    printed = capsys.readouterr().out
    assert printed.count("Training new model w/ 2-layer, 128-cell LSTMs") == 3
    assert printed.count("held out at best") == 4
    counts = [int(n.split()[0]) for n in printed.replace(",", "").split("Training on ")[1:]]
    assert 0.7 < counts[1] / counts[0] < 0.9
    foreign = set("".join(names["textgen"].generate(20, True))) - set("".join(DOGS + NEWS))
    assert foreign == set()


def test_training_with_context() -> None:
    call = "textgen.train_from_file('../datasets/context.csv', context=True, new_model=True"
    names = run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn(name='ctx')",
        f"{call}, num_epochs=2, gen_epochs=0, train_size=0.8)",
        "textgen.generate_samples(temperatures=[0.2, 0.5])",
        "again = textgenrnn('ctx_weights.hdf5', 'ctx_vocab.json', 'ctx_config.json')",
    )
    assert names["again"].generate(1, True)


def test_training_with_context_on_words(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn(name='words')",
        "textgen.train_from_file('../datasets/context.csv', context=True, new_model=True,"
        " num_epochs=2, gen_epochs=0, word_level=True, max_length=10, max_words=5000)",
        "texts = textgen.generate(3, temperature=1.0, return_as_list=True)",
    )
    assert "word sequences." in capsys.readouterr().out
    known = {word for line in DOGS + NEWS for word in line.lower().split()}
    assert {word for text in names["texts"] for word in text.split()} <= known


def test_transfer_learning() -> None:
    run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn()",
        "textgen.train_from_file('../datasets/dogs.txt', new_model=True, num_epochs=1)",
        "textgen.train_from_file('../datasets/both.txt', num_epochs=1, gen_epochs=0)",
        "textgen.generate(3, temperature=0.5)",
    )


def test_encoding_texts(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    names = run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn()",
        f"texts = {(DOGS + NEWS)!r}",
        "word_vector = textgen.encode_text_vectors(texts, pca_dims=None)",
        "reduced, pca = textgen.encode_text_vectors(texts, return_pca=True)",
        "from matplotlib import pyplot as plt\nplt.plot(pca.explained_variance_ratio_)",
        "flat = textgen.encode_text_vectors(texts, tsne_dims=2, tsne_seed=123)",
        "best = textgen.similarity(texts[0], texts)[0:10]",
    )
    assert names["word_vector"].shape == (80, names["textgen"].checkpoint.config.feature_size)
    assert (names["reduced"].shape, names["flat"].shape) == ((80, 50), (80, 2))
    assert names["best"][0][0] == names["texts"][0]


def test_synthesis(capsys: pytest.CaptureFixture[str]) -> None:
    names = run(
        "from textgen_core import textgenrnn, synthesize, synthesize_to_file",
        "first, second = textgenrnn(), textgenrnn()",
        "texts = synthesize([first, second], n=3, return_as_list=True, prefix='My',"
        " temperature=[0.5, 0.2, 0.2], progress=False, max_gen_length=80)",
        "synthesize([first, second], n=2, stop_tokens=[' '], max_gen_length=60)",
        "synthesize_to_file([first, second], 'synthesis.txt', n=2, max_gen_length=60)",
    )
    assert all(text.startswith("My") for text in names["texts"])
    assert len(texts_in(capsys.readouterr().out)) == 2
    assert Path("synthesis.txt").read_text(encoding="utf-8").count("\n") == 2


def test_cycled_temperatures(capsys: pytest.CaptureFixture[str]) -> None:
    run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn()",
        "textgen.generate(5, temperature=[1.0])",
        "textgen.generate(5, temperature=[1.0, 0.5, 0.2, 0.2])",
        "textgen.generate(5, temperature=[0.2] * 10 + [1.0])",
    )
    assert len(texts_in(capsys.readouterr().out)) == 15


def test_the_notebook_for_colab() -> None:
    names = run(
        "from textgen_core import textgenrnn\nfrom datetime import datetime",
        "model_cfg = {'word_level': False, 'rnn_size': 16, 'rnn_layers': 2,"
        " 'rnn_bidirectional': True, 'max_length': 8, 'max_words': 10000}",
        "train_cfg = {'line_delimited': False, 'num_epochs': 1, 'gen_epochs': 1,"
        " 'train_size': 0.8, 'dropout': 0.0, 'validation': False, 'is_csv': False}",
        "textgen = textgenrnn(name='colaboratory')\n"
        "train_function = textgen.train_from_file if train_cfg['line_delimited']"
        " else textgen.train_from_largetext_file",
        "train_function(file_path='../datasets/book.txt', new_model=True,"
        " num_epochs=train_cfg['num_epochs'], gen_epochs=train_cfg['gen_epochs'],"
        " batch_size=1024, train_size=train_cfg['train_size'], dropout=train_cfg['dropout'],"
        " validation=train_cfg['validation'], is_csv=train_cfg['is_csv'],"
        " rnn_layers=model_cfg['rnn_layers'], rnn_size=model_cfg['rnn_size'],"
        " rnn_bidirectional=model_cfg['rnn_bidirectional'], max_length=model_cfg['max_length'],"
        " dim_embeddings=100, word_level=model_cfg['word_level'], max_gen_length=30)",
        "textgen.generate_to_file('out.txt', temperature=[1.0, 0.5, 0.2, 0.2], prefix='Up ',"
        " n=3, max_gen_length=50)",
        "textgen = textgenrnn(weights_path='colaboratory_weights.hdf5',"
        " vocab_path='colaboratory_vocab.json', config_path='colaboratory_config.json')",
        "texts = textgen.generate(3, True, max_gen_length=50, temperature=1.0)",
    )
    assert names["textgen"].config["single_text"]
    assert {len(text) for text in names["texts"]} == {50}


def test_writing_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["1", "2", "o", "dog", "x", "s"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    run(
        "from textgen_core import textgenrnn\ntextgen = textgenrnn()",
        "textgen.generate(interactive=True, top_n=5, prefix='A')",
    )
    assert "Controls:" in capsys.readouterr().out
