"""Many servers talk to the bot at once: time to an answer, errors, growth of memory.

Run: python benchmarks/chat.py [--minutes 5] [--per-second 50] [--servers 500]
[--persons 100] [--json]

The bot is a process of its own; the loopback Discord and the persons are in this
one and take their share of the machine. Commands come at fixed times, whether or
not former ones are answered; a time is a person's, from before the message is sent
until the answer has come through the gateway, and begins at the fixed time where
nobody was free to send it. Rate limits and cooldowns are off: they would be
measured instead of the bot. Among the commands people also talk to each other.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bot_actors import BotProcess, bot_process
from figures import Figure, percentile, print_figures

from bot.errors import APOLOGY
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel
from bot.loopback.world.world import World

CHATTER_PER_COMMAND = 1
WAIT_S = 30.0
WARM_UP_S = 10.0
# What people do, and how many times in a hundred.
ACTIONS = {
    "!generate": 30,
    "!generate well then --n 3 --length 100": 10,
    "/generate": 15,
    "Another one": 10,
    "mention": 15,
    "!help": 5,
    "!help generate": 5,
    "!about": 5,
    "!ping": 5,
}


@dataclass(slots=True, eq=False)
class Seat:
    """One person in a channel where nobody else asks the bot."""

    person: Person
    channel: Channel
    bot_id: str
    last_text: Payload | None = None

    async def do(self, action: str) -> Payload:
        """Do something that the bot answers, and return the answer."""
        place = self.channel
        assert place.guild_id is not None
        if action == "/generate":
            await self.person.run(place.guild_id, place.id, "generate")
        elif action == "Another one" and self.last_text is not None:
            components: Any = self.last_text["components"]
            button = components[0]["components"][0]
            await self.person.press(self.last_text, button["custom_id"])
        elif action == "mention":
            await self.person.say(place.id, f"<@{self.bot_id}> what do you think about music?")
        else:
            await self.person.say(place.id, "!generate" if action == "Another one" else action)
        answer = await self._answer("MESSAGE_CREATE")
        if not answer["content"]:  # it shows that it thinks
            answer = await self._answer("MESSAGE_UPDATE")
        if "Another one" in str(answer["components"]):
            self.last_text = answer
        self.person.events.clear()
        return answer

    async def _answer(self, event: str) -> Payload:
        return await self.person.expect(
            event,
            lambda data: (
                data["author"]["id"] == self.bot_id and data["channel_id"] == str(self.channel.id)
            ),
            timeout_s=WAIT_S,
        )


@dataclass(slots=True)
class Outcome:
    """What was measured."""

    times_ms: list[float] = field(default_factory=list)
    by_action: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)


async def load(seats: list[Seat], seconds: float, per_second: float, outcome: Outcome) -> None:
    """Let persons act at fixed times for so long, and wait for the last answers."""
    free: asyncio.Queue[Seat] = asyncio.Queue()
    for seat in seats:
        free.put_nowait(seat)
    actions = random.Random(0).choices(
        list(ACTIONS), list(ACTIONS.values()), k=int(seconds * per_second)
    )
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, action in enumerate(actions):
            due = began + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(act(free, action, time.perf_counter(), outcome))


async def act(free: asyncio.Queue[Seat], action: str, due: float, outcome: Outcome) -> None:
    """Let the next free person act, and note how long the answer took."""
    seat = await free.get()
    try:
        answer = await seat.do(action)
    except TimeoutError:
        outcome.errors["not answered"] += 1
        return
    finally:
        free.put_nowait(seat)
    if answer["content"] == APOLOGY:
        outcome.errors[action] += 1
    took_ms = 1000 * (time.perf_counter() - due)
    outcome.times_ms.append(took_ms)
    outcome.by_action.setdefault(action, []).append(took_ms)


async def chatter(seats: list[Seat], per_second: float) -> None:
    """Let people talk to each other, until cancelled."""
    for seat in itertools.cycle(seats):
        await seat.person.say(seat.channel.id, "nothing that a bot would answer")
        await asyncio.sleep(1 / per_second)


async def take_seats(
    stack: AsyncExitStack, world: World, discord: LoopbackDiscord, rooms: list[tuple[Any, Channel]]
) -> list[Seat]:
    """Return persons in their channels, once the bot answers each server."""
    seats = []
    for user, channel in rooms:
        person = await stack.enter_async_context(Person(discord.url, user.token or ""))
        seats.append(Seat(person, channel, str(world.bot.id)))
    deadline = time.monotonic() + 4 * WAIT_S
    while True:
        try:
            async with asyncio.timeout(2.0):
                await seats[0].do("!ping")
            return seats
        except TimeoutError:
            if time.monotonic() > deadline:
                raise SystemExit("The bot did not answer; its log is above.") from None


def furnish(servers: int, persons: int) -> tuple[World, list[tuple[Any, Channel]]]:
    """Return a world of servers, and persons all over it with their channels."""
    world = World()
    guilds = [world.add_guild(f"Server {number}") for number in range(servers)]
    rooms = []
    for number in range(persons):
        guild = guilds[number * servers // persons]
        user = world.add_user(f"person-{number}")
        world.add_member(guild, user)
        rooms.append((user, world.add_channel(guild, f"channel-{number}")))
    return world, rooms


def late_growth(samples: list[float]) -> float:
    """Return what the second half of a run added: the first fills caches that have an end."""
    tenth = max(1, len(samples) // 10)
    middle = len(samples) // 2
    return median(samples[-tenth:]) - median(samples[middle : middle + tenth])


async def measure(
    *, minutes: float, per_second: float, servers: int, persons: int
) -> tuple[list[Figure], dict[str, Any]]:
    """Return every figure, and what to know about the run."""
    world, rooms = furnish(servers, persons)
    outcome = Outcome()
    async with AsyncExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="textgen-bench-"))
        discord = await stack.enter_async_context(
            LoopbackDiscord(world, SandboxOptions(rate_limits=False))
        )
        bot: BotProcess = await stack.enter_async_context(bot_process(discord, data_dir))
        seats = await take_seats(stack, world, discord, rooms)
        talking = asyncio.create_task(chatter(seats, per_second * CHATTER_PER_COMMAND))
        await load(seats, WARM_UP_S, per_second, Outcome())
        before_mb = (await bot.figures())["resident_mb"][-1]
        cpu_s = bot.cpu_s
        await load(seats, 60 * minutes, per_second, outcome)
        cpu_s = bot.cpu_s - cpu_s
        after = await bot.figures()
        talking.cancel()
        await asyncio.wait({talking})
    took = outcome.times_ms
    figures = [
        Figure("answer p50", round(percentile(took, 0.5), 1), "ms", 60),
        Figure("answer p99", round(percentile(took, 0.99), 1), "ms", 300),
        Figure("answer max", round(max(took), 1), "ms"),
        Figure("errors", float(outcome.errors.total()), "", 0),
        Figure("answers", float(len(took)), ""),
        Figure("processor time of the bot an answer", round(1000 * cpu_s / len(took), 2), "ms"),
        Figure("resident memory at the end", round(after["resident_mb"][-1], 1), "MB", 200),
        Figure("growth of resident memory", round(after["resident_mb"][-1] - before_mb, 1), "MB"),
        Figure("growth in the second half", round(late_growth(after["resident_mb"]), 1), "MB"),
        Figure(
            "Python's blocks of memory, growth in the second half",
            round(100 * late_growth(after["blocks"]) / after["blocks"][0], 2),
            "%",
        ),
        Figure("loop lateness p99", round(percentile(after["late_ms"], 0.99), 2), "ms"),
        *(
            Figure(f"{action} p50", round(percentile(times, 0.5), 1), "ms")
            for action, times in sorted(outcome.by_action.items())
        ),
    ]
    notes = {"servers": servers, "persons": len(rooms), "commands a second": per_second}
    return figures, {**notes, "errors by kind": dict(outcome.errors)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--per-second", type=float, default=50.0)
    parser.add_argument("--servers", type=int, default=500)
    parser.add_argument("--persons", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = vars(parser.parse_args())
    as_json = options.pop("json")
    figures, notes = asyncio.run(measure(**options))
    print_figures(figures, notes, as_json=as_json)


if __name__ == "__main__":
    main()
