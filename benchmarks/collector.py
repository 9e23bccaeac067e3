"""How fast a long history is read, beside what Discord's rate limits allow.

Run: python benchmarks/collector.py [--channel FILE] [--messages 50000] [--no-limits] [--json]

A loopback Discord holds its buckets (5 history requests in a window of 5 seconds
that opens with the first) and sends Discord's headers. The real client and the
real HistoryCollector read the channel in a process of their own, which is the
one whose memory is measured; a file shorter than the messages asked for is
repeated, its messages a second apart.

The minimum follows from the bucket alone: N requests fill ceil(N / 5) windows, and
all but the last must pass in full. N is counted by the server; the seconds are
those of HistoryCollector.collect.

With --no-limits the buckets are lifted, and what is measured is the collector itself,
beside what the client library alone does with the same pages, thrown away. Both wait
for the same loopback Discord on the machine's other cores, so that messages a second
of the process's own processor time say more of the code than those of wall time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

from figures import Figure, print_figures

from bot.cli.demo import BUNDLED_CHANNEL
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.fill import read_channel_file
from bot.loopback.world.model import Channel
from bot.loopback.world.world import World

MESSAGES, MANY_MESSAGES = 50_000, 1_000_000
PAGE_ROUTE = "GET /channels/{channel_id}/messages"
ROOT = Path(__file__).parent.parent


def repeated(path: Path) -> Iterator[Mapping[str, object]]:
    """Yield a file's messages over and over, a second apart: a million take twelve days."""
    sent_at = datetime(2020, 1, 1, tzinfo=UTC)
    for _ in count():
        for row in read_channel_file(path):
            yield {**row, "timestamp": sent_at.isoformat()}
            sent_at += timedelta(seconds=1)


def filled_world(path: Path, messages: int) -> tuple[World, Channel]:
    """Return a world, and its channel with so many messages."""
    world = World()
    guild = world.add_guild("Benchmark")
    channel = world.add_channel(guild, "history")
    world.fill_channel(channel, islice(repeated(path), messages))
    return world, channel


async def collected(
    discord: LoopbackDiscord, channel_id: int, mode: str = "collect"
) -> dict[str, Any]:
    """Return what the collecting process says of itself."""
    script = Path(__file__).with_name("collecting_process.py")
    with tempfile.TemporaryDirectory(prefix="textgen-bench-") as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(script), discord.url, folder, str(channel_id), mode),
            env={**os.environ, "DISCORD_TOKEN": discord.bot_token, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit("Collecting failed; the process's words are above.")
    return dict(json.loads(out))


async def measure(path: Path, messages: int) -> tuple[list[Figure], dict[str, Any]]:
    """Return every figure, and what to know about the run."""
    world, channel = filled_world(path, messages)
    options = SandboxOptions()
    async with LoopbackDiscord(world, options) as discord:
        result = await collected(discord, channel.id)
        requests = discord.request_log.by_route[PAGE_ROUTE]
        refused = discord.request_log.rate_limited
    if result["last_id"] != channel.messages.last_id:
        raise SystemExit("The channel was not read to its end.")
    minimum_s = options.limits.history.minimum_s(requests)
    what = f"{messages:,} messages, limits"
    figures = [
        Figure(f"{what}: wall time", round(result["wall_s"], 1), "s"),
        Figure(f"{what}: minimum that they allow", minimum_s, "s"),
        Figure(f"{what}: wall time / minimum", round(result["wall_s"] / minimum_s, 3), "", 1.05),
        Figure(f"{what}: growth of memory", round(result["growth_mb"], 1), "MB", 20),
        Figure(f"{what}: resident before", round(result["before_mb"], 1), "MB"),
        Figure(f"{what}: processor time", round(result["cpu_s"], 1), "s"),
    ]
    notes = {
        "channel": f"{path.name}, {messages:,} messages, {result['usable']:,} of them usable",
        "requests": f"{requests} pages, {refused} refused with 429",
    }
    return figures, notes


async def measure_unlimited(path: Path, messages: int) -> tuple[list[Figure], dict[str, Any]]:
    """Return the figures without rate limits, beside the client library's own."""
    world, channel = filled_world(path, messages)
    async with LoopbackDiscord(world, SandboxOptions(rate_limits=False)) as discord:
        ours = await collected(discord, channel.id)
        theirs = await collected(discord, channel.id, "ceiling")
    if {ours["last_id"], theirs["last_id"]} != {channel.messages.last_id}:
        raise SystemExit("The channel was not read to its end.")
    what = f"{messages:,} messages, no limits"
    alone, each_us = "library alone", round(1e6 * ours["cpu_s"] / messages, 1)
    figures = [
        Figure(f"{what}: a second", round(messages / ours["wall_s"]), ""),
        Figure(f"{what}: a second, {alone}", round(messages / theirs["wall_s"]), ""),
        Figure(f"{what}: a core's second", round(messages / ours["cpu_s"]), ""),
        Figure(f"{what}: a core's second, {alone}", round(messages / theirs["cpu_s"]), ""),
        Figure(f"{what}: processor time of one", each_us, "µs", 50),
        Figure(f"{what}: growth of memory", round(ours["growth_mb"], 1), "MB", 20),
    ]
    notes = {"channel": f"{path.name}, {messages:,} messages, {ours['usable']:,} of them usable"}
    return figures, notes


def long_histories(path: Path) -> list[Figure]:
    """Return the figures of 50,000 messages with Discord's limits, and a million without."""
    with_limits, _ = asyncio.run(measure(path, MESSAGES))
    without, _ = asyncio.run(measure_unlimited(path, MANY_MESSAGES))
    return [*with_limits, *without]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--channel", type=Path, default=BUNDLED_CHANNEL, metavar="FILE.jsonl.gz")
    parser.add_argument("--messages", type=int, default=MESSAGES, help="repeated to this number")
    parser.add_argument("--no-limits", action="store_true", help="measure the collector itself")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    measuring = measure_unlimited if options.no_limits else measure
    figures, notes = asyncio.run(measuring(options.channel, options.messages))
    print_figures(figures, notes, as_json=options.json)


if __name__ == "__main__":
    main()
