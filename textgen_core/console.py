"""Texts on a console that may lack characters, or be gone.

What a console cannot show is replaced, and a pipe that nobody reads ends the printing: no
work is lost for want of somewhere to print.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO


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


def _leave(stream: TextIO) -> None:
    """Send what is still in the buffer nowhere, lest the interpreter's end complains of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
