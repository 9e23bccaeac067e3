"""Words, pairs and triples of words that everybody uses, counted in public text.

A server's own wording (wording.py) has only what two of its people said. Most of what
people say is not peculiar to a server, so what is common elsewhere is taken for said, too.
weights/count_phrases.py makes the file.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from safetensors import safe_open

from textgen_core.errors import CheckpointError
from textgen_core.model.bundled import shipped_path
from textgen_core.model.wording import Wording
from textgen_core.text.word_units import Phrase

logger = logging.getLogger(__name__)

FILE, TENSOR = "phrases", "phrases"


def is_common(phrase: Phrase) -> bool:
    """Say whether public text has a phrase of up to three units; some 0.5% by mistake."""
    known = _common()
    return known is not None and known.knows(phrase)


@lru_cache(maxsize=1)
def _common() -> Wording | None:
    try:
        with safe_open(shipped_path(FILE), "np") as file:
            return Wording(file.get_tensor(TENSOR))
    except CheckpointError as error:
        logger.warning("%s", error)
        return None
