"""A loopback Discord with one server and one channel, and clients to connect to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
from bot_harness import Scene, open_scene
from discord.ext import commands
from judge import Judge
from judging import judged
from sent_bodies import note_sent

from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, Guild
from bot.loopback.world.world import World

LOGIN_S = 30
PATIENCE_S = 2.5  # Discord's own is 3

Connect = Callable[..., AbstractAsyncContextManager[commands.Bot]]
NewBot = Callable[..., commands.Bot]
Use = Callable[..., Awaitable[Payload]]


@pytest.fixture(autouse=True)
def judge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Bot and loopback Discord keep to Discord's specification."""
    tries_what_is_refused = request.module.__name__.startswith("test_loopback_")
    yield from judged(monkeypatch, bot_errs=not tries_what_is_refused)


@pytest.fixture(autouse=True)
def nobody_can_be_pinged(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Whatever our bot sends in a test, and changes, forbids mentions."""
    sent = note_sent(monkeypatch)
    yield
    if request.module.__name__.startswith("test_bot_"):
        assert [each for each in sent if each.may_ping] == []


@pytest.fixture(autouse=True)
def patient_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer looks the same on a slow machine; tests of slow ones have less patience."""
    monkeypatch.setattr("cogs.views.responses.PATIENCE_S", PATIENCE_S)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def guild(world: World) -> Guild:
    return world.add_guild("Test server")


@pytest.fixture
def channel(world: World, guild: Guild) -> Channel:
    return world.add_channel(guild, "general")


@pytest.fixture
def sandbox_options() -> SandboxOptions:
    """What tests override to have a stricter Discord."""
    return SandboxOptions(rate_limits=False)


@pytest.fixture
async def loopback(
    world: World, guild: Guild, channel: Channel, sandbox_options: SandboxOptions
) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(world, sandbox_options) as server:
        yield server


@pytest.fixture
def routed(loopback: LoopbackDiscord) -> Iterator[LoopbackDiscord]:
    with loopback.client_routes():
        yield loopback


@pytest.fixture
async def you(loopback: LoopbackDiscord) -> AsyncIterator[Person]:
    async with Person(loopback.url, loopback.user_token) as person:
        yield person


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """The whole bot's surroundings, before it runs."""
    async with open_scene(tmp_path) as opened:
        yield opened


@pytest.fixture
def use(you: Person, guild: Guild, channel: Channel) -> Use:
    """Use a command as "you" and return what `you` then sees of an event."""

    async def use_command(
        name: str, *options: Payload, event: str = "MESSAGE_CREATE", **more: Any
    ) -> Payload:
        nonce = await you.run(guild.id, channel.id, name, *options, **more)
        if event.startswith("MESSAGE"):
            return await you.expect(event)
        return await you.expect(event, lambda data: data["nonce"] == nonce)

    return use_command


@pytest.fixture
def new_bot() -> NewBot:
    """Make a bot with the default intents and those named: `new_bot(members=True)`."""

    def make(*, kind: type[commands.Bot] = commands.Bot, **intents: bool) -> commands.Bot:
        wanted = discord.Intents.default()
        for name, value in intents.items():
            setattr(wanted, name, value)
        return kind("!", intents=wanted, guild_ready_timeout=0.05)

    return make


@pytest.fixture
def connect(routed: LoopbackDiscord, new_bot: NewBot) -> Connect:
    """Log a bot in: `async with connect(bot)`; without one a plain bot is made."""

    @asynccontextmanager
    async def connected(bot: commands.Bot | None = None) -> AsyncIterator[commands.Bot]:
        bot = bot or new_bot(members=True, message_content=True)
        running = asyncio.create_task(bot.start(routed.bot_token))
        waiting = asyncio.create_task(bot.wait_until_ready())
        try:
            async with asyncio.timeout(LOGIN_S):
                await asyncio.wait({running, waiting}, return_when="FIRST_COMPLETED")
            if running.done():
                await running  # raises what stopped the log-in
            yield bot
        finally:
            waiting.cancel()
            await bot.close()
            await asyncio.gather(running, waiting, return_exceptions=True)

    return connected
