"""Of many drafts one is sent, and a model's taste survives its file."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from random_checkpoints import random_checkpoint
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from taste_models import MESSAGES, tasting_checkpoint

from textgen_core import CheckpointError, Engine, GenerationOptions, load_checkpoint
from textgen_core.generation.draft import Draft
from textgen_core.generation.drafting import alike, best_texts, chosen_texts, drafted, merits
from textgen_core.generation.taste_fitting import USUAL_WEIGHTS, fitted_weights, with_taste
from textgen_core.model.checkpoint import (
    checkpoint_from_bytes,
    checkpoint_to_bytes,
    save_checkpoint,
)
from textgen_core.model.taste import FLAWS, Taste
from textgen_core.model.wording import Wording
from textgen_core.text.vocabulary import BOUNDARY_ID, FIRST_ASCII_ID
from textgen_core.text.word_units import END, units

OPTIONS = GenerationOptions(seed=3, max_chars=60)
TASTE = tasting_checkpoint().taste
assert TASTE is not None


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(tasting_checkpoint())


def test_a_taste_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = tasting_checkpoint()
    save_checkpoint(saved, tmp_path / "m")
    copied = checkpoint_from_bytes(checkpoint_to_bytes(saved))
    for taste in (load_checkpoint(tmp_path / "m").taste, copied.taste):
        assert taste is not None
        assert saved.taste is not None
        assert taste.to_metadata() == saved.taste.to_metadata()
        assert (taste.wording.bits == saved.taste.wording.bits).all()


_WRONG = [
    ({"weights": {}}, "its weights must be those of"),
    ({"lengths": [3] * 5}, "there must be 33 numbers"),
    ({"lengths": list(range(33, 0, -1))}, "ascending"),
    ({"lengths": [0] * 33}, "lengths must be from 1"),
    ({"lengths": [10**8] * 33}, "lengths must be from 1"),
    ({"lengths": ["1"] * 33}, "there must be numbers"),
    ({"bits": [1.0, 0.0]}, "a deviation must be above 0"),
    ({"bits": [1e300, 1.0]}, "there must be numbers"),
    ({"more": 1}, "it must have lengths, bits and weights"),
]


@pytest.mark.parametrize(("change", "sentence"), _WRONG)
def test_a_damaged_taste_is_refused(
    tmp_path: Path, change: dict[str, object], sentence: str
) -> None:
    _changed(tmp_path / "m", change, {})
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(tmp_path / "m")


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"taste/wording": None}, "its taste lacks an array"),
        ({"taste/wording": np.zeros(1000, np.uint8)}, "must have a power of two"),
        ({"taste/wording": np.zeros(1 << 22, np.uint8)}, "must have a power of two"),
        ({"taste/wording": np.zeros(1024, np.float32)}, "one row of bytes"),
    ],
)
def test_a_damaged_wording_is_refused(
    tmp_path: Path, tensors: dict[str, np.ndarray | None], sentence: str
) -> None:
    _changed(tmp_path / "m", {}, tensors)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(tmp_path / "m")


def _changed(path: Path, change: dict[str, object], tensors: dict[str, np.ndarray | None]) -> None:
    save_checkpoint(tasting_checkpoint(), path)
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    metadata["taste"] = json.dumps(json.loads(metadata["taste"]) | change)
    kept = load_file(path) | tensors
    save_file({name: array for name, array in kept.items() if array is not None}, path, metadata)


def test_a_seed_gives_the_same_texts(engine: Engine) -> None:
    options = replace(OPTIONS, n=3)
    assert chosen_texts(engine, options) == chosen_texts(engine, options)
    assert best_texts(engine, options) == best_texts(engine, options)


def test_a_text_begins_with_its_prompt_and_keeps_its_length(engine: Engine) -> None:
    options = replace(OPTIONS, prompt="I like", n=4, max_chars=12)
    for text in chosen_texts(engine, options):
        assert text.startswith("I like")
        assert len(text) <= len("I like") + 12


def test_texts_are_not_alike_where_others_will_do(engine: Engine) -> None:
    texts = best_texts(engine, replace(OPTIONS, n=3))
    assert len(texts) == 3
    assert not any(alike(a, b) for place, a in enumerate(texts) for b in texts[:place])


def test_what_was_sent_lately_is_not_sent_again(engine: Engine) -> None:
    (first,) = chosen_texts(engine, OPTIONS)
    (again,) = chosen_texts(engine, OPTIONS, lately=[first])
    assert not alike(first, again)


@pytest.mark.parametrize(
    ("text", "other", "are"),
    [
        ("I like tea a lot", "i like tea", True),
        ("we want tea and cake", "cake and tea we want", True),
        ("good morning Ann", "good evening Ann", False),
    ],
)
def test_texts_are_alike_that_begin_alike_or_say_the_same(text: str, other: str, are: bool) -> None:
    assert alike(text, other) is are


def test_words_that_the_server_does_not_use_are_drawn_again() -> None:
    """A network that writes q, z and spaces at random says what the server says of that."""
    likely = {FIRST_ASCII_ID + ord(char): 9.0 for char in "qz"}
    likely |= {FIRST_ASCII_ID + ord(" "): 9.7, BOUNDARY_ID: 7.0}
    taste = replace(TASTE, wording=Wording.of(["q z q z q z", "z q z q"]))
    engine = Engine(replace(random_checkpoint(scale=0, bias=likely), taste=taste))
    rng = np.random.default_rng(0)
    drafts = [draft for _ in range(9) for draft in drafted(engine, OPTIONS, rng)]
    ours = [taste.known_share(units(draft.text), 2) for draft in drafts]
    plain = engine.generate(replace(OPTIONS, n=30))
    theirs = [taste.known_share(units(text), 2) for text in plain]
    assert np.mean(ours) > 1.5 * np.mean(theirs) > 0


def test_known_shares_are_those_of_the_runs() -> None:
    taste = replace(TASTE, wording=Wording.of(["zorp quex vlim"] * 2))
    assert taste.known_share(units("zorp quex vlimquex"), 2) == pytest.approx(2 / 4)
    assert taste.known_share(units("zebra quagga"), 3) == 0
    assert taste.known_share([END], 2) == 1


def test_what_everybody_says_is_known_of_every_server() -> None:
    taste = replace(TASTE, wording=Wording.of(["zorp", "quex"]))
    assert taste.knows(("thank", "you"))
    assert taste.knows((END, "that's", "a"))
    assert not taste.knows(("you", "thank", "quex"))


def test_a_draft_of_forced_words_is_worth_less(engine: Engine) -> None:
    draft = Draft("I like tea", 10, 0, ended=True, drawn_chars=10)
    good, bad = merits(engine, TASTE, OPTIONS, [draft, replace(draft, forced=2)])
    assert good > bad


def test_a_network_that_knows_no_words_still_writes(engine: Engine) -> None:
    assert all(chosen_texts(engine, replace(OPTIONS, n=5)))


def test_a_model_without_taste_says_so() -> None:
    engine = Engine(replace(tasting_checkpoint(), taste=None))
    with pytest.raises(ValueError, match="cannot tell its better texts"):
        chosen_texts(engine, OPTIONS)


def test_flaws_are_counted() -> None:
    taste = tasting_checkpoint().taste
    assert taste is not None
    good = dict(zip(FLAWS, taste.flaws("I like tea in the evening", 2.0), strict=True))
    assert good["unknown_words"] < 0.2
    assert good["surprise"] == good["blandness"] == good["cut_short"] == 0
    bad = dict(zip(FLAWS, taste.flaws("tea tea (zebra", 3.0, forced=1, ended=False), strict=True))
    assert bad["surprise"] == pytest.approx(2)
    assert bad["repetition"] == pytest.approx(1 / 3)
    assert bad["open_brackets"] == bad["cut_short"] == 1
    assert bad["unknown_pairs"] > good["unknown_pairs"]
    assert taste.flaws("that is fine :)", 2.0)[FLAWS.index("open_brackets")] == 0


def test_a_flaw_that_drafts_have_more_of_costs_more() -> None:
    rng = np.random.default_rng(0)
    theirs, ours = rng.random((80, len(FLAWS))), rng.random((80, len(FLAWS)))
    repetition, blandness = FLAWS.index("repetition"), FLAWS.index("blandness")
    ours[:, repetition] += 1
    theirs[:, blandness] += 1
    weights = fitted_weights(theirs, ours)
    assert weights[repetition] > USUAL_WEIGHTS[repetition]
    assert 0 < weights[blandness] < USUAL_WEIGHTS[blandness]


def test_a_taste_is_fitted_to_a_servers_messages() -> None:
    model = replace(tasting_checkpoint(), taste=None)
    fitted = with_taste(model, MESSAGES * 20, MESSAGES * 5).taste
    assert isinstance(fitted, Taste)
    assert fitted.wording.knows(("i", "like", "tea"))
    assert 4 <= fitted.length_at(0) <= fitted.length_at(0.5) <= fitted.length_at(1) <= 40
    few = with_taste(model, MESSAGES * 20, MESSAGES).taste
    assert few is not None
    assert few.weights == USUAL_WEIGHTS


def test_what_a_version_knew_before_stays_known() -> None:
    model = replace(tasting_checkpoint(), taste=None)
    new = ["we play chess", "do we play chess"] * 3
    after = with_taste(model, new, [], before=TASTE).taste
    assert after is not None
    assert after.wording.knows(("we", "play", "chess"))
    assert after.wording.knows(("i", "like", "tea"))
    assert (after.lengths, after.weights) == (TASTE.lengths, TASTE.weights)


def test_a_script_that_does_not_part_words_is_left_to_plain_draws() -> None:
    model = replace(tasting_checkpoint(), taste=None)
    assert (
        with_taste(model, ["今日はとても天気がいいですね散歩に行きましょう"] * 30, []).taste is None
    )
