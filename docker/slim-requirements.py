#!/usr/bin/env python3
"""Prints what the image of VARIANT=slim installs: the project's needs but for training's.

python docker/slim-requirements.py pyproject.toml
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

TRAINING_ONLY = ("tensorflow", "keras")


def main() -> None:
    """Print a requirement a line."""
    project = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    kept = (line for line in needed if not line.startswith(TRAINING_ONLY))
    sys.stdout.writelines(f"{line}\n" for line in kept)


if __name__ == "__main__":
    main()
