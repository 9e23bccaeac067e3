"""What a model is made of and how it is trained: plain frozen values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from textgen_core.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Shape of the network, in textgenrnn's words.

    Attributes:
        rnn_layers: number of stacked LSTM layers, 1 to 8.
        rnn_size: units of each layer (H), 1 to 4096.
        dim_embeddings: size of a character's vector (E), 1 to 4096.
        dropout: share of the embedding's and the layers' outputs zeroed in
            training, in [0, 1).
    """

    rnn_layers: int = 2
    rnn_size: int = 128
    dim_embeddings: int = 100
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("rnn_layers", 8), ("rnn_size", 4096), ("dim_embeddings", 4096)):
            value = getattr(self, name)
            if not isinstance(value, int) or not 1 <= value <= most:
                raise ValueError(f"{name} must be a whole number in [1, {most}], got {value!r}")
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout!r}")

    @property
    def feature_size(self) -> int:
        """Width of the features that feed the output: E + rnn_layers x H."""
        return self.dim_embeddings + self.rnn_layers * self.rnn_size

    def weight_shapes(self, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every weight array of the model."""
        shapes: dict[str, tuple[int, ...]] = {
            "embedding": (vocabulary_size, self.dim_embeddings),
        }
        inputs = self.dim_embeddings
        for layer in range(self.rnn_layers):
            shapes[f"rnn_{layer}/kernel"] = (inputs, 4 * self.rnn_size)
            shapes[f"rnn_{layer}/recurrent_kernel"] = (self.rnn_size, 4 * self.rnn_size)
            shapes[f"rnn_{layer}/bias"] = (4 * self.rnn_size,)
            inputs = self.rnn_size
        features = self.feature_size
        shapes["attention/score"] = (features,)
        shapes["attention/gate"] = (features,)
        shapes["output/kernel"] = (features, vocabulary_size)
        shapes["output/bias"] = (vocabulary_size,)
        return shapes

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping that ``from_dict`` takes back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """Read a configuration out of a checkpoint.

        Raises:
            CheckpointError: an entry is missing, unknown or out of range.
        """
        expected = {entry.name for entry in fields(cls)}
        if not isinstance(values, dict) or set(values) != expected:
            raise CheckpointError(f"the model's configuration must have {sorted(expected)}")
        try:
            return cls(**values)
        except ValueError as error:
            raise CheckpointError(f"the model's configuration is wrong: {error}") from error
