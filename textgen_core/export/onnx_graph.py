"""A model as an ONNX graph: a step of a causal model, or a whole window.

Importing this module imports the package onnx.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from textgen_core.export.description import description
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import LSTM_PARTS, ModelConfig
from textgen_core.model.quantization import FloatArray

# Of 2022, so that old runtimes read them, too.
_OPSET = 17
_IR_VERSION = 8

_ROWS = "batch"


def onnx_file(checkpoint: Checkpoint) -> bytes:
    """Return an ONNX file; its metadata are the description's entries, each as JSON.

    A causal model is a graph of one step::

        ids (B,)   h_0, c_0 … (B, H)   weighted (B, F)   total, maximum (B, 1)
        → logits (B, V) and each state after the step, its name led by next_

    of which every state is 0 at first. A model of windows is a graph of a window::

        ids (B, W) → logits (B, V)

    Ids are int64, each below V; everything else is float32.
    """
    graph = _Graph(checkpoint)
    if checkpoint.config.window is None:
        inputs, outputs = _step(graph)
    else:
        inputs, outputs = _window(graph)
    built = helper.make_graph(graph.nodes, "textgen", inputs, outputs, graph.constants)
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(
        built, producer_name="textgen", opset_imports=[opset], ir_version=_IR_VERSION
    )
    values = {name: json.dumps(value) for name, value in description(checkpoint).items()}
    helper.set_model_props(model, values)
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data


class _Graph:
    """A graph under construction; values go by name."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.config, self.weights = checkpoint.config, checkpoint.weights
        self.columns = checkpoint.vocabulary.size
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, array: npt.NDArray[Any]) -> str:
        """Add an array, once; return its name."""
        if all(constant.name != name for constant in self.constants):
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def numbers(self, *values: int) -> str:
        """Add whole numbers, such as axes or a shape; return their name."""
        return self.constant(f"numbers{list(values)}", np.array(values, np.int64))

    def weight(self, name: str) -> str:
        """Add an array of the model; return its name."""
        return self.constant(name, self.weights[name])

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add an operation with one result; return the result's name."""
        name = name or f"value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def lstm(self, layer: int, inputs: str, state: Sequence[str] = ()) -> tuple[str, str, str]:
        """Add a layer, over (T, B, I), from its state, h and c of (1, B, H), or from zero.

        Returns:
            Its outputs, (T, D, B, H), in D directions, and the last h and c, (D, B, H).
        """
        names = self.config.rnn_names[layer]
        parts = [[self.weights[f"{name}/{part}"] for part in LSTM_PARTS] for name in names]
        kernels, recurrent, biases = zip(*parts, strict=True)
        arrays = (
            self.constant(f"rnn_{layer}/W", np.stack([_gates(k) for k in kernels])),
            self.constant(f"rnn_{layer}/R", np.stack([_gates(k) for k in recurrent])),
            # ONNX has a second bias, of the recurrent product.
            self.constant(
                f"rnn_{layer}/B",
                np.stack([np.concatenate([_gates(b), np.zeros_like(b)]) for b in biases]),
            ),
        )
        attributes: dict[str, Any] = {"hidden_size": self.config.rnn_size}
        if len(names) == 2:
            attributes["direction"] = "bidirectional"
        if self.config.window and self.config.window.hard_sigmoid:
            attributes["activations"] = ["HardSigmoid", "Tanh", "Tanh"] * len(names)
            attributes["activation_alpha"] = [0.2] * len(names)
            attributes["activation_beta"] = [0.5] * len(names)
        results = (f"rnn_{layer}/Y", f"rnn_{layer}/Y_h", f"rnn_{layer}/Y_c")
        inputs_of_all = [inputs, *arrays, *(["", *state] if state else [])]
        self.nodes.append(helper.make_node("LSTM", inputs_of_all, results, **attributes))
        return results

    def logits(self, read: str) -> onnx.ValueInfoProto:
        """Add the output's product with what feeds it, (B, F)."""
        product = self.add("MatMul", read, self.weight("output/kernel"))
        self.add("Add", product, self.weight("output/bias"), name="logits")
        return _floats("logits", self.columns)


