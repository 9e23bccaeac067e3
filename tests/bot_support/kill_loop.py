"""Kills the bot or its training process at random moments, over and over.

What must hold is checked after each kill: versions of models are whole, the live one
loads, and the database is sound; and once every job has ended: each is done or failed
with its reason, no text is left on the disk, and no process is left behind.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from bot_harness import WAIT_S, Scene, until

from textgen_core import Engine, load_checkpoint

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parent.parent
MOST_PAUSE_S = 2.5  # about as long as a job takes from the command to its last message
STEP_S = 0.05  # of the training process: there are moments in it at which it can be killed
ENDING_S = 120.0  # of the jobs that are open after the last kill
NO_LIMITS = {"TRAIN_MAX_A_DAY": "1000", "MEMBER_PER_MINUTE": "0", "SERVER_PER_MINUTE": "0"}


@dataclass(slots=True)
class Figures:
    """What a loop has done, and how its jobs ended."""

    kills: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    checked_models: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {what}" for what, count in sorted(self.kills.items()))
        ends = ", ".join(f"{count} {what}" for what, count in sorted(self.ends.items()))
        return (
            f"{self.kills.total()} kills in {self.seconds:.0f} s ({kills}); {self.ends.total()} "
            f"jobs ended ({ends}); {self.checked_models} times a live model was loaded"
        )


class KillLoop:
    """A bot that is killed and started again.

    Args:
        scene: the loopback Discord and the data folder.
        base: the model to start from.
        seed: of what is killed when.
        mode: of the fake trainer.
        command: what makes the bot train.
    """

    def __init__(
        self, scene: Scene, base: Path, *, seed: int, mode: str = "steps", command: str
    ) -> None:
        self._scene = scene
        self._base = base
        self._random = random.Random(seed)
        self._mode = mode
        self._command = command
        self._bot: asyncio.subprocess.Process | None = None
        self._log = (scene.folder / "bot.log").open("ab")
        self.figures = Figures()

    async def run(self, kills: int) -> Figures:
        """Kill so many times, let what is open end, and check all that must hold."""
        began = time.monotonic()
        try:
            await self._start()
            for _ in range(kills):
                await self._keep_busy()
                await asyncio.sleep(self._random.uniform(0, MOST_PAUSE_S))
                await self._kill_something()
                self._check_models()
            await self._let_everything_end()
        finally:
            await self._end_bot()
            self._log.close()
        self.figures.seconds = time.monotonic() - began
        self.figures.ends.update(row["status"] for row in self._jobs())
        return self.figures

    async def _start(self) -> None:
        paths = [str(ROOT), str(SUPPORT), str(ROOT / "tests" / "core")]
        data = str(self._scene.folder / "data")
        self._bot = await asyncio.create_subprocess_exec(
            *(sys.executable, str(SUPPORT / "run_bot.py"), self._scene.discord.url),
            *(data, str(self._base), self._mode),
            env={
                **os.environ,
                **NO_LIMITS,
                "FAKE_STEP_S": str(STEP_S),
                "DISCORD_TOKEN": self._scene.discord.bot_token,
                "PYTHONPATH": os.pathsep.join(paths),
            },
            stderr=self._log,
        )
        self._scene.you.events.clear()  # an answer of the bot before is none of this one
        answers = asyncio.create_task(self._scene.until_it_answers())
        ended = asyncio.create_task(self._bot.wait())
        await asyncio.wait({answers, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not answers.done():
            answers.cancel()
            log = await asyncio.to_thread(Path(self._log.name).read_text, "utf-8", "replace")
            raise AssertionError(f"the bot did not start:\n{log[-2000:]}")
        await answers

    async def _end_bot(self) -> None:
        if self._bot is not None and self._bot.returncode is None:
            self._bot.kill()
            await self._bot.wait()

    async def _keep_busy(self) -> None:
        """Have a job that is queued or runs."""
        if not any(row["finished_at"] is None for row in self._jobs()):
            self._scene.you.events.clear()
            await self._scene.you.say(self._scene.commands.id, self._command)
            await self._scene.from_bot("MESSAGE_CREATE", "⏳")

    async def _kill_something(self) -> None:
        """Kill the bot, or its training process where there is one, and start it again."""
        when = self._state()
        child = self._child()
        if child is not None and self._random.random() < 0.5:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                when = "ended"
            self.figures.kills[f"of the child, {when}"] += 1
            return
        assert self._bot is not None
        self._bot.kill()
        await self._bot.wait()
        self.figures.kills[f"of the bot, {when}"] += 1
        await self._no_process_is_left()
        await self._start()

    def _state(self) -> str:
        for row in self._jobs():
            if row["finished_at"] is None:
                out = self._scene.folder / "data" / "corpora" / str(row["train_job_id"])
                trained = (out / "trained.safetensors").exists()
                return "publishing" if trained else str(row["status"])
        return "idle"

    def _jobs(self) -> list[sqlite3.Row]:
        """Return all jobs; none before there is a database."""
        return self._rows("SELECT * FROM train_job ORDER BY train_job_id")

    def _rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        connection = sqlite3.connect(self._scene.folder / "data" / "textgen.sqlite3")
        try:
            connection.row_factory = sqlite3.Row
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    def _processes(self) -> list[psutil.Process]:
        """Return every process that works in the data folder."""
        data = str(self._scene.folder / "data")
        found = []
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and data in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _child(self) -> psutil.Process | None:
        for process in self._processes():
            if self._bot is not None and process.pid != self._bot.pid:
                return process
        return None

    async def _no_process_is_left(self) -> None:
        """Children see the bot's end and end themselves."""
        _, alive = await asyncio.to_thread(psutil.wait_procs, self._processes(), WAIT_S)
        assert alive == [], "a process outlives the bot"

    def _check_models(self) -> None:
        assert [row[0] for row in self._rows("PRAGMA integrity_check")] == ["ok"]
        data = self._scene.folder / "data"
        for path in (data / "models").rglob("*.safetensors"):
            load_checkpoint(path)  # raises if it is half
        for row in self._rows("SELECT path FROM guild JOIN model USING (model_id)"):
            Engine(load_checkpoint(data / row["path"]))
            self.figures.checked_models += 1

    async def _let_everything_end(self) -> None:
        await until(lambda: all(row["finished_at"] for row in self._jobs()), ENDING_S)
        self._scene.you.events.clear()
        assert "can't load" not in await self._scene.ask("!generate --seed 1")
        for row in self._jobs():
            assert row["status"] in ("done", "failed"), dict(row)
            assert row["status"] == "done" or row["reason"] or row["least_messages"], dict(row)
        # Texts go right after the outcome is saved.
        await until(lambda: not self._scene.left_texts())
        assert self._bot is not None
        self._bot.send_signal(signal.SIGTERM)
        await self._bot.wait()
        await self._no_process_is_left()
