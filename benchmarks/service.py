"""Training as a service: answers meanwhile, hand-over, histories of a million messages.

Run: python benchmarks/service.py [--channel FILE] [--seconds 30] [--json]

The bot is a process of its own; the loopback Discord and the persons are in this
one, so their memory does not count into the bot's. A real training (`!train`,
the real child process) runs all the while, which is checked at the end.

So that requests can be compared, each is `!generate --length 200 --seed N` with a
seed for which the base model writes all 200 characters (texts often end earlier);
each answer must be that very text. Rate limits are off: they would be measured
instead of the bot. A time is a person's: from before the request is sent until
the answer has come through the gateway.

Then come handover.py and collector.py, which have the rest to say: 12 minutes more, 8 of
them waiting for Discord's limits.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bot_actors import (
    Request,
    Seat,
    bot_process,
    own_channel,
    seats,
    wait_for_the_bot,
)
from collector import long_histories
from figures import Figure, percentile, print_figures
from handover import handing_over

from bot.cli.demo import BUNDLED_CHANNEL, demo_world
from bot.config import load_settings
from bot.generation.request import TextRequest
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.text.discord_markup import reply_messages
from textgen_core import Engine, load_checkpoint
from textgen_core.model.bundled import model_path

IN_FLIGHT = 20
SINGLE = 60
CHARS = 200
SEEDS = 20


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
    base = model_path(load_settings(None).base_model)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = pool.submit(full_texts, base).result()
    command = f"!generate --length {CHARS} --seed"
    return itertools.cycle(
        [Request(f"{command} {seed}", reply_messages([text])[0]) for seed, text in found]
    )


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
    figures += asyncio.run(handing_over())
    figures += long_histories(options.channel)
    print_figures(figures, notes, as_json=options.json)


if __name__ == "__main__":
    main()
