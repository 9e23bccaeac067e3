"""Texts are read as textgenrnn reads its files; wrong ones say what to do."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from pathlib import Path

import pytest

from textgen_core.compat.new_model import chosen_settings, config_of, vocabulary_of
from textgen_core.compat.text_sources import read_column
from textgen_core.compat.texts import (
    PIECE_CHARS,
    checked,
    cut,
    read_labelled,
    read_pieces,
    read_texts,
)
from textgen_core.compat.training import Asked, asked_of, batch_targets, divided
from textgen_core.errors import TextgenWarning
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.special_tokens import MARKS
from textgen_core.text.vocabulary import Vocabulary


def written(folder: Path, data: bytes, name: str = "t.txt") -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def test_a_line_is_a_text_and_the_first_may_be_a_heading(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufefftitle\r\none é\r\n\r\ntwo\xff".encode("utf-8") + b"\xff\n")
    assert read_texts(path, True, "\n", False) == ["one é", "", "twoÿ"]
    assert read_texts(path, False, "\n", False)[0] == "title"


def test_a_packed_file_is_read_and_what_is_no_text_refused(tmp_path: Path) -> None:
    packed = written(tmp_path, gzip.compress("one é\ntwo\n".encode()), "t.txt.gz")
    assert read_texts(packed, False, "\n", False) == ["one é", "two"]
    assert read_texts(packed.rename(tmp_path / "t.txt"), False, "\n", False) == ["one é", "two"]
    old = written(tmp_path, "text,n\ncafé,1\n".encode("cp1252"), "t.csv")
    assert read_column(old, "text") == ["café"]
    long = written(tmp_path, b"text,n\n" + b"x" * 200_000 + b",1\n", "l.csv")
    assert len(read_texts(long, True, "\n", True)[0]) == 200_000
    dense = bytes(random.Random(0).choices(range(1, 256), k=3_000))
    for data, why in (
        (b"%PDF-1.7 text", "is a PDF document"),
        (b"PK\x03\x04", "is a .zip archive: unpack it first"),
        (dense, "is not text"),
        (gzip.compress(b"text" * 9_000)[:60], "cannot be read"),
    ):
        foreign = written(tmp_path, data)
        for read in (lambda p: read_texts(p, True, "\n", False), read_pieces):
            with pytest.raises(ValueError, match=rf"t\.txt {why}"):
                read(foreign)
    chat = written(tmp_path, b"\x02bold\x02 \x0304red\x03 words\n" * 9)
    assert len(read_texts(chat, False, "\n", False)) == 9


def test_another_delimiter_ends_texts_of_several_lines(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\nb<|end|>c<|end|>\n")
    assert read_texts(path, False, "<|end|>", False) == ["a\nb", "c"]


def test_a_csv_has_texts_and_labels(tmp_path: Path) -> None:
    path = written(tmp_path, b'title,who\n"one, two\nthree",x\n\nfour,y\n')
    assert read_texts(path, True, "\n", True) == ["one, two\nthree", "four"]
    assert read_labelled(path, True) == (["one, two\nthree", "four"], ["x", "y"])
    with pytest.raises(ValueError, match="row 2 has no label"):
        read_labelled(written(tmp_path, b"a,b\none,x\ntwo\n"), True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (lambda p: read_texts(p, True, "\n", False), read_pieces):
        with pytest.raises(ValueError, match="nowhere cannot be read: No such file"):
            read(tmp_path / "nowhere")


@pytest.mark.parametrize("size", [400, 5000, 99_999, 2_500_000])
def test_a_long_text_is_cut_into_pieces_and_nothing_is_lost(tmp_path: Path, size: int) -> None:
    text = ("some words of a text\n" * (size // 21 + 1))[:size]
    path = written(tmp_path, text.encode())
    for pieces in (cut(text), read_pieces(path)):
        assert "".join(pieces) == text
        assert len(pieces) >= 10
        assert max(map(len, pieces)) <= 2 * PIECE_CHARS
        assert all(piece[0] in " \n" for piece in pieces[1:-1])


def test_text_without_white_space_is_cut_as_well() -> None:
    assert "".join(cut("日" * 50_000)) == "日" * 50_000


def test_a_large_file_is_held_once(tmp_path: Path) -> None:
    path = written(tmp_path, b"some words of a text\n" * 1_000_000)
    tracemalloc.start()
    pieces = read_pieces(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(map(len, pieces)) == 21_000_000
    assert peak < 1.5 * 21_000_000


def test_thirty_thousand_texts_are_held_once() -> None:
    texts = [f"{i} " + "some words of a text " * 10 for i in range(30_000)]
    chars = sum(map(len, texts))
    tracemalloc.start()
    kept, labels, _ = divided(*checked(texts, None), Asked(train_size=0.9))
    vocabulary = vocabulary_of(kept, chosen_settings({}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sorted(map(id, kept)) == sorted(map(id, texts))
    assert labels == []
    assert vocabulary.size == Vocabulary(MARKS).size
    assert peak < 0.5 * chars


@pytest.mark.parametrize(
    ("texts", "labels", "sentence"),
    [
        ([], None, "a text that is not blank, got 0 blank ones"),
        (["", "  "] * 20, None, "got 40 blank ones"),
        (None, None, "texts must be a list of texts, got None"),
        (["a"], 5, "context_labels must be a list, one a text, got 5"),
        ("a text", None, "texts must be a list of texts, got one text"),
        (["a"] * 10 + [float("nan")], None, r"texts\[10\] must be a text, got nan; leave it out"),
        (["a"] * 10, ["x"], "one context label a text, got 1 for 10 texts"),
    ],
)
def test_wrong_texts_say_what_to_do(texts: list[str], labels: list[str], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        checked(texts, labels)


def test_too_short_a_single_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 400 characters to train on, got 5"):
        read_pieces(written(tmp_path, b"short"))


def test_halves_of_characters_are_replaced() -> None:
    assert checked(["a\ud800b"] * 10, None)[0] == ["a\ufffdb"] * 10
    assert set(cut("\udc00" * 400)[0]) == {"\ufffd"}


def test_blank_texts_go_with_their_labels() -> None:
    with pytest.warns(TextgenWarning, match="10 of 20 texts are blank: they are left out"):
        texts, labels = checked(["a", " "] * 10, [1, 2] * 10)
    assert (texts, labels) == (["a"] * 10, ["1"] * 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("num_epochs", 0),
        ("train_size", 1.2),
        ("train_size", "much"),
        ("dropout", 1),
        ("dropout", None),
        ("gen_epochs", -1),
        ("learning_rate", "fast"),
        ("learning_rate", -1),
        ("max_gen_length", 0),
        ("seed", -1),
    ],
)
def test_options_out_of_range_are_named(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be .*, got {value!r}"):
        Asked(**{name: value})  # type: ignore[arg-type]


def test_a_train_size_above_1_means_all_and_callbacks_may_be_one() -> None:
    with pytest.warns(TextgenWarning, match="train_size is a share, got 3: all texts are used"):
        asked, others = asked_of({"callbacks": print, "word_level": True}, train_size=3)
    assert (asked.train_size, asked.callbacks, others) == (1.0, (print,), {"word_level": True})
    with pytest.raises(ValueError, match="callbacks must be a list of functions, got 5"):
        asked_of({"callbacks": 5})


def test_the_steps_of_an_epoch_follow_the_corpus() -> None:
    causal = config_of(chosen_settings({}), 0)
    window = config_of(chosen_settings({"rnn_bidirectional": True, "max_length": 10}), 0)
    sizes = (10, 4000, 100_000, 10**7)
    assert [batch_targets(128, n, causal, is_new=True) for n in sizes] == [16, 128, 1250, 4096]
    assert [batch_targets(128, n, causal, is_new=False) for n in sizes] == [16, 128, 2500, 4096]
    assert [batch_targets(16, n, causal, is_new=True) for n in sizes] == [2, 16, 156, 512]
    assert batch_targets(64, 10, window, is_new=True) == 64
    assert window.window is not None
    assert (window.window.context_chars, window.window.bidirectional) == (10, True)


def test_unknown_options_are_warned_of_and_known_ones_checked() -> None:
    with pytest.warns(UserWarning, match="rnn_sizes is no option of training"):
        assert chosen_settings({"rnn_sizes": 3, "is_csv": True})["rnn_size"] == 128
    with pytest.raises(ValueError, match="rnn_size must be a whole number from 1, got 0"):
        chosen_settings({"rnn_size": 0})


def test_the_commonest_words_make_a_vocabulary() -> None:
    texts = ["The cat, the dog!", "the Cat's"]
    vocabulary = vocabulary_of(texts, chosen_settings({"word_level": True, "max_words": 3}))
    assert vocabulary == LegacyVocabulary(("the", "cat", ",", "<s>"), words=True)


def test_any_script_has_a_vocabulary_of_characters() -> None:
    texts = ["日本語 русский 😀"] * 20 + ["rare Ω"]
    vocabulary = vocabulary_of(texts, chosen_settings({}))
    assert isinstance(vocabulary, Vocabulary)
    assert "日" in vocabulary.frequent
    for text in texts:
        assert vocabulary.decode(vocabulary.encode_message(text)) == text
    assert vocabulary_of(texts, chosen_settings({"max_words": 130})).size == vocabulary.size - 9
    assert "Ω" in vocabulary.frequent  # of a small corpus every character has an id
    assert "Ω" not in vocabulary_of([*texts[:20] * 1000, "rare Ω"], chosen_settings({})).frequent
