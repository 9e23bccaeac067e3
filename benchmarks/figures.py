"""Measured figures beside their targets, and how they are printed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `target` is the most it may be, None where none is set."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def held(self) -> bool | None:
        """Whether the target holds."""
        return None if self.target is None else self.value <= self.target


def print_figures(figures: Sequence[Figure], notes: dict[str, object], *, as_json: bool) -> None:
    """Print a table, or one JSON object with the machine, the notes and the figures."""
    about = {"machine": machine(), **notes}
    if as_json:
        rows = [{**asdict(figure), "held": figure.held} for figure in figures]
        print(json.dumps({**about, "figures": rows}, ensure_ascii=False))
        return
    for name, value in about.items():
        print(f"{name}: {value}")
    print(f"\n| {'Figure':62} | {'Measured':>12} | {'Target':>12} | Held |")
    print(f"|{'-' * 64}|{'-' * 13}:|{'-' * 13}:|------|")
    for figure in figures:
        target = "" if figure.target is None else f"≤ {figure.target:g} {figure.unit}"
        held = {None: "", True: "yes", False: "NO"}[figure.held]
        measured = f"{figure.value:g} {figure.unit}"
        print(f"| {figure.name:62} | {measured:>12} | {target:>12} | {held:4} |")


def machine() -> str:
    """Return the processor, the cores and how busy others keep them."""
    return f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end"


def processor() -> str:
    """Return the processor's name, as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
