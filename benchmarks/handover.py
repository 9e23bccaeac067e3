"""How soon a queued training runs, and what the swap of a model costs those who ask.

Run: python benchmarks/handover.py [--json], or as the last part of service.py.

The hand-over is a person's: from before `!train` is sent for a channel of one page until
the training process is there; so it has the reading of that page in it. Swaps are
`!model use` while persons each keep one `!generate` in flight. Texts differ in length and
wait for each other anyway, and a long one is likelier to meet a swap; so the answers that
a swap meets are compared with those that as long a moment meets halfway to the next swap,
the latest of each. Rate limits are off.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import psutil
from bot_actors import BotProcess, Seat, bot_process, own_channel, seats, wait_for_the_bot
from figures import Figure, percentile, print_figures

from bot.cli.demo import BUNDLED_CHANNEL, demo_world
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.model import Channel

HAND_OVERS = 5
SWAPS = 40
READY_S = 4.0  # the queue begins once discord.py has heard of all servers
SWAP_EVERY_S = 0.8
IN_FLIGHT = 4
MESSAGES = 60
LOOK_EVERY_S = 0.002
WAIT_S = 60.0
ENDINGS = ("🛑", "✅", "❌")
REFUSALS = ("model cannot be", "wrong on my side", "That does not work")


async def handing_over() -> list[Figure]:
    """Return the figures."""
    demo = demo_world(BUNDLED_CHANNEL)
    small = demo.world.add_channel(demo.guild, "small")
    began = datetime(2024, 1, 1, tzinfo=UTC)
    demo.world.fill_channel(
        small,
        (
            {
                "author": "ann",
                "timestamp": (began + timedelta(minutes=number)).isoformat(),
                "content": f"number {number} is what I say",
            }
            for number in range(MESSAGES)
        ),
    )
    users = [demo.world.add_user(f"asker-{number}") for number in range(IN_FLIGHT)]
    for user in users:
        demo.world.add_member(demo.guild, user)
    rooms = [(user, own_channel(demo, user)) for user in users]
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="textgen-bench-"))
        discord = await stack.enter_async_context(
            LoopbackDiscord(demo.world, SandboxOptions(rate_limits=False))
        )
        bot = await stack.enter_async_context(bot_process(discord, data_dir, TRAIN_BUDGET_S="5"))
        askers = await stack.enter_async_context(seats(demo, discord, rooms))
        (owner,) = await stack.enter_async_context(
            seats(demo, discord, [(demo.world.you, demo.commands)])
        )
        await wait_for_the_bot(owner)
        await asyncio.sleep(READY_S)
        taken_s = [await hand_over_s(bot, owner, small) for _ in range(HAND_OVERS)]
        await train(owner, small)
        swapping, calm = await latest_answers_ms(owner, askers)
    return [
        Figure("hand-over: !train until its process runs, p50", percentile(taken_s, 0.5), "s"),
        Figure("hand-over: !train until its process runs, max", max(taken_s), "s", 1.0),
        Figure("answers that failed during swaps", 0, "", 0),  # else there are no figures
        *(
            Figure(f"latest of {IN_FLIGHT} in flight, {when}, {name}", round(value, 1), "ms")
            for when, times in (("no swap", calm), ("at a swap", swapping))
            for name, value in (("p50", percentile(times, 0.5)), ("p90", percentile(times, 0.9)))
        ),
        Figure(
            "a swap adds to the latest answer, p90",
            round(max(0.0, percentile(swapping, 0.9) - percentile(calm, 0.9)), 1),
            "ms",
            50,
        ),
    ]


async def hand_over_s(bot: BotProcess, owner: Seat, channel: Channel) -> float:
    """Begin a training and take it back; return how long its process was awaited."""
    owner.person.events.clear()
    began = time.perf_counter()
    await owner.person.say(owner.channel.id, f"!train full <#{channel.id}>")
    while not trains(bot):
        if time.perf_counter() - began > WAIT_S:
            raise SystemExit(f"No training process came: {owner.person.events[-1:]}")
        await asyncio.sleep(LOOK_EVERY_S)
    took_s = time.perf_counter() - began
    await owner.person.say(owner.channel.id, "!train cancel")
    await ending(owner, "🛑")
    while trains(bot):  # noqa: ASYNC110 (a process has no event)
        await asyncio.sleep(LOOK_EVERY_S)
    return round(took_s, 3)


def trains(bot: BotProcess) -> bool:
    """Say whether a training process of the bot is there."""
    for child in psutil.Process(bot.pid).children():
        try:
            if "textgen_core" in child.cmdline():
                return True
        except psutil.NoSuchProcess:
            continue
    return False


async def train(owner: Seat, channel: Channel) -> None:
    """Make version 1."""
    owner.person.events.clear()
    await owner.person.say(owner.channel.id, f"!train full <#{channel.id}>")
    await ending(owner, "✅")


async def ending(owner: Seat, mark: str) -> None:
    """Return when a training has ended so."""
    message = await owner.person.expect(
        "MESSAGE_UPDATE", lambda data: data["content"].startswith(ENDINGS), timeout_s=WAIT_S
    )
    if not message["content"].startswith(mark):
        raise SystemExit(f"A training ended otherwise: {message['content']}")


async def latest_answers_ms(owner: Seat, askers: list[Seat]) -> tuple[list[float], list[float]]:
    """Swap the live model over and over; return the latest answer of each swap, and without."""
    swaps: list[tuple[float, float]] = []
    answers: list[tuple[float, float]] = []
    over = asyncio.Event()

    async def keep_asking(seat: Seat) -> None:
        while not over.is_set():
            began = time.perf_counter()
            await seat.person.say(seat.channel.id, "!generate --length 200")
            answer = await seat.answer()
            if not answer or any(words in answer for words in REFUSALS):
                raise SystemExit(f"A text failed during swaps: {answer!r}")
            answers.append((began, time.perf_counter()))

    async def keep_swapping() -> None:
        for number in range(SWAPS):
            began = time.perf_counter()
            await owner.person.say(owner.channel.id, f"!model use {'base' if number % 2 else 1}")
            await owner.answer()
            swaps.append((began, time.perf_counter()))
            await asyncio.sleep(SWAP_EVERY_S)
        over.set()

    owner.person.events.clear()
    await asyncio.gather(keep_swapping(), *(keep_asking(seat) for seat in askers))
    later_s = SWAP_EVERY_S / 2
    moments = [(began + later_s, ended + later_s) for began, ended in swaps]
    return latest_ms(swaps, answers), latest_ms(moments, answers)


def latest_ms(
    moments: list[tuple[float, float]], answers: list[tuple[float, float]]
) -> list[float]:
    """Return how long the slowest answer took that each moment met."""
    met = (
        [ended - began for began, ended in answers if began < end and start < ended]
        for start, end in moments
    )
    return [1000 * max(times) for times in met if times]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    print_figures(asyncio.run(handing_over()), {}, as_json=options.json)


if __name__ == "__main__":
    main()
