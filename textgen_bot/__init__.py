"""The installed bot: its packages lie in here, so that no other project's ``bot`` is hidden.

A wheel of this project has two names at the top, ``textgen_core``, the library, and
``textgen_bot``. The packages ``bot`` and ``cogs`` lie inside the latter (setup.py), where
nothing finds them but the bot's own processes, which `use_own_packages` lets look there.
In a checkout they lie beside this folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
HOME = _HERE if (_HERE / "bot").is_dir() else _HERE.parent


def use_own_packages() -> None:
    """Let this process, and the children it starts, import ``bot`` and ``cogs`` from `HOME`."""
    sys.path.insert(0, str(HOME))
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{HOME}{os.pathsep}{others}" if others else str(HOME)


def main() -> int:
    """Be the command ``textgen-bot``; return its exit status."""
    use_own_packages()
    from bot.cli.main import main as run

    return run()
