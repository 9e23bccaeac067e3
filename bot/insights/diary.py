"""A server's versions over time: what each learned, how well, when it spoke, its new words."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.errors import UserError
from bot.generation.writer import WriteLocation, Writer
from bot.models.engine_cache import ModelCache
from bot.models.inference import Chosen
from bot.models.version_history import DiaryEntry, new_words
from bot.plots.renderer import Drawing
from bot.runtime.clock import Clock
from bot.runtime.data_folder import DataFolder
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord
from bot.text.formatting import messages_count
from bot.text.pii import is_private
from textgen_core import CheckpointError

MOST = 12  # versions, the newest
WORDS = 3


class Diary:
    """Reads what is known of versions, and draws it."""

    def __init__(
        self,
        models: ModelStore,
        folder: DataFolder,
        cache: ModelCache,
        writer: Writer,
        drawing: Drawing,
        clock: Clock,
    ) -> None:
        self._models = models
        self._folder = folder
        self._cache = cache
        self._writer = writer
        self._drawing = drawing
        self._clock = clock
        self._drawing_now = asyncio.Lock()  # one child at a time

    async def of(self, place: WriteLocation) -> tuple[list[DiaryEntry], bytes | None]:
        """Return a server's newest versions, the oldest first, and a picture if it can be drawn.

        Raises:
            UserError: there is no version yet.
        """
        records = (await self._models.versions(place.guild_id))[:MOST][::-1]
        if not records:
            raise UserError("There is no version here yet. `!train #channel` makes the first.")
        spoke = await self._spoke(place.guild_id)
        former: ModelRecord | None = None
        entries = []
        for record in records:
            words = await self._words(place, record, former)
            entries.append(DiaryEntry(record, tuple(spoke.get(record.model_id, ())), words))
            former = record
        async with self._drawing_now:
            return entries, await self._drawing.picture({"versions": list(map(_drawn, entries))})

    async def _spoke(self, guild_id: int) -> dict[int | None, list[tuple[datetime, datetime]]]:
        uses = await self._models.uses(guild_id)
        ends = [*(since for _, since in uses[1:]), self._clock.now()]
        spoke: dict[int | None, list[tuple[datetime, datetime]]] = {}
        for (model_id, since), end in zip(uses, ends, strict=True):
            spoke.setdefault(model_id, []).append((since, max(since, end)))
        return spoke

    async def _words(
        self, place: WriteLocation, record: ModelRecord, former: ModelRecord | None
    ) -> tuple[str, ...]:
        """Return a version's new words; none where it may not be quoted."""
        path = self._folder.absolute(record.path)
        if await self._writer.refusal(place, Chosen(record.version, record.model_id, path)):
            return ()
        before = None if former is None else self._folder.absolute(former.path)

        def found() -> list[str]:
            try:
                engine = self._cache.engine(path)
                return new_words(engine, None if before is None else self._cache.engine(before))
            except CheckpointError:
                return []

        words = [word for word in await asyncio.to_thread(found) if not is_private(word)]
        text = "\n".join(words[: 3 * WORDS])
        allowed = (await self._writer.without_banned(place.guild_id, text)).split("\n")
        return tuple(word for word in words if word in allowed)[:WORDS]


def _drawn(entry: DiaryEntry) -> dict[str, object]:
    """Return what bot/plots/diary.py draws."""
    record, metrics = entry.record, entry.record.metrics
    read = "from a file" if metrics is None else messages_count(metrics.messages)
    return {
        "label": f"{record.version} {record.name or ''}".strip(),
        "made_at": record.created_at.timestamp(),
        "bits": None if metrics is None else metrics.bits_per_char_after,
        "better": metrics is None or metrics.improved,
        "spoke": [[begin.timestamp(), end.timestamp()] for begin, end in entry.spoke],
        "words": [read, *entry.words],
    }
