"""The distribution characters are drawn from, and its compiled form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from textgen_core.generation.sampling import REPETITION_WINDOW, next_char_probs, penalised
from textgen_core.kernels.decoding import SamplingParams, filtered, pick, uniform

LOGITS = np.log([0.5, 0.25, 0.125, 0.125])

logit_lists = st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=40)
temperatures = st.floats(0.05, 5)


def test_temperature_1_is_the_softmax() -> None:
    np.testing.assert_allclose(next_char_probs(LOGITS), [0.5, 0.25, 0.125, 0.125])


def test_temperature_divides_logits() -> None:
    halved = np.array([0.5, 0.25, 0.125, 0.125]) ** 2
    np.testing.assert_allclose(next_char_probs(LOGITS, temperature=0.5), halved / halved.sum())


def test_a_very_low_temperature_takes_the_likeliest() -> None:
    np.testing.assert_array_equal(next_char_probs(LOGITS, temperature=1e-300), [1, 0, 0, 0])


def test_top_k_prefers_the_lower_id_among_equals() -> None:
    probs = next_char_probs(LOGITS, top_k=3)
    np.testing.assert_allclose(probs, np.array([4, 2, 1, 0]) / 7)


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.1, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.8, 3), (0.9, 4), (1, 4)]
)
def test_the_nucleus_is_the_smallest_set_with_the_mass(top_p: float, kept: int) -> None:
    assert np.count_nonzero(next_char_probs(LOGITS, top_p=top_p)) == kept


def test_the_nucleus_is_measured_after_top_k_renormalises() -> None:
    probs = next_char_probs(LOGITS, top_k=2, top_p=0.6)
    np.testing.assert_allclose(probs, [1, 0, 0, 0])  # 0.5 of 0.75 is two thirds


@pytest.mark.parametrize(("min_p", "kept"), [(0.1, 4), (0.25, 4), (0.26, 2), (0.5, 2), (0.51, 1)])
def test_min_p_is_a_share_of_the_likeliest(min_p: float, kept: int) -> None:
    assert np.count_nonzero(next_char_probs(LOGITS, min_p=min_p)) == kept


def test_min_p_is_measured_after_temperature() -> None:
    assert np.count_nonzero(next_char_probs(LOGITS, temperature=0.5, min_p=0.2)) == 2
    assert np.count_nonzero(next_char_probs(LOGITS, temperature=2, min_p=0.49)) == 4


def test_what_continued_a_run_before_is_penalised_once() -> None:
    logits, text = [4.0, -4.0, 4.0, 4.0], [0, 1, 0, 0, 1, 2, 0, 1, 0, 1]
    np.testing.assert_array_equal(penalised(logits, text, penalty=2, run=2), [2, -4, 2, 4])
    np.testing.assert_array_equal(penalised(logits, text, penalty=2, run=3), [4, -4, 4, 4])
    np.testing.assert_array_equal(
        penalised([4.0, -4.0], [0, 1, 0, 1, 0], penalty=2, run=3), [4, -8]
    )


def test_bytes_within_a_character_do_not_count_as_characters() -> None:
    begins = [1, 0]
    text = [0, 1, 0, 1, 1, 0, 1]
    assert penalised([1.0, 1.0], text, penalty=2, run=2, begins=begins).tolist() == [1, 1]
    assert penalised([1.0, 1.0], text, penalty=2, run=1, begins=begins).tolist() == [0.5, 0.5]


def test_repetition_counts_within_the_last_ids_only() -> None:
    text = [0, 1, 2, *[3] * (REPETITION_WINDOW - 4), 0, 1]
    assert penalised([4.0] * 4, text[1:], penalty=2, run=2).tolist() == [4, 4, 4, 4]
    assert penalised([4.0] * 4, text, penalty=2, run=2).tolist() == [4, 4, 4, 4]
    assert penalised([4.0] * 4, [*text[:5], *text[6:]], penalty=2, run=2).tolist() == [4, 4, 2, 4]


@given(logit_lists, temperatures, st.integers(1, 50), st.floats(0.01, 1))
def test_probabilities_sum_to_one(
    logits: list[float], temperature: float, top_k: int, top_p: float
) -> None:
    probs = next_char_probs(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    assert probs.sum() == pytest.approx(1)
    assert 1 <= np.count_nonzero(probs) <= top_k


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.1}, "temperature must be a number from 0, got -0.1"),
        ({"temperature": float("nan")}, "temperature must be a number from 0, got nan"),
        ({"temperature": float("inf")}, "temperature must be a number from 0, got inf"),
        ({"temperature": "hot"}, "temperature must be a number from 0, got 'hot'"),
        ({"top_k": 0}, "top_k must be a whole number of at least 1, got 0"),
        ({"top_k": 2.5}, "top_k must be a whole number of at least 1, got 2.5"),
        ({"top_p": 0}, r"top_p must be in \(0, 1\], got 0"),
        ({"top_p": 1.7}, r"top_p must be in \(0, 1\], got 1.7"),
        ({"min_p": 0}, r"min_p must be in \(0, 1\], got 0"),
        ({"min_p": 1.01}, r"min_p must be in \(0, 1\], got 1.01"),
    ],
)
def test_a_parameter_out_of_range_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        next_char_probs(LOGITS, **options)


def choice_of(
    size: int,
    temperature: float,
    top_k: Any = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> SamplingParams:
    return SamplingParams(
        mask=np.zeros((1, size), np.float32),
        next_state=np.zeros((1, size), np.int64),
        first_state=0,
        boundary_id=1,
        widths=np.ones(size, np.int64),
        strides=np.ones(size, np.int64),
        temperatures=np.array([temperature]),
        ones=np.ones(size, np.float32),
        top_k=min(size, top_k or size),
        top_p=float(top_p or 1),
        min_p=float(min_p or 0),
        max_chars=1,
        beginning=np.zeros(0, np.int32),
    )


def compiled_probs(logits: list[float], temperature: float, *limits: float | None) -> np.ndarray:
    weights = np.array(logits, np.float32)
    choice = choice_of(len(weights), temperature, *limits)
    assert filtered(weights, np.empty(len(weights), np.int32), temperature, choice)
    return weights.astype(np.float64) / weights.sum(dtype=np.float64)


@settings(deadline=None)
@given(logit_lists, temperatures, st.none() | st.integers(1, 50))
def test_compiled_temperature_and_top_k_do_the_same(
    logits: list[float], temperature: float, top_k: int | None
) -> None:
    scaled = np.unique(np.array(logits, np.float32)) / temperature
    assume(not np.any(np.diff(scaled) < 1e-3))  # near ties may round to ties
    expected = next_char_probs(logits, temperature=temperature, top_k=top_k)
    np.testing.assert_allclose(
        compiled_probs(logits, temperature, top_k, None), expected, atol=2e-5
    )


@settings(deadline=None)
@given(logit_lists, temperatures, st.none() | st.integers(1, 50), st.floats(0.05, 0.99))
def test_the_compiled_nucleus_is_the_same(
    logits: list[float], temperature: float, top_k: int | None, top_p: float
) -> None:
    scaled = np.unique(np.array(logits, np.float32)) / temperature
    assume(not np.any(np.diff(scaled) < 1e-3))
    before = next_char_probs(logits, temperature=temperature, top_k=top_k)
    assume(np.abs(np.cumsum(np.sort(before)[::-1]) - top_p).min() > 1e-4)  # else it may round
    expected = next_char_probs(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    np.testing.assert_allclose(
        compiled_probs(logits, temperature, top_k, top_p), expected, atol=2e-5
    )


@settings(deadline=None)
@given(logit_lists, temperatures, st.none() | st.floats(0.05, 0.99), st.floats(0.001, 1))
def test_the_compiled_min_p_is_the_same(
    logits: list[float], temperature: float, top_p: float | None, min_p: float
) -> None:
    scaled = np.unique(np.array(logits, np.float32)) / temperature
    assume(not np.any(np.diff(scaled) < 1e-3))
    before = next_char_probs(logits, temperature=temperature)
    if top_p is not None:
        assume(np.abs(np.cumsum(np.sort(before)[::-1]) - top_p).min() > 1e-4)
    assume(np.abs(before / before.max() - min_p).min() > 1e-4 or min_p == 1)  # else it may round
    expected = next_char_probs(logits, temperature=temperature, top_p=top_p, min_p=min_p)
    np.testing.assert_allclose(
        compiled_probs(logits, temperature, None, top_p, min_p), expected, atol=2e-5
    )


def test_where_nothing_is_possible_nothing_can_be_drawn() -> None:
    weights = np.full(2, -np.inf, np.float32)
    choice = choice_of(2, 1.0, 1, 0.5, 0.5)
    assert not filtered(weights, np.empty(2, np.int32), 1.0, choice)


def test_compiled_ties_go_to_the_lower_id() -> None:
    probs = compiled_probs([0, 1, 0, 1, 1, 0], 1, 2, None)
    np.testing.assert_array_equal(probs, [0, 0.5, 0, 0.5, 0, 0])
    nucleus = compiled_probs([0.0] * 8, 1, None, 0.5)
    np.testing.assert_array_equal(nucleus, [0.25] * 4 + [0] * 4)


def test_compiled_sampling_survives_the_coldest_temperature() -> None:
    probs = compiled_probs([1, 3, -np.inf, 2], 5e-324, None, 0.9)
    np.testing.assert_array_equal(probs, [0, 1, 0, 0])


def test_pick_follows_the_cumulated_weights() -> None:
    weights = np.array([0, 1, 0, 3], np.float32)
    positions = [0, 0.2, 0.2499, 0.25, 0.9, 1 - 2**-53]
    assert [pick(weights, position) for position in positions] == [1, 1, 1, 3, 3, 3]


def test_random_numbers_are_those_of_splitmix64() -> None:
    known = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    state = np.array([1234567], np.uint64)
    drawn = [uniform(state, 0) for _ in known]
    assert drawn == [(value >> 11) / 2**53 for value in known]
