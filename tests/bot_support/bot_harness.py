"""The whole bot against a loopback Discord, with a training process that learns nothing."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from random_checkpoints import random_checkpoint

from bot.app.client import TextgenBot, open_bot
from bot.app.services import Timing
from bot.config import Settings, load_settings
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, Guild
from bot.loopback.world.world import World
from bot.runtime.clock import Clock
from bot.runtime.subprocesses import ChildLimits
from bot.training.local_trainer import LocalTrainer
from bot.training.trainer import Trainer
from textgen_core import save_checkpoint
from textgen_core.model.quantization import Precision

ROOT = Path(__file__).parent.parent.parent
FAKE_TRAINER = Path(__file__).with_name("fake_trainer.py")
HELD_TRAINER = Path(__file__).with_name("held_trainer.py")
PAGE_ROUTE = "GET /channels/{channel_id}/messages"
WAIT_S = 30.0
START_S = 300.0  # a process on a busy machine that compiles its kernels; some 3 on a calm one
REAL_TRAINING_S = 200.0  # some 15 on a calm machine, most of it TensorFlow's import
QUICKLY = Timing(
    guild_ready_s=0.05,
    edit_interval_s=0.0,
    history_retries_s=(0.0, 0.0),
    poll_s=0.05,
    retry_s=0.1,
)
UNKNOWN = "I don't know a command “"
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


def fake_trainer(
    mode: str = "quick", *, stop_grace_s: float = 10.0, limits: ChildLimits | None = None
) -> LocalTrainer:
    """Return a trainer whose process is fake_trainer.py."""
    command = (sys.executable, str(FAKE_TRAINER), mode)
    return LocalTrainer(command, stop_grace_s=stop_grace_s, limits=limits)


def make_base(folder: Path, *, seed: int = 0) -> Path:
    """Write a small base model, in 8 bits as trainings do, and return its path."""
    path = folder / f"base-{seed}.safetensors"
    save_checkpoint(random_checkpoint(seed=seed), path, precision=Precision.INT8)
    return path


def make_settings(folder: Path, **changes: Any) -> Settings:
    """Return settings of a bot that keeps everything below `folder`."""
    base = changes.pop("base_model", None) or make_base(folder)
    own = {"consent": "given", **changes}
    return load_settings(None, data_dir=folder / "data", base_model=base, **own)


async def until(holds: Callable[[], object], timeout_s: float = WAIT_S) -> None:
    """Return when a condition holds that another task, thread or process makes true."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 (a database and a log have no event)
            await asyncio.sleep(0.02)


