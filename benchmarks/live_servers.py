"""A thousand servers that learn as people write: memory, processor time and the event loop.

Run: python benchmarks/live_servers.py [--servers 1000] [--per-second 200] [--seconds 20] [--json]

The same messages are sent to a bot without live channels and to one with a live channel in each
server; what is above the first one's figures is what live learning costs. The bot is a process
of its own; the loopback Discord and the persons are in this one.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bot_actors import bot_process
from figures import Figure, percentile, print_figures
from many_servers import PERSONS, Asker, furnish, until_it_answers

from bot.cli.demo import BUNDLED_CHANNEL
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.fill import read_channel_file
from bot.runtime.data_folder import DataFolder
from bot.runtime.process_tuning import freeze_startup_heap
from bot.storage.database import Database
from bot.storage.live_counts import LiveCountStore

PAGE_ROUTE = "GET /channels/{channel_id}/messages"


async def follow(folder: DataFolder, rooms: list[tuple[Any, Any]]) -> None:
    """Let each server have a live channel."""
    folder.prepare()
    database = await Database.open(folder.database)
    store = LiveCountStore(database)
    for _, channel in rooms:
        await store.follow(int(channel.guild_id or 0), [channel.id], 1)
    await database.close()


async def count_rows(folder: DataFolder) -> int:
    """Return how many messages count."""
    database = await Database.open(folder.database, in_use=True)
    (row,) = await database.fetch_all("SELECT COUNT(*) FROM live_message")
    await database.close()
    return int(row[0])


async def speak(
    persons: Mapping[int, Person],
    rooms: Sequence[tuple[Any, Any]],
    texts: Sequence[str],
    rng: random.Random,
    *,
    seconds: float,
    per_second: float,
) -> int:
    """Let persons write at fixed times for so long; return how many characters that was."""
    began, chars = time.perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * per_second)):
            await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
            (user, channel), text = rng.choice(rooms), rng.choice(texts)
            chars += len(text)
            group.create_task(persons[user.id].say(channel.id, text))
            if number % 500 == 499:
                for person in persons.values():
                    person.events.clear()
    return chars


async def run(*, live: bool, servers: int, per_second: float, seconds: float) -> dict[str, float]:
    """Send messages to a bot and return what that cost it."""
    world, rooms = furnish(servers, servers)
    texts = [str(row["content"]) for row in read_channel_file(BUNDLED_CHANNEL)]
    rng = random.Random(0)
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="textgen-bench-"))
        folder = DataFolder(Path(data_dir))
        if live:
            await follow(folder, rooms)
        discord = await stack.enter_async_context(
            LoopbackDiscord(world, SandboxOptions(rate_limits=False))
        )
        bot = await stack.enter_async_context(bot_process(discord, data_dir))
        persons = {
            user.id: await stack.enter_async_context(Person(discord.url, user.token or ""))
            for user, _ in rooms[:PERSONS]
        }
        await until_it_answers(Asker(persons, str(world.bot.id)), rooms[0])
        while live and discord.request_log.by_route[PAGE_ROUTE] < servers:  # noqa: ASYNC110 (a log has no event)
            await asyncio.sleep(0.1)
        freeze_startup_heap()
        await speak(persons, rooms, texts, rng, seconds=servers / 100, per_second=per_second)
        await bot.figures()
        cpu_s, began = bot.cpu_s, time.perf_counter()
        chars = await speak(persons, rooms, texts, rng, seconds=seconds, per_second=per_second)
        took_s = time.perf_counter() - began
        await asyncio.sleep(1.5)
        sampled, used_s = await bot.figures(), bot.cpu_s - cpu_s
        rows = await count_rows(folder) if live else 0
    return {
        "resident_mb": max(sampled["resident_mb"]),
        "late_ms": percentile(sampled["late_ms"], 0.99),
        "cpu_s": used_s,
        "chars": chars,
        "rate": seconds * per_second / took_s,
        "rows": rows,
    }


async def measure(**options: Any) -> list[Figure]:
    """Return every figure."""
    rest, live = await run(live=False, **options), await run(live=True, **options)
    us = 1e6 * (live["cpu_s"] - rest["cpu_s"]) / live["chars"]
    above_mb = live["resident_mb"] - rest["resident_mb"]
    return [
        Figure("messages a second", round(live["rate"], 1), ""),
        Figure("messages that count", live["rows"], ""),
        Figure("resident memory, at rest", round(rest["resident_mb"], 1), "MB"),
        Figure("resident memory above that", round(above_mb, 1), "MB", 200),
        Figure("processor time a character above that", round(us, 1), "µs", 20),
        Figure("loop lateness p99, at rest", round(rest["late_ms"], 1), "ms"),
        Figure("loop lateness p99", round(live["late_ms"], 1), "ms", 20),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--per-second", type=float, default=200.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    figures = asyncio.run(measure(**options))
    print_figures(figures, options, as_json=as_json)


if __name__ == "__main__":
    main()
