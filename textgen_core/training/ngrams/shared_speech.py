"""What several people say in a text: all that a model's own n-grams are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.model.ngram_table import LEAST_MESSAGES, LEAST_SPEAKERS
from textgen_core.text.vocabulary import BOUNDARY_ID, Ids
from textgen_core.training.ngrams.counts import Text

Array = npt.NDArray[Any]


class SharedSpeech:
    """Tells what follows its context in messages of several people.

    Asked for contexts of one id, of two, and so on. A context that reaches the mark of a
    voice is one person's alone; of that it counts what others say in the same place,
    without the mark. So nothing comes of a voice but how much of what all say is theirs.

    Args:
        text: what is counted.
        said_by: (T,), who wrote each id; see ``number_speakers``.
    """

    def __init__(self, text: Text, said_by: Ids) -> None:
        self._said_by = said_by
        self._length = 0
        ends = np.flatnonzero(text.ids == BOUNDARY_ID)
        starts = np.concatenate(([0], ends[:-1] + 1))
        sizes = ends + 1 - starts
        within = np.arange(len(text.ids)) - np.repeat(starts, sizes)
        is_voiced = np.repeat(text.read[starts] != BOUNDARY_ID, sizes)
        # Ids in the context that reaches the mark; none has 0.
        self._reaching = np.where(is_voiced, within + 1, 0)
        _, first, of = np.unique(text.ids, return_index=True, return_inverse=True)
        self._shared = self._is_shared(first, of, said_by)[of]

    def of_next_length(self, first: Array, of: Array, places: Array) -> Array:
        """Tell of each context with what follows it whether several people say that.

        Args:
            first: (E,), an index into ``places`` for each.
            of: (N,), which one stands at each place.
            places: (N,), of the text.

        Returns:
            (E,), bool.
        """
        self._length += 1
        shared = self._is_shared(first, of, self._said_by[places])
        at = places[first]
        shared = np.where(self._reaching[at] == self._length, self._shared[at], shared)
        self._shared[places] = shared[of]
        return shared

    def _is_shared(self, first: Array, of: Array, said_by: Array) -> Array:
        least = int(said_by.min(initial=0))
        numbers = int(said_by.max(initial=0)) - least + 1
        groups, speakers = np.divmod(np.unique(of * np.int64(numbers) + said_by - least), numbers)
        is_known = speakers + least > 0
        people = np.bincount(groups[is_known], minlength=len(first))
        messages = np.bincount(groups[~is_known], minlength=len(first))
        is_shared: Array = (people >= LEAST_SPEAKERS) | (messages >= LEAST_MESSAGES)
        return is_shared
