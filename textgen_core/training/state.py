"""The state of an unfinished run, in a file beside the checkpoint to be.

``OUT.safetensors.part`` holds the model, the optimizer, the best weights so far
and the counters, so that a killed run goes on where it was. The fingerprint of
corpus, options and base model says whether a file found there belongs to this
run; a file that does not, or that is damaged, is passed over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from textgen_core.model.checkpoint import write_atomically
from textgen_core.model.quantization import FloatArray

logger = logging.getLogger(__name__)

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(slots=True)
class Counters:
    """How far a run has come.

    Attributes:
        epoch: whole epochs finished.
        batch: batches finished in the epoch under way.
        step: batches finished in all.
        elapsed_s: wall seconds spent in training, over all attempts.
        bits_before: held-out bits per character before the first step.
        best_bits: lowest held-out bits per character (of the sample) so far.
        best_at: share of the run that was done then.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    elapsed_s: float = 0.0
    bits_before: float = float("inf")
    best_bits: float = float("inf")
    best_at: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingState:
    """Everything a run needs to go on.

    Attributes:
        counters: how far it is.
        variables: the Keras model's and optimizer's variables, in their order.
        best: weights of the best check so far, by checkpoint name.
    """

    counters: Counters
    variables: list[npt.NDArray[Any]]
    best: dict[str, FloatArray]


def part_path(output: Path) -> Path:
    """Return where the state of a run that will write ``output`` is kept."""
    return output.with_name(output.name + ".part")


def save_state(state: TrainingState, output: Path, fingerprint: str) -> None:
    """Write the state atomically."""
    tensors = {f"variable/{i:04}": np.asarray(v) for i, v in enumerate(state.variables)}
    tensors |= {f"best/{name}": array for name, array in state.best.items()}
    metadata = {"fingerprint": fingerprint, "counters": json.dumps(asdict(state.counters))}
    write_atomically(save(tensors, metadata), part_path(output))


def load_state(output: Path, fingerprint: str) -> TrainingState | None:
    """Return the state left by an interrupted run of the same kind, or None."""
    path = part_path(output)
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            if metadata.get("fingerprint") != fingerprint:
                logger.info("the state file belongs to another run; starting anew")
                return None
            names = sorted(file.keys())
            counters = Counters(**json.loads(metadata["counters"]))
            variables = [file.get_tensor(n) for n in names if n.startswith("variable/")]
            best = {
                n.removeprefix("best/"): file.get_tensor(n) for n in names if n.startswith("best/")
            }
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        logger.warning("the state file is damaged (%s); starting anew", type(error).__name__)
        return None
    return TrainingState(counters, variables, best)
