"""How the bot serves while it trains: lateness of its loop, memory, time to an answer.

Run: python benchmarks/service.py [--channel FILE] [--seconds 30] [--json]

The bot is a process of its own; the loopback Discord and the persons are in this
one, so their memory does not count into the bot's. A real training (`!train`,
the real child process) runs all the while, which is checked at the end.

So that requests can be compared, each is `!generate --length 200 --seed N` with a
seed for which the base model writes all 200 characters (texts often end earlier);
each answer must be that very text. Rate limits are off: they would be measured
instead of the bot. A time is a person's: from before the request is sent until
the answer has come through the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from figures import Figure, percentile, print_figures

from bot.demo import BUNDLED_CHANNEL, DemoWorld, demo_world
from bot.discord_text import reply_messages
from bot.sandbox.model import Channel, Overwrite, User
from bot.sandbox.options import SandboxOptions
from bot.sandbox.permissions import OverwriteKind, Permission
from bot.sandbox.person import Person
from bot.sandbox.server import LoopbackDiscord
from bot.settings import load_settings
from bot.text_request import TextRequest
from textgen_core import Engine, base_weights_path, load_checkpoint

IN_FLIGHT = 20
SINGLE = 60
CHARS = 200
SEEDS = 20
WAIT_S = 120.0
ROOT = Path(__file__).parent.parent
NO_LIMIT = {"MEMBER_PER_MINUTE": "0", "SERVER_PER_MINUTE": "0"}


@dataclass(frozen=True, slots=True)
class Request:
    """A command and the only right answer to it."""

    command: str
    answer: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in a channel where only it and the bot are."""

    person: Person
    channel: Channel
    bot_id: str

    async def answer_ms(self, request: Request) -> float:
        """Ask, and return how long the answer took."""
        began = time.perf_counter()
        await self.person.say(self.channel.id, request.command)
        answer = await self.answer()
        took_ms = 1000 * (time.perf_counter() - began)
        if answer != request.answer:
            raise SystemExit(f"{request.command} was answered by {answer!r}")
        return took_ms

    async def answer(self, event: str = "MESSAGE_CREATE", part: str = "") -> str:
        """Return the bot's next message, or the edit with `part` in it."""
        message = await self.person.expect(
            event,
            lambda data: (
                data["author"]["id"] == self.bot_id
                and data["channel_id"] == str(self.channel.id)
                and part in str(data["content"])
            ),
            timeout_s=WAIT_S,
        )
        return str(message["content"])


class BotProcess:
    """The bot outside; see bot_process.py."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def cpu_s(self) -> float:
        """Processor time that it has used."""
        used = psutil.Process(self._process.pid).cpu_times()
        return used.user + used.system

    async def figures(self) -> dict[str, list[float]]:
        """Return what was sampled since the last call."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise SystemExit("The bot has stopped; its log is above.")
        return dict(json.loads(line))


@asynccontextmanager
async def bot_process(discord: LoopbackDiscord, data_dir: str) -> AsyncIterator[BotProcess]:
    """Run the bot against a loopback Discord."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name("bot_process.py")), discord.url, data_dir),
        env={**os.environ, "DISCORD_TOKEN": discord.bot_token, "PYTHONPATH": str(ROOT), **NO_LIMIT},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    try:
        yield BotProcess(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def full_texts(base: Path) -> list[tuple[int, str]]:
    """Return seeds for which a model writes as much as it may, with the texts."""
    engine = Engine(load_checkpoint(base))
    texts = (
        (seed, engine.generate(TextRequest(length=CHARS, seed=seed).options())[0])
        for seed in itertools.count(1)
    )
    return list(itertools.islice(((n, text) for n, text in texts if len(text) == CHARS), SEEDS))


def requests() -> Iterator[Request]:
    """Yield requests for texts of 200 characters, the same seeds over and over.

    The texts are written in a process of its own: memory that this one shared
    with the bot would not be counted in the same way.
    """
    base = load_settings(None).base_model or base_weights_path()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(full_texts, base).result()
    command = f"!generate --length {CHARS} --seed"
    return itertools.cycle(
        [Request(f"{command} {seed}", reply_messages([text])[0]) for seed, text in found]
    )


def own_channel(demo: DemoWorld, user: User) -> Channel:
    """Return a channel that only a member and the bot see."""
    bot_role = demo.guild.members[demo.world.bot.id].role_ids[0]
    return demo.world.add_channel(
        demo.guild,
        user.name,
        overwrites=[
            Overwrite(demo.guild.id, OverwriteKind.ROLE, deny=Permission.VIEW_CHANNEL),
            Overwrite(bot_role, OverwriteKind.ROLE, allow=Permission.VIEW_CHANNEL),
            Overwrite(user.id, OverwriteKind.MEMBER, allow=Permission.VIEW_CHANNEL),
        ],
    )


@asynccontextmanager
async def seats(
    demo: DemoWorld, discord: LoopbackDiscord, users: Sequence[tuple[User, Channel]]
) -> AsyncIterator[list[Seat]]:
    """Let persons take their seats."""
    bot_id = str(demo.world.bot.id)
    async with AsyncExitStack() as stack:
        taken = []
        for user, channel in users:
            person = await stack.enter_async_context(Person(discord.url, user.token or ""))
            taken.append(Seat(person, channel, bot_id))
        yield taken


async def wait_for_the_bot(seat: Seat) -> None:
    """Return when the bot answers."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        await seat.person.say(seat.channel.id, "!help")
        try:
            async with asyncio.timeout(1.0):
                await seat.answer()
        except TimeoutError:
            continue
        return
    raise SystemExit("The bot did not answer; its log is above.")


