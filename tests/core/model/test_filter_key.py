"""A filter is noise to whoever lacks its key."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions, load_checkpoint, save_checkpoint
from textgen_core.errors import CheckpointError, FilterKeyError
from textgen_core.model.filter_key import FilterKey, key_at, opened, users_key, users_key_path
from textgen_core.model.verbatim_filter import Seal, VerbatimFilter

SAID = [f"what person {number} says stays between the two of us" for number in range(50)]
OPEN = VerbatimFilter.from_texts(SAID)
KEY, OTHER = FilterKey(bytes(range(32))), FilterKey(bytes(32))


def test_a_sealed_filter_knows_nothing_and_its_key_opens_it() -> None:
    sealed = KEY.seal(OPEN)
    assert sealed.seal
    assert sealed.seal.key_id == KEY.id != OTHER.id
    assert not any(sealed.knows(text).any() for text in SAID)
    found = KEY.open(sealed)
    assert found
    assert (found.bits == OPEN.bits).all()
    assert found.knows(SAID[3]).all()
    assert OTHER.open(sealed) is None
    assert KEY.open(OPEN) is OPEN
    assert KEY.seal(sealed) is sealed


def test_its_bits_are_as_if_drawn_by_chance_and_never_the_same_twice() -> None:
    """Not even how many runs it knows, or which it has in common with another, can be told."""
    few = VerbatimFilter.from_texts(SAID[:1])
    first, second = KEY.seal(few), KEY.seal(few)
    for sealed in (first, second):
        share = np.bitwise_count(sealed.bits).sum() / (8 * sealed.bits.size)
        assert share == pytest.approx(0.5, abs=0.05)
    same = np.bitwise_count(~(first.bits ^ second.bits)).sum() / (8 * first.bits.size)
    assert same == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("part", ["bits", "tag", "run_chars"])
def test_a_changed_filter_is_not_opened(part: str) -> None:
    sealed = KEY.seal(OPEN)
    assert sealed.seal
    if part == "bits":
        bits = sealed.bits.copy()
        bits[7] ^= 1
        changed = replace(sealed, bits=bits)
    elif part == "tag":
        changed = replace(sealed, seal=replace(sealed.seal, tag=bytes(16)))
    else:
        changed = replace(sealed, run_chars=25)
    assert KEY.open(changed) is None


def test_sealed_filters_are_neither_added_to_nor_joined() -> None:
    sealed = KEY.seal(OPEN)
    with pytest.raises(ValueError, match="sealed"):
        VerbatimFilter.from_texts(SAID, known=sealed)
    with pytest.raises(ValueError, match="open filters"):
        OPEN.joined(sealed)


def test_joined_filters_know_what_either_knows_and_stay_small() -> None:
    more = [f"and number {number} is of another opinion altogether" for number in range(400)]
    roomy = VerbatimFilter.from_texts(more, most_filled=1 / 8)
    both = OPEN.joined(roomy)
    assert all(both.knows(text).all() for text in (*SAID, *more))
    assert both.false_positives < 0.01
    assert roomy.packed().bits.size < roomy.bits.size
    assert not both.knows("this was never said by anybody at all").any()


def test_what_lies_in_a_file_is_sealed_or_open_as_it_was(tmp_path: Path) -> None:
    sealed = KEY.seal(OPEN)
    save_checkpoint(replace(random_checkpoint(), seen=sealed), tmp_path / "m")
    seen = load_checkpoint(tmp_path / "m").seen
    assert seen
    assert seen.seal == sealed.seal
    found = KEY.open(seen)
    assert found
    assert found.knows(SAID[0]).all()


@pytest.mark.parametrize(
    ("key_id", "nonce", "tag"),
    [("x", "00" * 12, "00" * 16), (KEY.id, "00", "00" * 16), (KEY.id, "zz", "00" * 16)],
)
def test_malformed_seals_are_refused(key_id: str, nonce: str, tag: str, tmp_path: Path) -> None:
    from textgen_core.model.checkpoint import filter_of

    entry = f'{{"run_chars": 24, "key": "{key_id}", "nonce": "{nonce}", "tag": "{tag}"}}'
    with pytest.raises(CheckpointError, match="filter of the training text is wrong"):
        filter_of(np.zeros(1024, np.uint8), {"seen": entry})
    with pytest.raises(ValueError, match="seal"):
        Seal(KEY.id, b"", bytes(16))


def test_a_key_is_drawn_once_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "filter.key"
    assert key_at(path, make=False) is None
    key = key_at(path, make=True)
    assert key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["filter.key"]
    again = key_at(path, make=True)
    assert again
    assert again.id == key.id


@pytest.mark.parametrize("content", [b"", b"no key", b"ab" * 31, b"\xff" * 64])
def test_a_damaged_key_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "filter.key"
    path.write_bytes(content)
    with pytest.raises(FilterKeyError, match=r"filter\.key"):
        key_at(path, make=True)
    assert path.read_bytes() == content
    with pytest.raises(ValueError, match="32 bytes"):
        FilterKey(b"short")


def test_an_engine_guards_by_the_key_it_is_given_or_else_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    sealed = replace(random_checkpoint(), seen=KEY.seal(OPEN))
    novel = GenerationOptions(novel_run=24, seed=1)
    assert Engine(sealed, KEY).generate(novel)
    assert "nothing keeps it from repeating" not in caplog.text
    with pytest.raises(ValueError, match="that the key of this machine opens"):
        Engine(sealed).generate(novel)
    assert KEY.id in caplog.text
    assert Engine(sealed).generate(GenerationOptions(seed=1))  # no guard was asked for
    users = users_key(make=True)
    assert users
    assert users_key_path().is_file()
    mine = replace(sealed, seen=users.seal(OPEN))
    assert Engine(mine).generate(novel)
    assert opened(mine.seen, KEY) is None