def _gates(array: FloatArray) -> FloatArray:
    """Put an LSTM's array, gates i, f, g, o along its last axis, in ONNX's i, o, f, g, first."""
    i, f, g, o = np.split(array, 4, axis=-1)
    return np.concatenate([i, o, f, g], axis=-1).T


def _floats(name: str, columns: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [_ROWS, columns])


Values = list[onnx.ValueInfoProto]


def _step(graph: _Graph) -> tuple[Values, Values]:
    """Build the step of a causal model; return the graph's inputs and outputs."""
    layers = range(graph.config.rnn_layers)
    first = graph.numbers(0)
    embedded = graph.add("Gather", graph.weight("embedding"), "ids")
    outputs = graph.add("Unsqueeze", embedded, first)
    features = [embedded]
    for layer in layers:
        state = [graph.add("Unsqueeze", f"{part}_{layer}", first) for part in "hc"]
        _, outputs, cells = graph.lstm(layer, outputs, state)
        features.append(graph.add("Squeeze", outputs, first, name=f"next_h_{layer}"))
        graph.add("Squeeze", cells, first, name=f"next_c_{layer}")
    joined = graph.add("Concat", *features, axis=1)
    average = _running_average(graph, joined)
    gated = graph.add("Mul", average, graph.weight("attention/gate"))
    logits = graph.logits(graph.add("Add", joined, gated))
    sizes = _state_sizes(graph.config)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [_ROWS])
    return (
        [ids, *(_floats(name, size) for name, size in sizes.items())],
        [logits, *(_floats(f"next_{name}", size) for name, size in sizes.items())],
    )


def _state_sizes(config: ModelConfig) -> dict[str, int]:
    """Return the width of each state, by name."""
    sizes = {f"{p}_{layer}": config.rnn_size for layer in range(config.rnn_layers) for p in "hc"}
    return {**sizes, "weighted": config.feature_size, "total": 1, "maximum": 1}


def _running_average(graph: _Graph, features: str) -> str:
    """Add the attention average up to this step, (B, F), and what the next one needs of it.

    The sums are scaled by exp(-maximum), so that no exponent is above 0. Where the
    total is 0 nothing has been summed, and the maximum does not count.
    """
    score = graph.add("MatMul", features, graph.constant("score", _column(graph)))
    begun = graph.add("Greater", "total", graph.constant("zero", np.zeros(1, np.float32)))
    before = graph.add("Where", begun, "maximum", score)
    largest = graph.add("Max", before, score, name="next_maximum")
    kept = graph.add("Exp", graph.add("Sub", before, largest))
    share = graph.add("Exp", graph.add("Sub", score, largest))
    old_total = graph.add("Mul", "total", kept)
    total = graph.add("Add", old_total, share, name="next_total")
    old_sum, new = graph.add("Mul", "weighted", kept), graph.add("Mul", features, share)
    weighted = graph.add("Add", old_sum, new, name="next_weighted")
    return graph.add("Div", weighted, total)


def _window(graph: _Graph) -> tuple[Values, Values]:
    """Build a window of a model of windows; return the graph's inputs and outputs."""
    window = graph.config.window
    assert window is not None
    embedded = graph.add("Gather", graph.weight("embedding"), "ids")
    steps = graph.add("Transpose", embedded, perm=[1, 0, 2])
    features = [steps]
    last = ""
    for layer in range(graph.config.rnn_layers):
        outputs, last, _ = graph.lstm(layer, steps)
        by_row = graph.add("Transpose", outputs, perm=[0, 2, 1, 3])
        steps = graph.add("Reshape", by_row, graph.numbers(0, 0, graph.config.layer_size))
        features.append(steps)
    if window.attention:
        joined = graph.add("Concat", *features, axis=2)
        scores = graph.add("MatMul", joined, graph.constant("score", _column(graph)))
        shares = graph.add("Mul", graph.add("Softmax", scores, axis=0), joined)
        read = graph.add("ReduceSum", shares, graph.numbers(0), keepdims=0)
    else:
        read = graph.add("Squeeze", last, graph.numbers(0))
    logits = graph.logits(read)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [_ROWS, window.context_chars])
    return [ids], [logits]


def _column(graph: _Graph) -> FloatArray:
    column: FloatArray = graph.weights["attention/score"][:, None]
    return column