async def one_by_one(seat: Seat, asked: Iterator[Request]) -> list[float]:
    """Return the times of requests that are alone."""
    return [await seat.answer_ms(next(asked)) for _ in range(SINGLE)]


async def all_at_once(taken: list[Seat], asked: Iterator[Request], seconds: float) -> list[float]:
    """Keep one request of each person in flight for a while; return the times."""
    end = time.monotonic() + seconds
    times: list[float] = []

    async def keep_asking(seat: Seat) -> None:
        while time.monotonic() < end:
            times.append(await seat.answer_ms(next(asked)))

    await asyncio.gather(*(keep_asking(seat) for seat in taken))
    return times


async def measure(channel_file: Path, seconds: float) -> tuple[list[Figure], dict[str, Any]]:
    """Return every figure, and what to know about the run."""
    asked = requests()
    demo = demo_world(channel_file)
    users = [demo.world.add_user(f"person-{number}") for number in range(IN_FLIGHT)]
    for user in users:
        demo.world.add_member(demo.guild, user)
    rooms = [(user, own_channel(demo, user)) for user in users]
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="textgen-bench-"))
        discord = await stack.enter_async_context(
            LoopbackDiscord(demo.world, SandboxOptions(rate_limits=False))
        )
        bot = await stack.enter_async_context(bot_process(discord, data_dir))
        taken = await stack.enter_async_context(seats(demo, discord, rooms))
        owner = (
            await stack.enter_async_context(seats(demo, discord, [(demo.world.you, demo.commands)]))
        )[0]
        await wait_for_the_bot(owner)
        await bot.figures()
        quiet_ms = await one_by_one(taken[0], asked)
        quiet = await bot.figures()
        await owner.person.say(owner.channel.id, f"!train <#{demo.talk.id}>")
        await owner.answer("MESSAGE_UPDATE", "epoch")
        starting = await bot.figures()
        single_ms = await one_by_one(taken[0], asked)
        single = await bot.figures()
        flight_ms = await all_at_once(taken, asked, seconds)
        flight = await bot.figures()
        status = await asking_status(owner)
    memory = [mb for part in (quiet, starting, single, flight) for mb in part["resident_mb"]]
    figures = [
        *lateness("twenty in flight, training", flight["late_ms"], targets=True),
        *lateness("one at a time, training", single["late_ms"]),
        *lateness("collecting, training begins", starting["late_ms"]),
        *lateness("one at a time, no training", quiet["late_ms"]),
        Figure("resident memory of the bot, most", round(max(memory), 1), "MB", 200),
        *times("alone, training", single_ms, target_ms=100),
        *times("alone, no training", quiet_ms),
        *times("twenty in flight, training", flight_ms),
        Figure("texts a second, twenty in flight", round(len(flight_ms) / seconds, 1), "/s"),
    ]
    return figures, {"channel": channel_file.name, "training at the end": status}


async def asking_status(owner: Seat) -> str:
    """Return how the training stands; it must still run, or nothing was measured beside it."""
    owner.person.events.clear()
    await owner.person.say(owner.channel.id, "!train status")
    status = " · ".join((await owner.answer()).splitlines())
    if "epoch" not in status or "Nothing" in status:
        raise SystemExit(f"Training did not last as long as the measuring: {status}")
    return status


def lateness(when: str, late_ms: Sequence[float], *, targets: bool = False) -> list[Figure]:
    """Return the figures of the loop's lateness."""
    p99, most = (20.0, 100.0) if targets else (None, None)
    return [
        Figure(f"loop lateness p50, {when}", round(percentile(late_ms, 0.5), 2), "ms"),
        Figure(f"loop lateness p99, {when}", round(percentile(late_ms, 0.99), 2), "ms", p99),
        Figure(f"loop lateness max, {when}", round(max(late_ms), 2), "ms", most),
    ]


def times(when: str, took_ms: Sequence[float], *, target_ms: float | None = None) -> list[Figure]:
    """Return the figures of the time to an answer."""
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return [
        Figure(
            f"answer of {CHARS} characters {name}, {when}",
            round(percentile(took_ms, share), 1),
            "ms",
            target_ms if name == "p50" else None,
        )
        for name, share in shares.items()
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--channel", type=Path, default=BUNDLED_CHANNEL, metavar="FILE.jsonl.gz")
    parser.add_argument("--seconds", type=float, default=30.0, help="twenty in flight for so long")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures, notes = asyncio.run(measure(options.channel, options.seconds))
    print_figures(figures, notes, as_json=options.json)


if __name__ == "__main__":
    main()
