"""Surprise adds up, gradients are slopes, dials do what they say, and probes rank."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from legacy_models import WORDS, LegacyModel
from random_checkpoints import random_checkpoint

from textgen_core import CorpusError, Engine, evaluate
from textgen_core.legacy.model_files import read_model
from textgen_core.model.checkpoint import Checkpoint, checkpoint_from_bytes, checkpoint_to_bytes
from textgen_core.model.quantization import Precision
from textgen_core.neurons.alignment import aligned
from textgen_core.neurons.dial import Dial, dialled, parse_dial
from textgen_core.neurons.gradient import gradient_of, looked_at
from textgen_core.neurons.probes import _aucs, find_cells
from textgen_core.neurons.properties import PROPERTIES
from textgen_core.neurons.report import report_on
from textgen_core.neurons.surprise import surprise
from textgen_core.neurons.units import cells_of
from textgen_core.text.special_tokens import AUTHOR_TOKENS

TEXT = "héllo 漢字, wörld"
PIECES = (("hello", -3.0), ("he", -4.0), ("lo", -4.0), *((char, -5.0) for char in "helo wrd"))


@pytest.mark.parametrize(
    "model",
    [random_checkpoint(), random_checkpoint(scores=PIECES)],
    ids=["characters", "pieces"],
)
@pytest.mark.parametrize("text", [TEXT, "hello hello", "x"])
def test_bits_add_up_to_those_of_evaluate(model: Checkpoint, text: str) -> None:
    seen = surprise(model, text)
    measured = evaluate(model, [text])
    total = measured.bits_per_char * measured.chars
    assert seen.text == text
    assert float(seen.bits.sum()) + seen.end_bits == pytest.approx(total)
    assert seen.bits_per_char == pytest.approx(measured.bits_per_char)


def test_where_all_ids_are_alike_each_costs_the_same() -> None:
    model = random_checkpoint(scale=0)
    each = math.log2(model.vocabulary.size)
    seen = surprise(model, "aé漢")
    assert seen.bits == pytest.approx([each, each, 3 * each])  # the last one has three bytes
    assert [worst.char for worst in seen.worst] == [0, 1, 2]


def test_a_pieces_bits_are_shared_by_its_characters() -> None:
    seen = surprise(random_checkpoint(scores=PIECES), "hello")
    assert len(set(np.round(seen.bits, 9))) == 1


@pytest.mark.parametrize(
    "kept",
    [
        LegacyModel(version="0.1", layers=1),
        LegacyModel(),
        LegacyModel(bidirectional=True),
        LegacyModel(tokens=WORDS),
    ],
    ids=["0.1", "attention", "bidirectional", "words"],
)
def test_textgenrnns_models_show_surprise_and_say_why_not_the_rest(
    kept: LegacyModel, tmp_path: Path
) -> None:
    model = read_model(kept.write(tmp_path))
    report = report_on([("old", model)], "the tea zz", [])
    ((_, seen),) = report.stages
    measured = evaluate(model, ["the tea zz"])
    assert float(seen.bits.sum()) + seen.end_bits == pytest.approx(
        measured.bits_per_char * measured.chars
    )
    assert report.gaze is None
    for work in (
        lambda: looked_at(model, "the tea", 3),
        lambda: dialled(model, [Dial(0, 1)]),
        lambda: cells_of(model, [model.vocabulary.encode_message("tea")]),
    ):
        with pytest.raises(ValueError, match=r"window of 40 characters, so .* --convert stream"):
            work()


def test_the_gradient_is_the_slope_of_finite_differences() -> None:
    model = random_checkpoint(units=6, embedded=4)
    ids, target = model.vocabulary.encode_message("héllo you")[:-1], 40
    log_p, gradient = gradient_of(model, ids, target)
    step = 1e-5
    for place in np.ndindex(*gradient.shape):
        moved = np.zeros(gradient.shape)
        moved[place] = step
        above, _ = gradient_of(model, ids, target, moved)
        below, _ = gradient_of(model, ids, target, -moved)
        assert gradient[place] == pytest.approx((above - below) / (2 * step), abs=1e-8)
    engine = Engine(model)
    probs = engine.probs(engine.feed(engine.start(), ids[1:]))
    assert math.exp(log_p) == pytest.approx(probs[target], rel=1e-4)


def test_what_was_looked_at_is_shared_by_the_characters_before() -> None:
    seen = looked_at(random_checkpoint(), TEXT, 8)
    assert (seen.place, len(seen.shares)) == (8, 8)
    assert float(seen.shares.sum()) == pytest.approx(1)
    for place in (0, len(TEXT)):
        with pytest.raises(ValueError, match="the place must be"):
            looked_at(random_checkpoint(), TEXT, place)


def test_a_piece_is_looked_back_from_as_a_whole() -> None:
    model = random_checkpoint(scores=PIECES)
    seen = looked_at(model, "hello hello", 8)  # the second "hello" is one piece
    assert (seen.place, len(seen.shares)) == (6, 6)
    assert len(set(np.round(seen.shares[:5], 9))) == 1
    with pytest.raises(ValueError, match="something before it, 5 to 10 here, got 3"):
        looked_at(model, "hello hello", 3)
    report = report_on([("m", model)], "hello", [])
    assert report.gaze is None
    assert report.stages[0][1].text == "hello"


def by_hand(model: Checkpoint, text: str, dial: Dial) -> np.ndarray:
    """Return the logits after a text of which every reader of a unit reads what a dial says."""
    weights, config = model.weights, model.config
    units, embedded = config.rnn_size, config.dim_embeddings

    def read(outputs: np.ndarray, layer: int) -> np.ndarray:
        outputs = outputs.copy()
        if dial.unit // units == layer:
            unit = dial.unit % units
            outputs[..., unit] = dial.amount + (0 if dial.held else outputs[..., unit])
        return outputs

    below = weights["embedding"][model.vocabulary.encode_message(text)[:-1]].astype(float)
    features = [below]
    for layer in range(config.rnn_layers):
        cell, output, outputs = np.zeros(units), np.zeros(units), []
        for row in below:
            z = row @ weights[f"rnn_{layer}/kernel"] + weights[f"rnn_{layer}/bias"]
            z = z + read(output, layer) @ weights[f"rnn_{layer}/recurrent_kernel"]
            i, f, g, o = np.split(z, 4)
            cell = cell / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            output = np.tanh(cell) / (1 + np.exp(-o))
            outputs.append(output)
        below = read(np.array(outputs), layer)
        features.append(below)
    seen = np.concatenate(features, axis=1)
    assert seen.shape[1] == embedded + config.rnn_layers * units
    shares = np.exp(seen @ weights["attention/score"])
    attended = seen[-1] + weights["attention/gate"] * (shares / shares.sum() @ seen)
    return attended @ weights["output/kernel"] + weights["output/bias"]


@pytest.mark.parametrize("dial", ["3=+1.5", "3=-1", "12=+2", "12=0.5", "3=0"])
@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
def test_a_dial_is_what_its_readers_read(dial: str, precision: Precision) -> None:
    model = random_checkpoint(units=8)
    model = checkpoint_from_bytes(checkpoint_to_bytes(model, precision=precision))
    asked = parse_dial(dial)
    assert str(asked) == dial
    engine = Engine(dialled(model, [asked]))
    probs = engine.probs(engine.feed(engine.start(), model.vocabulary.encode("hey you")))
    logits = by_hand(model, "hey you", asked)
    expected = np.exp(logits - logits.max())
    # In 8 bits the engine rounds what it multiplies, too.
    near = 2e-2 if precision is Precision.INT8 else 1e-4
    assert probs == pytest.approx(expected / expected.sum(), rel=near, abs=near / 100)


@pytest.mark.parametrize("typed", ["", "3", "3=", "3=x", "x=1", "3=+11", "-3=1", "3=++1"])
def test_a_dial_that_makes_no_sense_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="--dial must be a unit and an amount"):
        parse_dial(typed)


def test_a_dial_needs_a_unit_that_there_is() -> None:
    with pytest.raises(ValueError, match="a unit from 0 to 15 of this model, got 16"):
        dialled(random_checkpoint(units=8), [Dial(16, 1)])


def test_voices_and_scripts_are_properties_too() -> None:
    """Of random weights a unit that sees the mark that opens a text still tells it at once."""
    voice = AUTHOR_TOKENS[0]
    model = random_checkpoint(frequent="да" + voice, scale=1.5)
    messages = ["да", "ok"] * 200
    found = {cell.property: cell for cell in find_cells(model, messages[::2] + messages[1::2])}
    assert {"voice 1", "Cyrillic"} <= set(found)
    assert found["voice 1"].auc > 0.9
    assert found["voice 1"].last_char_auc == pytest.approx(0.5, abs=0.05)


def test_too_little_text_is_told() -> None:
    for messages in ([], ["a"], ["a", "b"] * 3):
        with pytest.raises(CorpusError, match="too little text to probe"):
            find_cells(random_checkpoint(), messages)


def test_areas_count_the_pairs_that_are_in_order() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (60, 3)).astype(np.float32)  # with many ties
    labels = rng.random((2, 60)) < 0.4
    pairs = [
        [
            np.mean([(a > b) + 0.5 * (a == b) for a in column[row] for b in column[~row]])
            for column in scores.T
        ]
        for row in labels
    ]
    assert _aucs(scores, labels) == pytest.approx(np.array(pairs))


def test_cells_do_not_depend_on_what_is_read_beside_them() -> None:
    model = random_checkpoint()
    texts = [model.vocabulary.encode_message(text) for text in ("a", "hello", "hey you")]
    together = cells_of(model, texts)
    for ids, cells in zip(texts, together, strict=True):
        (alone,) = cells_of(model, [ids])
        assert np.array_equal(cells, alone)


@pytest.mark.parametrize(
    ("name", "text", "marked"),
    [
        ("mention", "hi @ann-b, you", "   ######     "),
        ("link", "see https://a.b/c now", "    #############    "),
        ("quotes", 'a "bc" d', "  ###   "),
        ("brackets", "a (bc) d", "  ###   "),
        ("code", "a `bc` d", "  ###   "),
        ("capitals", "Oh NO WAY x", "   ######  "),
        ("late in a word", "an elephant", "        ###"),
        ("laughter", "so lol haha", "   ### ####"),
        ("question", "no. why? so", "   #####   "),
        ("Cyrillic", "да ok", "     "),
        ("Cyrillic", "да нет ok", "#########"),
    ],
)
def test_properties_mark_what_they_name(name: str, text: str, marked: str) -> None:
    (asked,) = [each for each in PROPERTIES if each.name == name]
    assert "".join("#" if flag else " " for flag in asked.holds(text)) == marked


def test_alignment_covers_each_character_once() -> None:
    vocabulary = random_checkpoint(scores=PIECES).vocabulary
    text = aligned(vocabulary, TEXT)
    assert text.repeated(np.ones(len(text.starts))) == pytest.approx(np.ones(len(TEXT)))
    assert float(text.spread(np.ones(len(text.starts))).sum()) == pytest.approx(len(text.starts))
