"""How late the bot's event loop is while somebody does their worst.

Run: python benchmarks/hostile.py [--seconds 60] [--json]

One member types 20 commands a minute, as many as a member may, each made of what takes
patterns longest, in a channel of 100 such messages; an admin sends files that unpack without
end, nest lists without end and lie about what is in them meanwhile. The bot is a process of its
own, as in service.py.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import tempfile
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from statistics import median

from bot_actors import BotProcess, Seat, bot_process, own_channel, seats, wait_for_the_bot
from figures import Figure, percentile, print_figures

from bot.cli.demo import BUNDLED_CHANNEL, DemoWorld, demo_world
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.model import Channel

PER_MINUTE = 20
MESSAGES = 100
NASTY = (
    ("+1" + "2" * 37 + "a ") * 60,
    ("-----BEGIN " + "A " * 40) * 30,
    "1\u200b2\u200b3\u200b" * 300,
    "||1||**2**`3`" * 150,
    "h<" * 150 + "http://a" + ">ttp://a" * 150,
    "ab.cd@" * 300,
)
COMMANDS = ("!generate {}", "!similar {}", "!model map", "!mix base base {}", "!help {}")
DEEP = b'{"messages":[{"a":' + b"[" * 30_000_000
HEADER = b'{"__metadata__":{"format":"textgen-1","config":"' + b"[" * 1_900_000 + b'"}}'
LISTS = b'[{"content":[' + b"[]," * 3_000_000 + b"[]]}]"
FILES = (
    ("!train file", "bomb.json.gz", gzip.compress(DEEP)),
    ("!model import", "model.safetensors", len(HEADER).to_bytes(8, "little") + HEADER),
    ("!train file", "lists.json", LISTS),
    ("!train file", "zeros.txt.gz", gzip.compress(bytes(1 << 20)) * 200),
)
REST_S = 3.0


def furnish(demo: DemoWorld, channel: Channel) -> None:
    """Fill a channel with hostile messages."""
    began = datetime(2024, 1, 1, tzinfo=UTC)
    demo.world.fill_channel(
        channel,
        (
            {
                "author": "mallory",
                "timestamp": (began + timedelta(minutes=number)).isoformat(),
                "content": f"{number} {NASTY[number % len(NASTY)]}"[:1990],
            }
            for number in range(MESSAGES)
        ),
    )


async def do_their_worst(seat: Seat, seconds: float) -> int:
    """Type commands for a while; return how many were answered."""
    answered = 0
    for number in range(round(seconds * PER_MINUTE / 60)):
        command = COMMANDS[number % len(COMMANDS)].format(NASTY[number % len(NASTY)][:480])
        await seat.person.say(seat.channel.id, command)
        with suppress(TimeoutError):
            async with asyncio.timeout(60 / PER_MINUTE):
                await seat.answer()
                answered += 1
                await asyncio.sleep(60)  # the rest of the time, whatever it is
    return answered


async def send_files(owner: Seat, seconds: float) -> None:
    """Send one file after the other, spread over a while."""
    for command, name, content in FILES:
        await owner.person.say(owner.channel.id, command, files=[(name, content)])
        await asyncio.sleep(seconds / len(FILES))


async def at_rest(bot: BotProcess) -> float:
    """Return the bot's resident memory, in MB, when it has come to rest."""
    await asyncio.sleep(REST_S)
    await bot.figures()  # what it took to begin is no rest
    await asyncio.sleep(REST_S)
    return median((await bot.figures())["resident_mb"])


async def measure(seconds: float) -> tuple[list[Figure], dict[str, object]]:
    """Return the figures, and what to know about the run."""
    demo = demo_world(BUNDLED_CHANNEL)
    mallory = demo.world.add_user("mallory-the-member")
    demo.world.add_member(demo.guild, mallory)
    room = own_channel(demo, mallory)
    furnish(demo, room)
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="textgen-bench-"))
        options = SandboxOptions(rate_limits=False)
        discord = await stack.enter_async_context(LoopbackDiscord(demo.world, options))
        bot = await stack.enter_async_context(bot_process(discord, data_dir))
        places = [(mallory, room), (demo.world.you, demo.commands)]
        hostile, owner = await stack.enter_async_context(seats(demo, discord, places))
        await wait_for_the_bot(owner)
        await hostile.person.say(hostile.channel.id, "!generate hello")  # loads what all need
        await hostile.answer()
        rest_mb = await at_rest(bot)
        async with asyncio.TaskGroup() as group:
            group.create_task(send_files(owner, seconds))
            answered = group.create_task(do_their_worst(hostile, seconds))
        notes = {"commands answered": answered.result(), "MB at rest": round(rest_mb, 1)}
        return await lateness(bot, rest_mb), notes


async def lateness(bot: BotProcess, rest_mb: float) -> list[Figure]:
    """Return the figures of what was sampled since."""
    found = await bot.figures()
    late = found["late_ms"]
    grown = max(found["resident_mb"]) - rest_mb
    return [
        Figure("loop lateness p99, one hostile member", round(percentile(late, 0.99), 2), "ms", 20),
        Figure("loop lateness max, one hostile member", round(max(late), 2), "ms", 100),
        Figure("resident memory above rest", round(grown, 1), "MB", 50),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures, notes = asyncio.run(measure(options.seconds))
    print_figures(figures, notes, as_json=options.json)


if __name__ == "__main__":
    main()
