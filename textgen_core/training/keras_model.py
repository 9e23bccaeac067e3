"""The network, in Keras: textgenrnn's shape made causal.

embedding → LSTM layers → features (embedding and every layer's output side by
side) → current features plus a gated, attention-weighted average of all
features so far → logits. One pass over a message gives a prediction at every
position. ``generation/engine.py`` computes the same step by step, without Keras.

Importing this module imports Keras and its backend: only training does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from textgen_core.model.checkpoint import check_weights
from textgen_core.model.config import ModelConfig
from textgen_core.model.quantization import FloatArray
from textgen_core.training.backend import Device, import_keras

keras = import_keras()
ops = keras.ops


@keras.saving.register_keras_serializable("textgen")
class CausalAverage(keras.layers.Layer):  # type: ignore[name-defined,misc]
    """Add to each step's features the attention-weighted average up to that step.

    Each step has one score s_t = features_t · score; the average at step t
    weighs steps 0 … t by softmax(s_0 … s_t), as textgenrnn's attention does
    over its window. The current features keep a path of their own, because a
    model that sees the average alone does not get past the entropy of single
    characters; a learned gate per feature says how much average is added.

    Args:
        compiled: by the loops of ``causal_average`` rather than by stock operations.
    """

    def __init__(self, compiled: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._compiled = compiled

    def get_config(self) -> dict[str, Any]:
        """Return what a saved model's layer is made of again."""
        return {**super().get_config(), "compiled": self._compiled}

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        width = input_shape[-1]
        self.score = self.add_weight(
            name="score", shape=(width,), initializer="zeros", autocast=False
        )
        self.gate = self.add_weight(
            name="gate", shape=(width,), initializer=keras.initializers.Constant(0.1)
        )

    def call(self, features: Any) -> Any:
        """Map (B, T, F) to (B, T, F); scores and their exponentials are float32."""
        if self._compiled:
            from textgen_core.training.compiled_layers import compiled_average

            return compiled_average(features, self.score.value, self.gate.value)
        exact = ops.cast(features, "float32")
        scores = ops.matmul(exact, self.score[:, None])[..., 0]
        steps = ops.arange(ops.shape(features)[1])
        past = steps[:, None] >= steps[None, :]
        weights = ops.softmax(ops.where(past, scores[:, None, :], -1e9), axis=-1)
        average = ops.matmul(ops.cast(weights, features.dtype), features)
        return features + self.gate * average


def may_be_compiled(device: Device) -> bool:
    """Whether ``compiled_layers`` are possible and fastest: on TensorFlow without a GPU.

    A GPU has cuDNN for the stock layers.
    """
    return keras.config.backend() == "tensorflow" and device.kind == "cpu"


def precision_of(model: Any) -> str:
    """Return in what a model multiplies its matrices: "float16" or "float32"."""
    return str(model.get_layer("output").compute_dtype)


def build_model(
    config: ModelConfig,
    vocabulary_size: int,
    *,
    compiled: bool = False,
    precision: str = "float32",
) -> Any:
    """Return a keras.Model from ids, int32 (B, T), to logits, float32 (B, T, V).

    Args:
        config: shape of the network.
        vocabulary_size: V.
        compiled: through ``compiled_layers`` rather than by stock layers.
        precision: "float16" multiplies the stock layers' matrices in it. Weights, scores
            of the average and logits are float32 all the same.
    """
    kind = "mixed_float16" if precision == "float16" else "float32"
    ids = keras.Input((None,), dtype="int32", name="ids")
    embedding = keras.layers.Embedding(vocabulary_size, config.dim_embeddings, name="embedding")
    rnn = [
        keras.layers.LSTM(config.rnn_size, return_sequences=True, name=f"rnn_{layer}", dtype=kind)
        for layer in range(config.rnn_layers)
    ]
    if compiled:
        from textgen_core.training.compiled_layers import CompiledRecurrence

        features = CompiledRecurrence(embedding, rnn, config.dropout, name="features")(ids)
    else:
        features = _stock_features(embedding(ids), rnn, config.dropout, kind)
    averaged = CausalAverage(compiled, name="attention", dtype=kind)(features)
    logits = keras.layers.Dense(vocabulary_size, name="output", dtype=kind)(averaged)
    if precision == "float16":
        logits = keras.layers.Activation("linear", name="logits", dtype="float32")(logits)
    return keras.Model(ids, logits)


def _stock_features(states: Any, rnn: list[Any], dropout: float, kind: str) -> Any:
    def dropped(states: Any) -> Any:
        return keras.layers.Dropout(dropout, dtype=kind)(states) if dropout else states

    features = [dropped(states)]
    for layer in rnn:
        features.append(dropped(layer(features[-1])))
    return keras.layers.Concatenate(name="features", dtype=kind)(features)


def _variables(model: Any) -> dict[str, Any]:
    """Return the model's variables under the names that checkpoints use."""
    features = model.get_layer("features")
    inner = [features.embedding, *features.rnn] if hasattr(features, "rnn") else []
    named: dict[str, Any] = {}
    for layer in (*model.layers, *inner):
        if layer.name == "embedding":
            named["embedding"] = layer.embeddings
        elif layer.name.startswith("rnn_"):
            named[f"{layer.name}/kernel"] = layer.cell.kernel
            named[f"{layer.name}/recurrent_kernel"] = layer.cell.recurrent_kernel
            named[f"{layer.name}/bias"] = layer.cell.bias
        elif layer.name == "attention":
            named["attention/score"], named["attention/gate"] = layer.score, layer.gate
        elif layer.name == "output":
            named["output/kernel"], named["output/bias"] = layer.kernel, layer.bias
    return named


def read_weights(model: Any) -> dict[str, FloatArray]:
    """Copy the model's weights out, by name."""
    return {
        name: np.array(keras.ops.convert_to_numpy(variable.value), dtype=np.float32)
        for name, variable in _variables(model).items()
    }


def assign_weights(model: Any, weights: Mapping[str, FloatArray]) -> None:
    """Copy weights into the model.

    Raises:
        CheckpointError: an array is missing, extra or misshapen.
    """
    variables = _variables(model)
    check_weights(weights, {name: tuple(v.shape) for name, v in variables.items()})
    for name, variable in variables.items():
        variable.assign(weights[name])
