"""What callers hand over, checked before any work: each mistake is a sentence."""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any, ParamSpec, TypeVar

from textgen_core.generation.sampling import is_whole

PathLike = str | os.PathLike[str]

P = ParamSpec("P")
R = TypeVar("R")


def explained(call: Callable[P, R]) -> Callable[P, R]:
    """Make a call with arguments that it does not have raise a ValueError that helps."""
    signature = inspect.signature(call)

    @functools.wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ValueError(_complaint(call.__name__, signature, kwargs, error)) from None
        return call(*args, **kwargs)

    return checked


def _complaint(
    name: str, signature: inspect.Signature, given: Iterable[str], error: TypeError
) -> str:
    known = [parameter for parameter in signature.parameters if parameter != "self"]
    name = "textgenrnn" if name == "__init__" else name
    for option in given:
        if option not in known:
            from difflib import get_close_matches

            close = get_close_matches(option, known, 1)
            hint = f"; did you mean {close[0]}?" if close else f"; it has {', '.join(known)}"
            return f"{name} has no option {option!r}{hint}"
    return f"{name}: {error}"


def path_of(name: str, value: object) -> PathLike:
    """Return a file's name; ValueError where it is none."""
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError(f"{name} must be the name of a file, got {value!r:.60}")
    return path


def texts_of(name: str, texts: object) -> list[str]:
    """Return texts, one or several, as a list; ValueError where one is no text."""
    if isinstance(texts, str):
        return [texts]
    if isinstance(texts, bytes) or not isinstance(texts, Iterable):
        raise ValueError(f"{name} must be a list of texts, got {texts!r:.60}")
    listed = list(texts)
    for number, text in enumerate(listed):
        if not isinstance(text, str):
            raise ValueError(f"{name}[{number}] must be a text, got {text!r:.60}; leave it out")
    return listed


def whole_of(name: str, value: Any, least: int) -> int:
    """Return a whole number; ValueError where it is none or too small."""
    if not is_whole(value) or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, got {value!r:.60}")
    return int(value)


def number_of(name: str, value: Any) -> float:
    """Return a finite number; ValueError where it is none."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        raise ValueError(f"{name} must be a number, got {value!r:.60}")
    return float(value)
