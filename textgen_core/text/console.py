"""Texts on a console that may lack characters, or be gone.

What a console cannot show is replaced, and a pipe that nobody reads ends the printing: no
work is lost for want of somewhere to print.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from textgen_core.errors import TextgenWarning


def show(text: str = "", stream: TextIO | None = None) -> bool:
    """Print a text and a line's end at once; return whether somebody can still read.

    Args:
        text: characters that the stream cannot encode come out as ``?``.
        stream: None for standard output, which may be missing.
    """
    stream = sys.stdout if stream is None else stream
    if stream is None or stream.closed:
        return False
    try:
        try:
            stream.write(f"{text}\n")
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        _leave(stream)
        return False
    return True


def prepare_streams() -> None:
    """Let a program print wherever it was started: without a console, or on a narrow one.

    A stream that was closed leads nowhere, and what an encoding lacks becomes ``?``.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (for the whole run)
            setattr(sys, name, nowhere)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_terminal() -> bool:
    """Tell whether standard output is there and a terminal."""
    return sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty()


@contextmanager
def warnings_shown(program: str) -> Iterator[None]:
    """Show the library's warnings in the body as sentences of a program; others stay theirs."""
    with warnings.catch_warnings():
        others = warnings.showwarning

        def showing(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if issubclass(category, TextgenWarning):
                show(f"{program}: {message}", sys.stderr)
            else:
                others(message, category, *place)

        warnings.showwarning = showing  # type: ignore[assignment]
        yield


def _leave(stream: TextIO) -> None:
    """Send what is still in the buffer nowhere, lest the interpreter's end complains of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
