"""The points of a training's loss curve, kept in a file while it runs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.storage.records import TrainMetrics

log = logging.getLogger(__name__)

LEAST_POINTS = 2
MAX_POINTS = 300


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Bits per character at a moment: of what is learned from, and of held-out messages."""

    epoch: float
    train: float | None
    val: float | None


class CurvePoints:
    """Remembers points over restarts, and never more than a few hundred.

    They are numbers for a picture: a disk that refuses them costs points, not the training.

    Args:
        path: the file, a JSON object a line; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._points: list[CurvePoint] = []
        for point in _read(path):
            self._put(point)

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """All points, in the order of epochs."""
        return tuple(self._points)

    def add(self, point: CurvePoint) -> None:
        """Remember a point; later ones are forgotten, because they are lived through again."""
        self._put(point)
        if len(self._points) > MAX_POINTS:
            self._points = self._points[::2]
            self._write(self._points, mode="w")
        else:
            self._write([point], mode="a")

    def clear(self) -> None:
        """Forget all points."""
        self._points = []
        self._write([], mode="w")

    def _put(self, point: CurvePoint) -> None:
        while self._points and self._points[-1].epoch >= point.epoch:
            self._points.pop()
        self._points.append(point)

    def _write(self, points: Iterable[CurvePoint], *, mode: str) -> None:
        try:
            self._path.parent.mkdir(exist_ok=True, mode=0o700)
            with self._path.open(mode, encoding="utf-8") as file:
                # The line break first: it ends what a power cut has left half.
                file.writelines("\n" + json.dumps(asdict(point)) for point in points)
        except OSError as error:
            log.warning("points of %s are not kept: %s", self._path, error)


def _read(path: Path) -> Iterable[CurvePoint]:
    """Yield the whole lines of a file; what a power cut left half is passed over."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            yield CurvePoint(**json.loads(line))
        except (ValueError, TypeError):
            continue


def curve_of(points: Sequence[CurvePoint], metrics: TrainMetrics) -> dict[str, object] | None:
    """Return what bot/plots/loss_curve.py draws; None where points are too few for a curve."""
    if len(points) < LEAST_POINTS:
        return None
    return {
        "points": [asdict(point) for point in points],
        "before": metrics.bits_per_char_before,
        "after": metrics.bits_per_char_after,
    }
