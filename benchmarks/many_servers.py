"""Ten thousand servers with a model each, a thousand of which talk.

Run: python benchmarks/many_servers.py [--servers 10000] [--active 1000] [--per-second 100]
[--seconds 60] [--processes 1] [--json]

Every server's model is a file of its own, with the filter of a channel of 2,000
messages. Who is asked next is drawn anew each time, all active servers alike: far more
models are asked for than MODEL_CACHE_MB holds, so most answers load theirs first. The
bot is a process of its own; the loopback Discord and the persons are in this one and
take their share of the machine; with --processes it is several, each with a
shard and little memory for models. Commands come at fixed times, whether or not former
ones are answered. Rate limits and cooldowns are off.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from bot_actors import BotProcess, bot_process
from figures import Figure, percentile, print_figures

from bot.cli.demo import BUNDLED_CHANNEL
from bot.errors import APOLOGY
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.fill import read_channel_file
from bot.loopback.world.model import Channel
from bot.loopback.world.world import World
from bot.runtime.data_folder import DataFolder
from bot.runtime.process_tuning import freeze_startup_heap
from bot.runtime.sharding import Shards
from bot.storage.database import Database
from bot.storage.records import utc_now
from textgen_core import (
    Engine,
    GenerationOptions,
    base_weights_path,
    load_checkpoint,
    save_checkpoint,
)
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import Precision
from textgen_core.model.verbatim_filter import VerbatimFilter

SERVERS, ACTIVE, PER_SECOND, SECONDS = 10_000, 1000, 100.0, 60.0
PERSONS = 20
CACHE_MB = 8  # of each of several processes: who is asked next is drawn anew each time
WAIT_S = 60.0
LOADS = 300
REFUSALS = (APOLOGY, "This server's model cannot", "The base model cannot", "That does not work:")


def furnish(servers: int, active: int) -> tuple[World, list[tuple[Any, Channel]]]:
    """Return a world of servers, and of the active ones a person and a channel each."""
    world = World()
    persons = [world.add_user(f"person-{number}") for number in range(PERSONS)]
    rooms = []
    for number in range(servers):
        guild = world.add_guild(f"Server {number}")
        channel = world.add_channel(guild, "general")
        if number < active:
            world.add_member(guild, persons[number % PERSONS])
            rooms.append((persons[number % PERSONS], channel))
    return world, rooms


def server_model() -> Checkpoint:
    """Return what a server's training leaves: weights and a filter."""
    base = load_checkpoint(base_weights_path())
    texts = (str(row["content"]) for row in read_channel_file(BUNDLED_CHANNEL))
    seen = VerbatimFilter.from_texts(texts)
    return Checkpoint(base.config, base.vocabulary, base.weights, base.manifest, seen)


async def give_models(folder: DataFolder, guild_ids: list[int]) -> None:
    """Give each server a version that it speaks with."""
    folder.prepare()
    model = folder.root / "model.safetensors"
    save_checkpoint(server_model(), model, precision=Precision.INT8)
    database = await Database.open(folder.database)
    rows = [(guild_id, folder.model_path(guild_id, 1), utc_now()) for guild_id in guild_ids]
    async with database.transaction() as connection:
        await connection.executemany(
            "INSERT INTO guild (guild_id) VALUES (?)", [(guild_id,) for guild_id in guild_ids]
        )
        await connection.executemany(
            "INSERT INTO model (guild_id, version, path, created_at, published_at)"
            " VALUES (?1, 1, ?2, ?3, ?3)",
            rows,
        )
        await connection.execute(
            "UPDATE guild SET model_id ="
            " (SELECT model_id FROM model WHERE model.guild_id = guild.guild_id)"
        )
    await database.close()
    for _, path, _ in rows:
        target = folder.absolute(path)
        target.parent.mkdir()
        shutil.copyfile(model, target)
    model.unlink()


def loading_ms(paths: list[Path]) -> list[float]:
    """Return how long models took to load in a process that has settled as the bot has."""
    engine = Engine(load_checkpoint(paths[0]))
    engine.generate(GenerationOptions(max_chars=8))
    engine.vectors(["a"])  # the bot's kernels are all compiled now, as the image has them
    freeze_startup_heap()
    took = []
    for path in paths:
        began = time.perf_counter()
        Engine(load_checkpoint(path))
        took.append(1000 * (time.perf_counter() - began))
    return took


class Asker:
    """Asks for texts as persons do.

    Args:
        persons: by user id.
        bot_id: whose answers count.
    """

    def __init__(self, persons: dict[int, Person], bot_id: str) -> None:
        self._persons = persons
        self._bot_id = bot_id
        self.took_ms: list[float] = []
        self.errors = 0

    async def ask(self, user_id: int, channel: Channel, due: float) -> None:
        """Ask once, and note how long the answer took from the moment it was due."""
        person = self._persons[user_id]
        try:
            await person.say(channel.id, "!generate")
            answer = await person.expect(
                "MESSAGE_CREATE",
                lambda data: (
                    data["channel_id"] == str(channel.id) and data["author"]["id"] == self._bot_id
                ),
                timeout_s=WAIT_S,
            )
        except TimeoutError:
            self.errors += 1
            return
        self.took_ms.append(1000 * (time.perf_counter() - due))
        text = str(answer["content"])
        self.errors += not text or text.startswith(REFUSALS)

    def forget_own_words(self) -> None:
        """Let go of events that nobody waits for."""
        for person in self._persons.values():
            person.events[:] = [
                event for event in person.events if event[1].get("author", {}).get("bot")
            ]


