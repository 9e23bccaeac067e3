"""Models as textgenrnn kept them, written by the tests themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]

LETTERS = ("e", " ", "a", "t", "\n", "<s>", "o", "é", "T", "H", ".", "😀")
WORDS = ("the", ".", "cat", "<s>", "dog", "'", "s", ",", "é")


@dataclass(frozen=True)
class LegacyModel:
    """A model's shape; its weights are drawn from ``seed``.

    ``tokens`` are the vocabulary in the order of its ids, which begin at 1.
    """

    version: str = "1.x"
    layers: int = 2
    units: int = 8
    embedded: int = 5
    bidirectional: bool = False
    cudnn: bool = False
    context_labels: int = 0
    tokens: tuple[str, ...] = LETTERS
    seed: int = 0
    deviation: float = 0.5

    @property
    def classes(self) -> int:
        return len(self.tokens) + 1

    def layer_names(self) -> list[list[str]]:
        """Return each layer's name in the file, or those of its two directions."""
        if self.version == "0.1":
            return [["rnn"]]
        names = [f"rnn_{i}" for i in range(1, self.layers + 1)]
        if self.bidirectional:
            return [[f"{name}/forward", f"{name}/backward"] for name in names]
        return [[name] for name in names]

    def arrays(self) -> dict[str, Array]:
        """Return the weights in Keras's layout, named as the importer names them."""
        both, old = 2 if self.bidirectional else 1, self.version == "0.1"
        features = self.embedded + self.layers * both * self.units
        shapes = {"embedding/embeddings": (self.classes, self.embedded)}
        inputs = self.embedded
        for names in self.layer_names():
            for name in names:
                shapes[f"{name}/kernel"] = (inputs, 4 * self.units)
                shapes[f"{name}/recurrent_kernel"] = (self.units, 4 * self.units)
                shapes[f"{name}/bias"] = (4 * self.units,)
            inputs = both * self.units
        if not old:
            shapes["attention/attention_W"] = (features, 1)
        if self.context_labels:
            shapes["context_output/kernel"] = (features + self.context_labels, self.classes)
            shapes["context_output/bias"] = (self.classes,)
        shapes["output/kernel"] = (self.units if old else features, self.classes)
        shapes["output/bias"] = (self.classes,)
        rng = np.random.default_rng(self.seed)
        return {
            name: (self.deviation * rng.normal(size=shape)).astype(np.float32)
            for name, shape in shapes.items()
        }

    def stored(self) -> dict[str, Array]:
        """Return the weights in the layout that the file has."""
        arrays = self.arrays()
        if self.cudnn:
            for name in [name for names in self.layer_names() for name in names]:
                arrays |= to_cudnn({p: arrays[f"{name}/{p}"] for p in LSTM_PARTS}, name)
        return arrays

    def write(self, folder: Path) -> Path:
        """Write weights and vocabulary side by side; return the weights' path."""
        folder.mkdir(exist_ok=True)
        path = folder / "tiny_weights.hdf5"
        write_weights(path, self.stored())
        table = {token: i for i, token in enumerate(self.tokens, 1)}
        (folder / "tiny_vocab.json").write_text(json.dumps(table), encoding="utf-8")
        return path


LSTM_PARTS = ("kernel", "recurrent_kernel", "bias")


def to_cudnn(parts: dict[str, Array], name: str) -> dict[str, Array]:
    """Put an LSTM's weights in cuDNN's layout: the inverse of what importing does."""
    gates = np.split(parts["kernel"], 4, axis=1)
    recurrent = np.split(parts["recurrent_kernel"], 4, axis=1)
    first = np.linspace(-1, 1, len(parts["bias"]), dtype=np.float32)
    kernels = [gate.reshape(gate.shape[::-1], order="F").T for gate in gates]
    return {
        f"{name}/kernel": np.concatenate(kernels, axis=1),
        f"{name}/recurrent_kernel": np.concatenate([gate.T for gate in recurrent], axis=1),
        f"{name}/bias": np.concatenate([first, parts["bias"] - first]),
    }


def write_weights(path: Path, arrays: dict[str, Array]) -> None:
    """Write arrays the way Keras 2 did: a group a layer, a group more within it."""
    with h5py.File(path, "w") as file:
        layers = [*dict.fromkeys(name.partition("/")[0] for name in arrays)]
        for layer in ("input", *layers, "rnn_concat"):
            file.create_group(layer).attrs["weight_names"] = np.array([], "S")
        file.attrs["layer_names"] = np.array(layers, "S")
        file.attrs["keras_version"] = b"2.1.5"
        for name, array in arrays.items():
            layer, *direction, part = name.split("/")
            between = [f"{way}_{layer}" for way in direction]
            file["/".join([layer, layer, *between, f"{part}:0"])] = array


def window_probs(model: LegacyModel, ids: list[int], context: int = 40) -> Array:
    """Compute the distribution after ids in double precision, as textgenrnn defined it."""
    w = {name: array.astype(np.float64) for name, array in model.arrays().items()}
    window = ([0] * context + ids)[-context:]
    outputs = w["embedding/embeddings"][window]
    features = [outputs]
    for names in model.layer_names():
        runs = []
        for name in names:
            backward = name.endswith("/backward")
            run = lstm(w, name, outputs[::-1] if backward else outputs, model.version == "0.1")
            runs.append(run[::-1] if backward else run)
        outputs = np.concatenate(runs, axis=1)
        features.append(outputs)
    if model.version == "0.1":
        read = outputs[-1]
    else:
        joined = np.concatenate(features, axis=1)
        scores = (joined @ w["attention/attention_W"])[:, 0]
        attention = np.exp(scores - scores.max())
        read = attention @ joined / attention.sum()
    logits = read @ w["output/kernel"] + w["output/bias"]
    probs = np.exp(logits - logits.max())
    return np.asarray(probs / probs.sum())


def lstm(w: dict[str, Any], name: str, inputs: Any, hard: bool) -> Any:
    """Return an LSTM's outputs at every step."""
    units = w[f"{name}/recurrent_kernel"].shape[0]
    h, c, outputs = np.zeros(units), np.zeros(units), []
    for x in inputs:
        z = x @ w[f"{name}/kernel"] + h @ w[f"{name}/recurrent_kernel"] + w[f"{name}/bias"]
        i, f, g, o = np.split(z, 4)
        i, f, o = (
            np.clip(0.2 * v + 0.5, 0, 1) if hard else 1 / (1 + np.exp(-v)) for v in (i, f, o)
        )
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        outputs.append(h)
    return np.array(outputs)
