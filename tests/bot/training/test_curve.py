"""The loss curve: its points outlive restarts, and its picture is drawn elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.loopback.wire.uploads import image_size
from bot.plots.loss_curve import changes, smoothed
from bot.plots.renderer import Drawing
from bot.storage.records import TrainMetrics
from bot.training.loss_curve import MAX_POINTS, CurvePoint, CurvePoints, curve_of

METRICS = TrainMetrics(100, 3.0, 2.5, 1.0)


def point(epoch: float, train: float | None = 3.0, val: float | None = 2.9) -> CurvePoint:
    return CurvePoint(epoch, train, val)


POINTS = tuple(point(epoch / 10, 3 - epoch / 100, 3 - epoch / 90) for epoch in range(1, 50))


def curve(points: tuple[CurvePoint, ...]) -> dict[str, object]:
    found = curve_of(points, METRICS)
    assert found is not None
    return found


async def test_the_picture_is_a_png_of_the_size_that_is_promised(tmp_path: Path) -> None:
    picture = await Drawing(tmp_path).picture(curve(POINTS))
    assert picture is not None
    assert image_size(picture) == (800, 500)
    assert picture != await Drawing(tmp_path).picture(curve(POINTS[:9]))


@pytest.mark.parametrize("train", [None, 3.0])
async def test_few_or_missing_values_are_drawn(tmp_path: Path, train: float | None) -> None:
    few = (point(0.1, train, None), point(0.2, train, None))
    assert await Drawing(tmp_path).picture(curve(few)) is not None


def test_one_point_is_no_curve() -> None:
    assert curve_of(POINTS[:1], METRICS) is None


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit('no matplotlib here')",
        "import sys; sys.stdout.write('half a pict')",
        "import os; os.kill(os.getpid(), 9)",
        "import signal; signal.pause()",
    ],
)
async def test_what_cannot_be_drawn_is_done_without(tmp_path: Path, code: str) -> None:
    command = (sys.executable, "-c", code)
    assert await Drawing(tmp_path, command, timeout_s=1.0).picture(curve(POINTS)) is None
    assert await Drawing(tmp_path, (str(tmp_path / "missing"),)).picture(curve(POINTS)) is None


def test_points_outlive_a_restart_and_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "curves" / "1.jsonl"
    first = CurvePoints(path)
    for now in POINTS:
        first.add(now)
    with path.open("a", encoding="utf-8") as file:
        file.write('\n{"epoch": 5.0, "tra')
    second = CurvePoints(path)
    assert second.points == POINTS
    second.add(point(5.0))
    assert CurvePoints(path).points == (*POINTS, point(5.0))


def test_what_is_lived_through_again_is_not_drawn_twice(tmp_path: Path) -> None:
    """The saved state is older than the last points when a training is killed."""
    path = tmp_path / "1.jsonl"
    first = CurvePoints(path)
    for epoch in (0.1, 0.2, 0.3, 0.4):
        first.add(point(epoch))
    second = CurvePoints(path)
    second.add(point(0.25, 2.0))
    assert [now.epoch for now in second.points] == [0.1, 0.2, 0.25]
    assert CurvePoints(path).points == second.points
    second.clear()
    assert CurvePoints(path).points == ()


def test_a_long_training_keeps_a_bounded_number_over_its_whole_length(tmp_path: Path) -> None:
    path = tmp_path / "1.jsonl"
    kept = CurvePoints(path)
    for number in range(20 * MAX_POINTS):
        kept.add(point(float(number)))
    points = kept.points
    assert MAX_POINTS / 2 <= len(points) <= MAX_POINTS
    assert points[0].epoch == 0.0
    assert points[-1].epoch == 20 * MAX_POINTS - 1
    assert CurvePoints(path).points == points
    assert len(path.read_text("utf-8").splitlines()) <= MAX_POINTS + 1


def test_a_disk_that_refuses_costs_points_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    kept = CurvePoints(tmp_path / "file" / "1.jsonl")
    kept.add(point(0.1))
    assert kept.points == (point(0.1),)


def test_a_value_that_only_repeats_is_left_out() -> None:
    assert changes([(1, 3.0), (2, 3.0), (3, 2.5), (4, 2.5)]) == [(1, 3.0), (3, 2.5)]
    assert changes([]) == []


def test_a_curve_is_evened_out_without_being_moved() -> None:
    assert smoothed([]) == []
    few = [(1.0, 3.0), (2.0, 1.0)]
    assert smoothed(few) == few
    line = [(float(x), 5 - x / 50) for x in range(100)]
    spiky = [(x, y + (5 if x % 7 == 0 else 0)) for x, y in line]
    evened = smoothed(spiky)
    assert [x for x, _ in evened] == [x for x, _ in line]
    inner = list(zip(line, evened, strict=True))[10:-10]
    assert all(abs(found[1] - wanted[1]) < 0.1 for wanted, found in inner)
