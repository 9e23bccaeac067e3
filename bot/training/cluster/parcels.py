"""What travels to a worker and back: dictionaries of plain values, which MessagePack knows.

Nothing here is an object of ours, so neither end needs to unpickle one.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.training.trainer import TrainDone, TrainRequest
from textgen_core.errors import CheckpointError
from textgen_core.model.checkpoint import write_atomically
from textgen_core.model.privacy import for_others
from textgen_core.training.state import part_path

FORMAT = 1  # both ends must be of programs that agree on it
_OPTIONS = ("seed", "budget_s", "batch_targets", "epochs", "learning_rate")


@dataclass(frozen=True, slots=True)
class Order:
    """One training for a worker.

    Attributes:
        number: names this attempt; no other has it.
        topic: where its events are logged.
        keep_every_s: how often its state is sent back.
    """

    number: str
    topic: str
    keep_every_s: float


def pack_order(order: Order, request: TrainRequest) -> dict[str, Any]:
    """Return what a worker needs to train, texts compressed."""
    against, part = request.against, part_path(request.out)
    return {
        "format": FORMAT,
        **asdict(order),
        "options": {name: getattr(request, name) for name in _OPTIONS},
        "corpus": zlib.compress(request.corpus.read_bytes(), 6),
        "base": _for_a_worker(request.base),
        "against": _for_a_worker(against) if against and against.is_file() else None,
        "state": part.read_bytes() if part.is_file() else None,
    }


def _for_a_worker(model: Path) -> bytes:
    """Return a model's file without its filter: the worker's is joined with that afterwards."""
    content = model.read_bytes()
    try:
        return for_others(content)
    except CheckpointError:
        return content  # no model, which the worker refuses with a sentence


def unpack_order(parcel: dict[str, Any], folder: Path, state: bytes | None) -> TrainRequest:
    """Lay out a training in a folder.

    Args:
        parcel: what `pack_order` made.
        folder: empty, and of nobody else.
        state: of an earlier attempt, newer than the parcel's.
    """
    corpus, base = folder / "corpus.jsonl", folder / "base.safetensors"
    against, out = folder / "against.safetensors", folder / "trained.safetensors"
    corpus.write_bytes(zlib.decompress(parcel["corpus"]))
    base.write_bytes(parcel["base"])
    if parcel["against"] is not None:
        against.write_bytes(parcel["against"])
    state = state or parcel["state"]
    if state is not None:
        part_path(out).write_bytes(state)
    return TrainRequest(
        corpus=corpus,
        out=out,
        base=base,
        against=None if parcel["against"] is None else against,
        **{name: parcel["options"][name] for name in _OPTIONS},
    )


def pack_result(out: Path, done: TrainDone) -> dict[str, Any]:
    """Return a finished training: its checkpoint, the hash of that, and its figures."""
    model = out.read_bytes()
    return {
        "kind": "done",
        "model": model,
        "sha256": hashlib.sha256(model).hexdigest(),
        "done": asdict(done),
    }


def unpack_result(result: dict[str, Any], target: Path) -> None:
    """Write a result's checkpoint, if it is whole.

    Raises:
        ValueError: it is not.
    """
    model = result.get("model")
    if not isinstance(model, bytes) or hashlib.sha256(model).hexdigest() != result.get("sha256"):
        raise ValueError("its hash is another one")
    write_atomically(model, target)


def came_path(out: Path) -> Path:
    """Where a worker's checkpoint lies until the bot has looked at it."""
    return out.with_name(out.name + ".came")
