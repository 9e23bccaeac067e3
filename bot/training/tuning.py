"""Several recipes for one training, of which the best on held-out messages is kept.

What a recipe has come to lies in a folder of its own, so that a restart costs none that
is done: `done.json` with its figures beside its checkpoint.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.errors import OutOfMemoryError, TrainerError
from bot.runtime.tasks import all_or_none
from bot.training.trainer import TrainDone, Trainer, TrainEvent, TrainRequest
from textgen_core.model.checkpoint import write_atomically
from textgen_core.training.recipe import Recipe, recipe_for

log = logging.getLogger(__name__)

# Times the learning rate, and times the epochs, that the corpus suggests.
_FACTORS = ((1.0, 1.0), (0.5, 1.0), (2.0, 1.0), (1.0, 2.0))
RECIPES = len(_FACTORS)
LOCAL_BUDGET_S = 3600.0
_TRAINED_ON = 0.9

Show = Callable[[Mapping[int, TrainEvent], Mapping[int, TrainDone]], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """A recipe and what it came to."""

    recipe: Recipe
    done: TrainDone
    out: Path


def recipes_for(messages: int) -> list[Recipe]:
    """Return the recipes to try, first the one that is used without tuning.

    Args:
        messages: all of the corpus's.
    """
    usual = recipe_for(int(messages * _TRAINED_ON), begun=True)
    return [
        Recipe(usual.epochs * longer, usual.learning_rate * faster) for faster, longer in _FACTORS
    ]


class Tuning:
    """Tries the recipes of one training: side by side on other machines, in turn on this one.

    Args:
        folder: what it keeps; it is the job's.
        trainer: trains; tells how many trainings there is room for.
        budget_s: for all recipes together on this machine, for each on others.
        show: is told the latest event of each recipe, and what the finished ones came to.
    """

    def __init__(
        self, folder: Path, trainer: Trainer, *, budget_s: float | None, show: Show
    ) -> None:
        self._folder = folder
        self._trainer = trainer
        self._budget_s = budget_s
        self._show = show
        self._events: dict[int, TrainEvent] = {}
        self._done: dict[int, TrainDone] = {}

    async def best(self, request: TrainRequest, messages: int) -> TrainDone:
        """Return what the best recipe came to; its checkpoint lies at `request.out`.

        Raises:
            UserError: the corpus or the base model is no good.
            TrainerError: no recipe came to an end; that of the first is raised.
        """
        room = self._trainer.capacity()
        budget_s = self._budget_s
        if room is None:
            budget_s = (budget_s or LOCAL_BUDGET_S) / RECIPES
        turns = asyncio.Semaphore(max(1, room or 1))
        tries = [
            self._try(number, replace(request, **asdict(recipe), budget_s=budget_s), turns)
            for number, recipe in enumerate(recipes_for(messages))
        ]
        failures = [failure for failure in await all_or_none(tries) if failure is not None]
        if not self._done:
            raise failures[0]
        best = min(self._done, key=lambda number: self._done[number].bits_per_char_after)
        model = await asyncio.to_thread(self._out(best).read_bytes)
        await asyncio.to_thread(write_atomically, model, request.out)
        return self._done[best]

    async def _try(
        self, number: int, request: TrainRequest, turns: asyncio.Semaphore
    ) -> TrainerError | None:
        """Train by one recipe when it is its turn; return what kept it from its end."""
        out = self._out(number)
        async with turns:
            kept = await asyncio.to_thread(_read_done, out)
            if kept is None:
                out.parent.mkdir(parents=True, exist_ok=True)
                try:
                    kept = await self._trainer.train(
                        replace(request, out=out), lambda event: self._tell(number, event)
                    )
                except OutOfMemoryError:
                    raise
                except TrainerError as error:
                    log.error("recipe %d came to no end: %s", number + 1, error)
                    return error
                await asyncio.to_thread(_write_done, out, kept)
        self._done[number] = kept
        self._show(self._events, self._done)
        return None

    def _tell(self, number: int, event: TrainEvent) -> None:
        self._events[number] = event
        self._show(self._events, self._done)

    def _out(self, number: int) -> Path:
        return self._folder / str(number) / "trained.safetensors"


def best_of(folder: Path, messages: int) -> Tried | None:
    """Return the best recipe of a tuning that has ended, None where there was none."""
    tried = []
    for number, recipe in enumerate(recipes_for(messages)):
        out = folder / str(number) / "trained.safetensors"
        if (done := _read_done(out)) is not None:
            tried.append(Tried(recipe, done, out))
    return min(tried, key=lambda one: one.done.bits_per_char_after, default=None)


def _write_done(out: Path, done: TrainDone) -> None:
    write_atomically(json.dumps(asdict(done)).encode(), out.with_name("done.json"))


def _read_done(out: Path) -> TrainDone | None:
    try:
        return TrainDone(**json.loads(out.with_name("done.json").read_bytes()))
    except FileNotFoundError:
        return None
