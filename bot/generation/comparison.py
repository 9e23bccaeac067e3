"""Two versions side by side: their figures, and what they make of the same beginning."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.errors import UserError
from bot.generation.request import TextRequest
from bot.generation.writer import WriteLocation, Writer
from bot.models.inference import Inference
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord

SHOWN_TEXTS = 3
SHOWN_CHARS = 120
MAX_PROMPT_CHARS = 100
_SEEDS = 2**53


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions of a server side by side.

    Attributes:
        sides: each version, None for the base model, with its texts, or with why there
            are none.
        live: the one in use, None for the base model.
    """

    sides: tuple[tuple[ModelRecord | None, list[str] | str], ...]
    live: ModelRecord | None


class Comparing:
    """Compares what a server's versions are and say."""

    def __init__(self, voice: Writer, inference: Inference, models: ModelStore) -> None:
        self._voice = voice
        self._inference = inference
        self._models = models

    async def compare(
        self, place: WriteLocation, called: tuple[str, str], prompt: str
    ) -> Comparison:
        """Return two versions, with texts where a place may read them.

        Raises:
            UserError: there is no such version.
        """
        live = await self._models.current(place.guild_id)
        seed = 1 + secrets.randbelow(_SEEDS - 1)
        chosen = [await self._inference.resolve(place.guild_id, name.strip()) for name in called]
        sides = []
        for one in chosen:
            record = None if one.model_id is None else await self._models.get(one.model_id)
            asked = TextRequest(prompt, SHOWN_TEXTS, length=SHOWN_CHARS, seed=seed)
            sides.append((record, await self._texts(place, asked, str(one.number))))
        return Comparison(tuple(sides), live)

    async def _texts(self, place: WriteLocation, asked: TextRequest, model: str) -> list[str] | str:
        """Return what a version writes, or why it writes nothing."""
        try:
            texts, _ = await self._voice.write(place, asked.by(model))
        except UserError as refusal:
            return refusal.said()
        return texts
