"""The bot in a process of its own, and persons who talk with it, for benchmarks."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.cli.demo import DemoWorld
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world.model import Channel, Overwrite, User
from bot.loopback.world.permissions import OverwriteKind, Permission

WAIT_S = 120.0
ROOT = Path(__file__).parent.parent
NO_LIMIT = {
    "MEMBER_PER_MINUTE": "0",
    "SERVER_PER_MINUTE": "0",
    "TRAIN_MAX_A_DAY": "1000",
    "CONSENT": "given",
}


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
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

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
async def bot_process(
    discord: LoopbackDiscord, data_dir: str, **settings: str
) -> AsyncIterator[BotProcess]:
    """Run the bot against a loopback Discord."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(Path(__file__).with_name("bot_process.py")), discord.url, data_dir),
        env={
            **os.environ,
            "DISCORD_TOKEN": discord.bot_token,
            "PYTHONPATH": str(ROOT),
            **NO_LIMIT,
            **settings,
        },
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
