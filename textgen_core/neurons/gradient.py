"""What a prediction depended on: its gradient with respect to the characters before.

The norm of d log p / d embedding at each place, in the words of Li et al. 2016
(arXiv:1506.01066) its first-derivative saliency, by backpropagation through time. Of the
network alone: n-grams beside it have no gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.neurons.alignment import AlignedText, Values, aligned
from textgen_core.neurons.units import check_causal
from textgen_core.text.vocabulary import Ids

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LookedAt:
    """What the model looked at before a character.

    Attributes:
        text: as the model sees it.
        place: of the character that was predicted.
        prob: the network's probability of it, or of the piece that it begins.
        shares: (place,), of each character before; together 1.
    """

    text: str
    place: int
    prob: float
    shares: Values


def looked_at(checkpoint: Checkpoint, text: str, place: int) -> LookedAt:
    """Return what a character's prediction depended on.

    Args:
        checkpoint: a causal model.
        text: holds the character, and at least one before it.
        place: its number; the first one, or the first piece, has nothing before it.

    Raises:
        ValueError: it is a model of windows, or there is no such place.
    """
    check_causal(checkpoint)
    read = aligned(checkpoint.vocabulary, text)
    first = first_place(read)
    if not first <= place < len(read.text):
        raise ValueError(
            f"the place must be a character of the text with something before it, {first} to"
            f" {len(read.text) - 1} here, got {place}"
        )
    number = int(np.flatnonzero(read.stops > place)[0])  # of the id that has the character
    ids = read.ids[: number + 1]
    nats, gradient = gradient_of(checkpoint, ids, int(read.ids[number + 1]))
    shares = _shares(read, number, np.linalg.norm(gradient[1:], axis=1))
    start = int(read.starts[number])
    return LookedAt(read.text, start, float(np.exp(nats)), shares[:start])


def first_place(read: AlignedText) -> int:
    """Return the first character that has something before it; the length if none has."""
    return int(min(read.starts[read.starts > 0], default=len(read.text)))


def _shares(read: AlignedText, number: int, norms: Array) -> Values:
    spread = read.spread(np.append(norms, np.zeros(len(read.starts) - number)))
    total = float(spread.sum())
    return spread / total if total > 0 else spread


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """One layer's run over a text: its inputs (T, D), gates (T, H) each, and cells."""

    inputs: Array
    i: Array
    f: Array
    g: Array
    o: Array
    cells: Array
    kernel: Array
    recurrent: Array

    def outputs(self) -> Array:
        return self.o * np.tanh(self.cells)


def gradient_of(
    checkpoint: Checkpoint, ids: Ids, target: int, moved: Array | None = None
) -> tuple[float, Array]:
    """Return the log-probability of an id after others, in nats, and its gradient.

    Args:
        checkpoint: a causal model.
        ids: (T,), what was read, ``<s>`` first.
        target: the id that follows.
        moved: (T, E), added to the embeddings.

    Returns:
        log p, and d log p / d embeddings, (T, E).
    """
    weights, config = checkpoint.weights, checkpoint.config
    embeddings = weights["embedding"][ids].astype(np.float64)
    if moved is not None:
        embeddings = embeddings + moved
    layers: list[_Layer] = []
    for number in range(config.rnn_layers):
        inputs = layers[-1].outputs() if layers else embeddings
        layers.append(_run(checkpoint, f"rnn_{number}", inputs))
    features = np.concatenate([embeddings, *(layer.outputs() for layer in layers)], axis=1)
    log_p, by_features = _output_gradient(checkpoint, features, target)
    first = features.shape[1]
    below = np.zeros((len(ids), config.rnn_size))  # from the layer above
    for layer in reversed(layers):
        first -= config.rnn_size
        below = _back(layer, by_features[:, first : first + config.rnn_size] + below)
    return log_p, by_features[:, :first] + below


def _output_gradient(checkpoint: Checkpoint, features: Array, target: int) -> tuple[float, Array]:
    """Return log p of the target and its gradient by the features, both as of the last step."""
    weights = checkpoint.weights
    score, gate = (weights[f"attention/{part}"].astype(np.float64) for part in ("score", "gate"))
    kernel = weights["output/kernel"].astype(np.float64)
    scores = features @ score
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    average = shares @ features
    logits = (features[-1] + gate * average) @ kernel + weights["output/bias"]
    log_probs = logits - logits.max()
    log_probs -= np.log(np.exp(log_probs).sum())
    by_logits = -np.exp(log_probs)
    by_logits[target] += 1
    by_attended = kernel @ by_logits
    by_average = gate * by_attended
    by_scores = shares * (features @ by_average - average @ by_average)
    gradient: Array = shares[:, None] * by_average + by_scores[:, None] * score
    gradient[-1] += by_attended
    return float(log_probs[target]), gradient


def _run(checkpoint: Checkpoint, name: str, inputs: Array) -> _Layer:
    weights = checkpoint.weights
    kernel, recurrent = (
        weights[f"{name}/{part}"].astype(np.float64) for part in ("kernel", "recurrent_kernel")
    )
    steps, units = len(inputs), recurrent.shape[0]
    i, f, g, o, cells = (np.empty((steps, units)) for _ in range(5))
    from_inputs = inputs @ kernel + weights[f"{name}/bias"]
    output, cell = np.zeros(units), np.zeros(units)
    for t in range(steps):
        z = from_inputs[t] + output @ recurrent
        i[t], f[t], o[t] = (_sigmoid(z[part * units : (part + 1) * units]) for part in (0, 1, 3))
        g[t] = np.tanh(z[2 * units : 3 * units])
        cell = f[t] * cell + i[t] * g[t]
        cells[t] = cell
        output = o[t] * np.tanh(cell)
    return _Layer(inputs, i, f, g, o, cells, kernel, recurrent)


def _back(layer: _Layer, by_outputs: Array) -> Array:
    """Return the gradient by a layer's inputs, (T, D), from that by its outputs, (T, H)."""
    steps, units = by_outputs.shape
    by_z = np.empty((steps, 4 * units))
    later_output, later_cell = np.zeros(units), np.zeros(units)
    for t in range(steps - 1, -1, -1):
        i, f, g, o = layer.i[t], layer.f[t], layer.g[t], layer.o[t]
        squashed = np.tanh(layer.cells[t])
        before = layer.cells[t - 1] if t else np.zeros(units)
        by_output = by_outputs[t] + later_output
        by_cell = by_output * o * (1 - squashed**2) + later_cell
        by_z[t, :units] = by_cell * g * i * (1 - i)
        by_z[t, units : 2 * units] = by_cell * before * f * (1 - f)
        by_z[t, 2 * units : 3 * units] = by_cell * i * (1 - g**2)
        by_z[t, 3 * units :] = by_output * squashed * o * (1 - o)
        later_cell = by_cell * f
        later_output = layer.recurrent @ by_z[t]
    by_inputs: Array = by_z @ layer.kernel.T
    return by_inputs


def _sigmoid(x: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * x)
