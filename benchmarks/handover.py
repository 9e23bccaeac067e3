"""How soon a queued training runs, and what the swap of a model costs those who ask.

Run: python benchmarks/handover.py [--json], or as the last part of service.py.

The hand-over is a person's: from before `!train` is sent for a channel of one page until
the training process is there; so it has the reading of that page in it. Swaps are
`!model use` while persons each keep one `!generate` in flight; the latest answer at a
swap is compared with the latest of as many answers without one, because texts differ in
length and wait for each other anyway. Rate limits are off.
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

from bot.demo import BUNDLED_CHANNEL, demo_world
from bot.sandbox.model import Channel
from bot.sandbox.options import SandboxOptions
from bot.sandbox.server import LoopbackDiscord

HAND_OVERS = 5
SWAPS = 40
READY_S = 4.0  # the queue begins once discord.py has heard of all servers
SWAP_EVERY_S = 0.25
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
        swapping, calm = await answers_ms(owner, askers)
    return [
        Figure("hand-over: !train until its process runs, p50", percentile(taken_s, 0.5), "s"),
        Figure("hand-over: !train until its process runs, max", max(taken_s), "s", 1.0),
        Figure("answers that failed during swaps", 0, "", 0),  # else there are no figures
        *(
            Figure(f"answer {name}, {IN_FLIGHT} in flight, {when}", round(value, 1), "ms")
            for when, times in (("no swap", calm), ("at a swap", swapping))
            for name, value in (("p50", percentile(times, 0.5)), ("max", max(times)))
        ),
        Figure(
            "most that a swap adds to an answer",
            round(max(0.0, max(swapping) - latest_of(calm, len(swapping))), 1),
            "ms",
            50,
        ),
    ]


def latest_of(times: list[float], count: int) -> float:
    """Return the latest of `count` answers to be expected: the mean over such groups."""
    groups = [times[first : first + count] for first in range(0, len(times), count)]
    whole = [max(group) for group in groups if len(group) == count] or [max(times)]
    return sum(whole) / len(whole)


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


async def answers_ms(owner: Seat, askers: list[Seat]) -> tuple[list[float], list[float]]:
    """Swap the live model over and over; return times of answers at a swap, and of others."""
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
    at_a_swap, others = [], []
    for began, ended in answers:
        overlaps = any(began < end and start < ended for start, end in swaps)
        (at_a_swap if overlaps else others).append(1000 * (ended - began))
    return at_a_swap, others


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    print_figures(asyncio.run(handing_over()), {}, as_json=options.json)


if __name__ == "__main__":
    main()