async def load(
    asker: Asker, rooms: list[tuple[Any, Channel]], seconds: float, per_second: float
) -> None:
    """Ask at fixed times for so long, and wait for the last answers."""
    chosen = random.Random(0).choices(rooms, k=int(seconds * per_second))
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, (user, channel) in enumerate(chosen):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(asker.ask(user.id, channel, due))
            if number % 1000 == 999:
                asker.forget_own_words()


async def measure(
    *, servers: int, active: int, per_second: float, seconds: float, processes: int = 1
) -> tuple[list[Figure], dict[str, Any]]:
    """Return every figure, and what to know about the run."""
    world, rooms = furnish(servers, active)
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="textgen-bench-"))
        folder = DataFolder(Path(data_dir))
        guild_ids = list(world.guilds)
        await give_models(folder, guild_ids)
        paths = [folder.absolute(folder.model_path(guild_id, 1)) for guild_id in guild_ids[:LOADS]]
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            loads = await asyncio.wrap_future(pool.submit(loading_ms, paths))
        discord = await stack.enter_async_context(
            LoopbackDiscord(world, SandboxOptions(rate_limits=False))
        )
        began = time.perf_counter()
        bots = [
            await stack.enter_async_context(bot_process(discord, data_dir, **share))
            for share in shares(processes)
        ]
        persons = {
            user.id: await stack.enter_async_context(Person(discord.url, user.token or ""))
            for user, _ in rooms[:PERSONS]
        }
        asker = Asker(persons, str(world.bot.id))
        for room in rooms_of_shards(rooms, processes):
            await until_it_answers(asker, room)
        starting_s = time.perf_counter() - began
        # or collecting the garbage of 10,000 servers halts Discord for 100 ms
        freeze_startup_heap()
        await load(asker, rooms, 5.0, per_second)
        asker.took_ms.clear()
        await figures_of(bots)
        cpu_s, own_cpu_s = cpu_s_of(bots), time.process_time()
        await load(asker, rooms, seconds, per_second)
        cpu_s, own_cpu_s = cpu_s_of(bots) - cpu_s, time.process_time() - own_cpu_s
        after = await figures_of(bots)
        memory_mb = resident_mb(bots, after)
    took = asker.took_ms
    figures = [
        Figure("loading a model, p50", round(percentile(loads, 0.5), 2), "ms", 5),
        Figure("loading a model, p99", round(percentile(loads, 0.99), 2), "ms"),
        Figure("answer p50", round(percentile(took, 0.5), 1), "ms"),
        Figure("answer p99", round(percentile(took, 0.99), 1), "ms", 300),
        Figure("answer max", round(max(took), 1), "ms"),
        Figure("errors", float(asker.errors), "", 0),
        Figure("answers", float(len(took)), ""),
        Figure("processor time of the bot an answer", round(1000 * cpu_s / len(took), 2), "ms"),
        Figure("the same of Discord and the persons", round(1000 * own_cpu_s / len(took), 2), "ms"),
        Figure("resident memory, most", round(memory_mb, 1), "MB", 400),
        Figure("start until it answers", round(starting_s, 1), "s"),
        Figure("loop lateness p99", round(max(map(late_ms, after)), 2), "ms"),
    ]
    notes = {"servers": servers, "active": active, "commands a second": per_second}
    return figures, {**notes, "processes": processes}


def shares(processes: int) -> list[dict[str, str]]:
    """Return each process's settings: the defaults, or a shard and little memory for models."""
    if processes == 1:
        return [{}]
    return [
        {"SHARD_COUNT": str(processes), "SHARD_IDS": str(shard), "MODEL_CACHE_MB": str(CACHE_MB)}
        for shard in range(processes)
    ]


def rooms_of_shards(rooms: list[tuple[Any, Channel]], processes: int) -> list[tuple[Any, Channel]]:
    """Return a room of each shard."""
    shards = Shards(processes, ())
    found = {
        shards.shard_of(int(channel.guild_id or 0)): (user, channel) for user, channel in rooms
    }
    return list(found.values())


async def figures_of(bots: list[BotProcess]) -> list[dict[str, list[float]]]:
    """Return what each process has sampled since the last call."""
    return [await bot.figures() for bot in bots]


def cpu_s_of(bots: list[BotProcess]) -> float:
    """Return the processor time that all have used."""
    return sum(bot.cpu_s for bot in bots)


def resident_mb(bots: list[BotProcess], figures: list[dict[str, list[float]]]) -> float:
    """Return the most memory that all had, the libraries that they share counted once."""
    memory = [psutil.Process(bot.pid).memory_full_info() for bot in bots]
    shared = max(each.rss - each.uss for each in memory) / 1e6
    return sum(max(each["resident_mb"]) for each in figures) - shared * (len(bots) - 1)


def late_ms(figures: dict[str, list[float]]) -> float:
    """Return how late a process's event loop was, p99."""
    return percentile(figures["late_ms"], 0.99)


async def until_it_answers(asker: Asker, room: tuple[Any, Channel]) -> None:
    """Return when the bot answers."""
    deadline = time.monotonic() + 10 * WAIT_S
    user, channel = room
    asker.took_ms.clear()
    while not asker.took_ms:
        if time.monotonic() > deadline:
            raise SystemExit("The bot did not answer; its log is above.")
        asking = asyncio.create_task(asker.ask(user.id, channel, time.perf_counter()))
        await asyncio.wait({asking}, timeout=2.0)
        asking.cancel()
        await asyncio.wait({asking})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--active", type=int, default=ACTIVE)
    parser.add_argument("--per-second", type=float, default=PER_SECOND)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--processes", type=int, default=1, help="of the bot, a shard each")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    figures, notes = asyncio.run(measure(**options))
    print_figures(figures, notes, as_json=as_json)


if __name__ == "__main__":
    main()
