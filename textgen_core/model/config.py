"""What a model is made of and how it is trained: plain frozen values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from textgen_core.errors import CheckpointError

LSTM_PARTS = ("kernel", "recurrent_kernel", "bias")


@dataclass(frozen=True, slots=True)
class WindowShape:
    """What makes a model one of windows, as textgenrnn's are.

    For each character the network starts from a zero state and reads the last
    ``context_chars`` ids, the missing ones before a text's beginning being 0.

    Attributes:
        context_chars: ids in a window, 1 to 1,000.
        attention: the output reads the attention-weighted average of the window
            (textgenrnn 1.x and 2.0); False: the last layer's last step (0.1).
        bidirectional: each layer reads the window in both directions.
        hard_sigmoid: gates are clip(0.2 x + 0.5, 0, 1) instead of sigmoids.
    """

    context_chars: int = 40
    attention: bool = True
    bidirectional: bool = False
    hard_sigmoid: bool = False

    def __post_init__(self) -> None:
        _check_whole("context_chars", self.context_chars, 1000)
        for name in ("attention", "bidirectional", "hard_sigmoid"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false, got {getattr(self, name)!r}")
        if self.bidirectional and not self.attention:
            raise ValueError("bidirectional layers need attention")


def _check_whole(name: str, value: object, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ValueError(f"{name} must be a whole number in [1, {most}], got {value!r}")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Shape of the network, in textgenrnn's words.

    Attributes:
        rnn_layers: number of stacked LSTM layers, 1 to 8.
        rnn_size: units of each layer (H), 1 to 4096.
        dim_embeddings: size of a character's vector (E), 1 to 4096.
        dropout: share of the embedding's and the layers' outputs zeroed in
            training, in [0, 1).
        window: None for a causal model, which reads a text once from its ``<s>``
            on; otherwise each character is predicted from a window of its own.
    """

    rnn_layers: int = 2
    rnn_size: int = 128
    dim_embeddings: int = 100
    dropout: float = 0.0
    window: WindowShape | None = None

    def __post_init__(self) -> None:
        for name, most in (("rnn_layers", 8), ("rnn_size", 4096), ("dim_embeddings", 4096)):
            _check_whole(name, getattr(self, name), most)
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout!r}")

    @property
    def layer_size(self) -> int:
        """Width of a layer's output: H, or 2H where it reads in both directions."""
        both = self.window is not None and self.window.bidirectional
        return 2 * self.rnn_size if both else self.rnn_size

    @property
    def feature_size(self) -> int:
        """Width of the embedding and every layer's output side by side."""
        return self.dim_embeddings + self.rnn_layers * self.layer_size

    @property
    def output_inputs(self) -> int:
        """Width of what feeds the output: the features, in version 0.1 the last layer."""
        without_attention = self.window is not None and not self.window.attention
        return self.layer_size if without_attention else self.feature_size

    @property
    def rnn_names(self) -> list[list[str]]:
        """Prefixes of each layer's arrays: one, or forward and backward."""
        both = self.window is not None and self.window.bidirectional
        ends = ("/forward", "/backward") if both else ("",)
        return [[f"rnn_{layer}{end}" for end in ends] for layer in range(self.rnn_layers)]

    def weight_shapes(self, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every weight array of the model."""
        shapes: dict[str, tuple[int, ...]] = {
            "embedding": (vocabulary_size, self.dim_embeddings),
        }
        inputs = self.dim_embeddings
        for names in self.rnn_names:
            for name in names:
                shapes[f"{name}/kernel"] = (inputs, 4 * self.rnn_size)
                shapes[f"{name}/recurrent_kernel"] = (self.rnn_size, 4 * self.rnn_size)
                shapes[f"{name}/bias"] = (4 * self.rnn_size,)
            inputs = self.layer_size
        if self.window is None or self.window.attention:
            shapes["attention/score"] = (self.feature_size,)
        if self.window is None:
            shapes["attention/gate"] = (self.feature_size,)
        shapes["output/kernel"] = (self.output_inputs, vocabulary_size)
        shapes["output/bias"] = (vocabulary_size,)
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that ``from_dict`` takes back; a causal model's has no window."""
        values = asdict(self)
        if self.window is None:
            del values["window"]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """Read a configuration out of a checkpoint.

        Raises:
            CheckpointError: an entry is missing, unknown or out of range.
        """
        expected = _names_of(cls) - {"window"}
        if not isinstance(values, dict) or set(values) - {"window"} != expected:
            raise CheckpointError(f"the model's configuration must have {sorted(expected)}")
        window = values.get("window")
        if "window" in values and (
            not isinstance(window, dict) or set(window) != _names_of(WindowShape)
        ):
            raise CheckpointError(f"the model's window must have {sorted(_names_of(WindowShape))}")
        try:
            shape = WindowShape(**window) if window else None
            return cls(**{**values, "window": shape})
        except ValueError as error:
            raise CheckpointError(f"the model's configuration is wrong: {error}") from error


def _names_of(kind: type[ModelConfig | WindowShape]) -> set[str]:
    return {entry.name for entry in fields(kind)}