async def run_python(
    folder: Path, *arguments: str, timeout_s: float = START_S, **env: str
) -> tuple[int, str, str]:
    """Return the exit status, output and error output of a Python process."""
    process = await start_python(folder, *arguments, **env)
    async with asyncio.timeout(timeout_s):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def start_python(folder: Path, *arguments: str, **env: str) -> asyncio.subprocess.Process:
    clean = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    base = str(make_base(folder))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "BASE_MODEL": base, "HEALTH_ADDRESS": "", **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Yield `folder` as a disk of its own that is soon full; skip where that is not allowed."""
    folder.mkdir(exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no small disk can be mounted (root may): {error}")
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True)


def fill_up(disk: Path) -> None:
    """Leave not a byte free."""
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(1024))


def rows(count: int, *, text: str = "message {}", start: int = 0) -> Iterable[dict[str, Any]]:
    """Return a channel's messages: one a minute, by three people."""
    for number in range(start, start + count):
        sent_at = BEGINNING + timedelta(minutes=number)
        yield {
            "author": f"person{number % 3}",
            "timestamp": sent_at.isoformat(),
            "content": text.format(number),
        }


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with a talkative channel and one for commands, and a person who looks on."""

    world: World
    guild: Guild
    talk: Channel
    commands: Channel
    discord: LoopbackDiscord
    you: Person
    folder: Path

    async def from_bot(
        self, event: str = "MESSAGE_CREATE", *beginnings: str, timeout_s: float = WAIT_S
    ) -> str:
        """Return the text of the bot's next message (or edit) that begins so."""
        bot_id = str(self.world.bot.id)
        message = await self.you.expect(
            event,
            lambda data: (
                data["author"]["id"] == bot_id
                and str(data["content"]).startswith(beginnings or ("",))
            ),
            timeout_s=timeout_s,
        )
        return str(message["content"])

    async def ask(self, command: str) -> str:
        """Type a command and return the bot's answer."""
        return str((await self.ask_message(command))["content"])

    async def ask_message(self, command: str) -> Payload:
        """Type a command and return the bot's answer, with all that is on it.

        What the bot says elsewhere, or said before, is no answer.
        """
        asked = await self.you.say(self.commands.id, command)
        bot_id = str(self.world.bot.id)
        return await self.you.expect(
            "MESSAGE_CREATE",
            lambda data: (
                data["author"]["id"] == bot_id
                and data["channel_id"] == asked["channel_id"]
                and int(data["id"]) > int(asked["id"])
            ),
            timeout_s=WAIT_S,
        )

    async def next_message(self, event: str = "MESSAGE_CREATE") -> Payload:
        """Return the bot's next message, or its next edit, as "you" get it."""
        bot_id = str(self.world.bot.id)
        return await self.you.expect(
            event, lambda data: data["author"]["id"] == bot_id, timeout_s=WAIT_S
        )

    async def press(self, message: Payload, label: str, person: Person | None = None) -> None:
        """Press the button that bears a label."""
        (custom_id,) = [
            button["custom_id"]
            for row in message["components"]
            for button in row["components"]
            if button.get("label") == label
        ]
        await (person or self.you).press(message, custom_id)

    async def until_it_answers(self, commands: Channel | None = None) -> None:
        """Return when a bot in another process answers; it may answer a former try yet."""
        commands = commands or self.commands
        async with asyncio.timeout(START_S):
            for attempt in itertools.count():
                word = f"try-{commands.id}-{attempt}"
                await self.you.say(commands.id, f"!help {word}")
                with suppress(TimeoutError):
                    await self.from_bot("MESSAGE_CREATE", f"{UNKNOWN}{word}”", timeout_s=0.5)
                    return

    async def until_it_trains(self) -> None:
        """Return when the first steps of a real training are shown."""
        await self.you.expect(
            "MESSAGE_UPDATE",
            lambda data: (
                data["content"].startswith("🧠") and "getting ready" not in data["content"]
            ),
            timeout_s=REAL_TRAINING_S,
        )

    async def outcome(self, *, timeout_s: float = WAIT_S) -> str:
        """Return the last text of a training's message."""
        message = await self.you.expect(
            "MESSAGE_UPDATE",
            lambda data: data["content"].startswith(("✅", "❌", "🛑 **Training", "💤")),
            timeout_s=timeout_s,
        )
        return str(message["content"])

    async def train(self, *channels: Channel, how: str = "", options: str = "") -> str:
        """Train and return how it ended."""
        names = " ".join(f"<#{channel.id}>" for channel in channels or (self.talk,))
        await self.ask(" ".join(f"!train {how} {names} {options}".split()))
        return await self.outcome()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what the bot's database holds."""
        with closing(sqlite3.connect(self.folder / "data" / "textgen.sqlite3")) as connection:
            return connection.execute(sql).fetchall()

    def job_rows(self) -> list[tuple[Any, ...]]:
        """Return how each training stands, and how many messages it has."""
        return self.query(
            "SELECT status, SUM(messages) FROM train_job JOIN job_channel USING (train_job_id)"
            " GROUP BY train_job_id ORDER BY train_job_id"
        )

    def job_state(self) -> tuple[str, int]:
        """Return how the only training stands, and how many messages it has."""
        ((status, messages),) = self.query(
            "SELECT status, SUM(messages) FROM train_job JOIN job_channel USING (train_job_id)"
        )
        return str(status), int(messages)

    def left_texts(self) -> list[Path]:
        """Return what lies in the folder of collected texts, an empty one for arrivals aside."""
        walk = os.walk(self.folder / "data" / "corpora")  # unlike rglob, folders may go meanwhile
        found = [Path(folder, name) for folder, *names in walk for name in itertools.chain(*names)]
        return [path for path in found if path.name != "incoming"]

    def corpus(self) -> list[str]:
        """Return the messages that the running training is given."""
        (corpus,) = (self.folder / "data" / "corpora").glob("*/corpus.jsonl")
        return [json.loads(line)["content"] for line in corpus.read_bytes().splitlines()]

    def pages(self) -> int:
        """Return how many pages of messages have been asked for."""
        return self.discord.request_log.by_route[PAGE_ROUTE]


@asynccontextmanager
async def open_scene(
    folder: Path, *, messages: int = 250, options: SandboxOptions | None = None
) -> AsyncIterator[Scene]:
    """Yield a scene without the bot, discord.py pointed at it."""
    world = World()
    guild = world.add_guild("Test server")
    commands = world.add_channel(guild, "commands")
    talk = world.add_channel(guild, "talk")
    world.fill_channel(talk, rows(messages))
    async with LoopbackDiscord(world, options or SandboxOptions(rate_limits=False)) as discord:
        with discord.client_routes():
            async with Person(discord.url, discord.user_token) as you:
                yield Scene(world, guild, talk, commands, discord, you, folder)


@asynccontextmanager
async def running_bot(
    scene: Scene,
    trainer: Trainer | None = None,
    *,
    clock: Clock | None = None,
    **settings: Any,
) -> AsyncIterator[TextgenBot]:
    """Let the bot serve a scene; leaving the context stops it cleanly."""
    made = make_settings(scene.folder, **settings)
    timing = replace(QUICKLY, clock=clock) if clock else QUICKLY
    async with open_bot(made, trainer or fake_trainer(), timing) as bot:
        task = asyncio.create_task(bot.start(scene.discord.bot_token), name="bot")
        serving = asyncio.create_task(bot.wait_until_serving())
        try:
            async with asyncio.timeout(START_S):
                await asyncio.wait({task, serving}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task  # raises what kept it from serving
            yield bot
        finally:
            serving.cancel()
            await bot.close()
            await asyncio.gather(task, serving, return_exceptions=True)
