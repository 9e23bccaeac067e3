"""What a version's network sees in a line: one that who asks has typed, or one of the bot's own.

The units are probed on the channel that comes with the program, never on what a server said.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UserError
from bot.generation.request import TextRequest
from bot.generation.writer import WriteLocation, Writer
from bot.models.inference import BASE, Chosen, Inference
from bot.plots.renderer import Drawing
from bot.runtime.data_folder import DataFolder
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord
from bot.text.discord_markup import marked_content
from textgen_core import CheckpointError, load_checkpoint, read_messages
from textgen_core.model.bundled import bundled_channel_path
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.neurons.probes import Cell, find_cells
from textgen_core.neurons.report import Report, report_on
from textgen_core.neurons.surprise import shown

log = logging.getLogger(__name__)

MAX_LINE_CHARS = 80  # two rows of a picture
OWN_CHARS, OWN_DRAWN, LEAST_OWN_CHARS = 40, 5, 12
FORMER = 2  # versions before the one that is asked for, beside the base model
SHOWN_CELLS = 4
PROBED_IDS = 10_000  # of each half of the channel: 40 MB for a second or two
KEPT = 32  # files of versions whose cells are known; they never change
MOST_BITS = 8.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture, and what it shows.

    Attributes:
        picture: a PNG file.
        report: what was found; the stages have labels of versions, or "base".
    """

    picture: bytes
    report: Report


class Neurons:
    """Looks at lines through the networks of a server's versions."""

    def __init__(
        self,
        inference: Inference,
        models: ModelStore,
        folder: DataFolder,
        voice: Writer,
        drawing: Drawing,
    ) -> None:
        self._inference = inference
        self._models = models
        self._folder = folder
        self._voice = voice
        self._drawing = drawing
        self._working = asyncio.Lock()  # one at a time: it takes a core and 100 MB
        self._cells: OrderedDict[tuple[Path, int], list[Cell]] = OrderedDict()

    async def knows(self, guild_id: int, called: str) -> bool:
        """Say whether there is a version of a number or name."""
        try:
            await self._inference.resolve(guild_id, called)
        except UserError:
            return False
        return True

    async def look(self, place: WriteLocation, called: str, typed: str) -> Seen:
        """Return a picture of what a version sees in a line.

        Args:
            place: where it is to be shown.
            called: the version's number or name, or "base"; empty for the one in use.
            typed: the line; empty for one that the version writes.

        Raises:
            UserError: there is no such version, it may not be used there, or its file or
                the line is no good.
        """
        chosen = await self._chosen(place.guild_id, called)
        refusal = await self._voice.refusal(place, chosen)
        if refusal is not None:
            raise UserError(refusal)
        text = await self._line(place, chosen, typed)
        stages = await self._stages(place, chosen)
        async with self._working:
            report = await self._inference.run_in_executor(lambda: self._report(stages, text))
            picture = await self._drawing.picture(pictured(report))
        if picture is None:
            raise UserError("I couldn't draw that. The bot's log says why.")
        return Seen(picture, report)

    async def _chosen(self, guild_id: int, called: str) -> Chosen:
        if not called:
            live = await self._models.current(guild_id)
            called = BASE if live is None else str(live.version)
        return await self._inference.resolve(guild_id, called)

    async def _line(self, place: WriteLocation, chosen: Chosen, typed: str) -> str:
        """Return what is looked at, which may be read by all in that place."""
        text = " ".join(typed.split())
        if not text:
            asked = TextRequest(n=OWN_DRAWN, length=OWN_CHARS, model=str(chosen.number))
            texts, _ = await self._voice.write(place, asked)
            lines = [" ".join(line.split()) for line in texts]
            text = next((line for line in lines if len(line) >= LEAST_OWN_CHARS), "Hello there!")
            return text[:MAX_LINE_CHARS]
        if await self._voice.without_banned(place.guild_id, text) != text:
            raise UserError("That line has words in it that I never say in this server.")
        marked = await self._inference.run_in_executor(lambda: marked_content(text))
        if len(marked) < 2:
            raise UserError("There is nothing in that line that I can look at. Try a few words.")
        if len(marked) > MAX_LINE_CHARS:
            raise UserError(
                "That line has {found:,} characters. I can look at {most}.",
                found=len(marked),
                most=MAX_LINE_CHARS,
            )
        return marked

    async def _stages(self, place: WriteLocation, chosen: Chosen) -> list[tuple[str, Path]]:
        """Return the base model, a few versions on the way and the one chosen, with its label."""
        base = await self._inference.resolve(place.guild_id, BASE)
        if chosen.model_id is None:
            return [(BASE, base.path)]
        records = [
            record
            for record in await self._models.versions(place.guild_id)
            if record.version <= chosen.number
        ]
        records.sort(key=lambda record: record.version)
        on_the_way = [record for record in records[:-1] if await self._may_show(place, record)]
        last = records[-1]
        return [
            (BASE, base.path),
            *((record.label, self._path(record)) for record in on_the_way[-FORMER:]),
            (last.label, self._path(last)),
        ]

    async def _may_show(self, place: WriteLocation, record: ModelRecord) -> bool:
        chosen = Chosen(record.version, record.model_id, self._path(record))
        return await self._voice.refusal(place, chosen) is None

    def _path(self, record: ModelRecord) -> Path:
        return self._folder.absolute(record.path)

    def _report(self, stages: Sequence[tuple[str, Path]], text: str) -> Report:
        try:
            models = [(label, load_checkpoint(path)) for label, path in stages]
        except CheckpointError as error:
            log.error("neurons: %s", error)
            raise UserError("I can't load one of those versions: its file is damaged.") from None
        cells = self._cells_of(stages[-1][1], models[-1][1])
        return report_on(models, text, cells, count=SHOWN_CELLS)

    def _cells_of(self, path: Path, checkpoint: Checkpoint) -> list[Cell]:
        if checkpoint.config.window is not None:
            return []
        key = (path, path.stat().st_mtime_ns)  # the number of an erased version may come again
        if key not in self._cells:
            messages = list(read_messages(bundled_channel_path()))
            self._cells[key] = find_cells(checkpoint, messages, half_ids=PROBED_IDS)
            while len(self._cells) > KEPT:
                self._cells.popitem(last=False)
        return self._cells[key]


