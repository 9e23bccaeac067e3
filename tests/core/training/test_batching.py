"""Every target is scored once, and next to no step is padding."""

import numpy as np
import pytest

from textgen_core.text.vocabulary import Vocabulary
from textgen_core.training.batching import BPTT_STEPS, encode_corpus, load_batch, plan_batches


def _messages(count: int, longest: int) -> list[str]:
    rng = np.random.default_rng(1)
    return ["".join(map(chr, rng.integers(97, 123, n))) for n in rng.integers(1, longest, count)]


@pytest.mark.parametrize("longest", [60, 3 * BPTT_STEPS])
@pytest.mark.parametrize("seed", [None, 7])
def test_every_character_and_closing_is_scored_once(longest: int, seed: int | None) -> None:
    messages = _messages(200, longest)
    vocabulary = Vocabulary()
    corpus = encode_corpus(messages, vocabulary)
    rng = None if seed is None else np.random.default_rng(seed)
    scored: list[int] = []
    for rows in plan_batches(corpus, batch_targets=1024, rng=rng):
        batch = load_batch(corpus, rows)
        assert batch.inputs.shape == batch.targets.shape == batch.weights.shape
        assert batch.inputs.size <= max(1024, batch.inputs.shape[1])
        scored.extend(batch.targets[batch.weights == 1].tolist())
    expected = np.concatenate([vocabulary.encode_message(text)[1:] for text in messages])
    assert sorted(scored) == sorted(expected.tolist())
    assert corpus.chars == len(expected)


def test_little_is_padding() -> None:
    corpus = encode_corpus(_messages(3000, 120), Vocabulary())
    plan = plan_batches(corpus, batch_targets=2048, rng=np.random.default_rng(0))
    cells = sum(load_batch(corpus, rows).weights.size for rows in plan)
    assert corpus.chars / cells > 0.97


def test_the_same_seed_gives_the_same_order() -> None:
    corpus = encode_corpus(_messages(300, 60), Vocabulary())
    plans = [
        plan_batches(corpus, batch_targets=512, rng=np.random.default_rng([3, 1])) for _ in range(2)
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*plans, strict=True))
