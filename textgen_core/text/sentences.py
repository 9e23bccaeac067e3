"""Where a written text ends: before a stop string, or after a whole sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SPACED_ENDS = ".!?…"  # an end where white space follows: not in 3.14 or example.com
_ENDS = "。！？｡"  # these scripts put no space after a sentence
_QUOTES = "\"'"  # open as well as close, so Unicode does not call them closing
_TO_LAST_SPACE = re.compile(r"\A(.*\S)\s", re.DOTALL)
_END = re.compile(f"[{re.escape(_SPACED_ENDS + _ENDS)}]+|\n")


def before_stop(written: str, stop: Iterable[str]) -> str | None:
    """Return what stands before the first stop string, or None if there is none.

    Of two that begin at the same place it does not matter which is meant.
    """
    places = [place for text in stop if (place := written.find(text)) >= 0]
    return written[: min(places)] if places else None


def up_to_stop(written: str, stop: Iterable[str]) -> str:
    """Return what stands before the end of the first stop string; all where there is none."""
    ends = [place + len(text) for text in stop if (place := written.find(text)) >= 0]
    return written[: min(ends)] if ends else written


def whole_sentences(written: str) -> str:
    """Return a text without its unfinished last sentence.

    A sentence ends with a newline; with 。, ！, ？ or ｡; and with ., !, ? or …
    where white space or nothing follows. Closing quotes and brackets after such a
    sign belong to its sentence. Without any end the text is cut at its last white
    space; without that, or where nothing visible would be left, it stays whole.
    White space is not left at the end of what was cut.

    Args:
        written: what follows the prompt.
    """
    for end in reversed([_past_closing(written, match) for match in _END.finditer(written)]):
        if end and written[:end].strip():
            return written[:end].rstrip()
    head = _TO_LAST_SPACE.match(written)
    return head.group(1) if head else written


def _past_closing(written: str, match: re.Match[str]) -> int:
    """Return where the sentence that a sign ends is over; 0 if it ends none."""
    end = match.end()
    if match.group() == "\n":
        return end
    while end < len(written) and _closes(written[end]):
        end += 1
    is_free = match.group()[-1] in _ENDS
    return end if is_free or end == len(written) or written[end].isspace() else 0


def _closes(char: str) -> bool:
    return char in _QUOTES or unicodedata.category(char) in ("Pe", "Pf")