def pictured(report: Report) -> dict[str, object]:
    """Return what bot/plots/coloured_text.py draws."""
    text = shown(report.stages[-1][1].text)
    rows: list[dict[str, object]] = []
    for label, bits in report.stages:
        name = label if label == BASE else f"version {label}"
        note = f"{bits.bits_per_char:.2f} bits per character"
        levels = [min(1.0, float(level) / MOST_BITS) for level in bits.bits]
        kind = {"kind": "surprise", "text": shown(bits.text), "levels": levels}
        rows.append({"title": f"surprise of {name}", "note": note, **kind})
    rows[-1]["guesses"] = [
        [worst.char, [guess.text for guess in worst.guesses]]
        for worst in report.stages[-1][1].worst
    ]
    gaze = report.gaze
    if gaze is not None:
        most = max(float(gaze.shares.max()), 1e-9)
        levels = [float(share) / most for share in gaze.shares]
        title = f"what the guess at “{text[gaze.place]}” depended on"
        drawn = {"kind": "gaze", "text": text[: gaze.place + 1], "levels": [*levels, 0.0]}
        rows.append({"title": title, "note": "", "framed": gaze.place, **drawn})
    for strip in report.strips:
        cell = strip.cell
        title, note = f"{cell.property}: unit {cell.unit}", f"AUC {cell.auc:.3f}"
        levels = [float(prob) for prob in strip.probs]
        rows.append({"title": title, "note": note, "kind": "cell", "text": text, "levels": levels})
    return {"rows": rows}
