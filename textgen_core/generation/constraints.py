"""Generation options in the form that the compiled guards take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import REPETITION_WINDOW, repeated_run
from textgen_core.model.verbatim_filter import BASE, VerbatimFilter
from textgen_core.text.token_text import (
    CONTINUATION,
    Codes,
    code_points,
    laid_out,
    pieces_of,
    space_after,
)
from textgen_core.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from textgen_core.kernels.logit_constraints import LogitConstraints, TextHistory

_NOTHING_SEEN = np.frombuffer(bytes(1), np.uint8)  # read-only, as filters are


class ConstraintBuilder:
    """What a model's guards need, made once.

    Args:
        vocabulary: the model's.
        seen: its filter, open; None for none.
        columns: Vp.
    """

    def __init__(self, vocabulary: Tokenizer, seen: VerbatimFilter | None, columns: int) -> None:
        self._vocabulary = vocabulary
        self._seen = seen
        self._words = bool(space_after(vocabulary))
        self._pieces = pieces_of(vocabulary, columns)
        self._begins = (self._pieces.kinds != CONTINUATION).astype(np.int64)
        if not self._words:
            self._begins = np.maximum(self._begins, np.diff(self._pieces.starts))

    @property
    def arrays(self) -> tuple[npt.NDArray[np.generic], ...]:
        """All that is kept but for the filter."""
        pieces = self._pieces
        return (pieces.codes, pieces.starts, pieces.kinds, pieces.bits, self._begins)

    def guards(self, options: GenerationOptions) -> LogitConstraints:
        """Return the guards that options ask for.

        Raises:
            ValueError: the model cannot tell what is new, or not of so short runs.
        """
        from textgen_core.kernels.logit_constraints import LogitConstraints

        seen = self._filter(options.novel_run)
        # A model of words ends at its words: where the spaces go is known afterwards.
        stop = () if self._words else options.stop
        stops = np.zeros((len(stop), max(map(len, stop), default=0)), np.int32)
        for row, text in zip(stops, stop, strict=True):
            row[: len(text)] = code_points(text)
        run_chars = seen.run_chars if seen else 0
        return LogitConstraints(
            float(options.repetition_penalty),
            repeated_run(words=self._words),
            REPETITION_WINDOW,
            self._begins,
            self._pieces.codes,
            self._pieces.starts,
            self._pieces.kinds,
            self._pieces.bits,
            stops,
            np.array([len(text) for text in stop], np.int64),
            seen.bits if seen else _NOTHING_SEEN,
            run_chars,
            int(options.novel_run or 0),
            np.uint64(pow(BASE, max(0, run_chars - 1), 2**64)),
        )

    def _filter(self, novel_run: int | None) -> VerbatimFilter | None:
        if novel_run is None:
            return None
        if self._seen is None:
            raise ValueError(
                "novel_run needs a model that knows its training text again, and this one"
                " carries no filter of it that the key of this machine opens"
            )
        if novel_run < self._seen.run_chars:
            raise ValueError(
                f"novel_run must be at least {self._seen.run_chars} for this model, got {novel_run}"
            )
        return self._seen

    def trail(
        self, guards: LogitConstraints, options: GenerationOptions, texts: int, unread: int = 0
    ) -> TextHistory:
        """Return the trails of some texts, at the end of what is read of the prompt.

        Args:
            guards: as of ``options``.
            options: what is asked for.
            texts: how many.
            unread: characters at the prompt's end that are written again.
        """
        from textgen_core.kernels.logit_constraints import TextHistory, add_chars

        read = options.prompt[: len(options.prompt) - unread]
        prompt = self._tail(read, options) if options.novel_run else code_points("")
        is_read = bool(options.novel_run) or len(guards.stop_lengths) > 0
        chars = len(prompt) + unread + options.max_chars if is_read else 0
        trail = TextHistory(
            np.empty((texts, chars), np.int32),
            len(prompt) + unread,
            np.zeros(texts, np.int64),
            np.zeros(texts, np.int64),
            np.zeros(texts, np.uint64),
            np.zeros(texts, np.int64),
        )
        if len(prompt):
            add_chars(trail, 0, guards, prompt, 0, len(prompt))
            for values in (
                trail.codes[:, : len(prompt)],
                trail.lengths,
                trail.hashes,
                trail.copied,
            ):
                values[1:] = values[0]
        return trail

    def _tail(self, read: str, options: GenerationOptions) -> Codes:
        """Return as much of a prompt's end as can begin a run."""
        (text,) = laid_out(self._vocabulary, [read])
        return code_points(text[-2 * int(options.novel_run or 0) :])
