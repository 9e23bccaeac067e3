"""Keeps a process from running what a pickle names.

Dask's messages may hold pickles, which its client reads as they come. Whatever reads them,
Python announces each class and function that a pickle names before it is looked up.
"""

from __future__ import annotations

import sys
from typing import Any

_HARMLESS = {("builtins", "bytes")}  # the type of what our task returns


def refuse_pickles() -> None:
    """From now on, for good, pickles hold plain values in this process, or are refused."""
    sys.addaudithook(_look)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class" and tuple(arguments[:2]) not in _HARMLESS:
        raise RuntimeError(f"a pickle that names {arguments[0]}.{arguments[1]} is refused")
