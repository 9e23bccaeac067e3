"""The bot against a Discord of one's own: to look at, or as one run from end to end."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psutil

from bot.app.client import TextgenBot, open_bot
from bot.app.typed_commands import typed_commands
from bot.config import Consent, Settings
from bot.errors import BotError
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.fill import fill_from_file
from bot.loopback.world.model import Channel, Guild
from bot.loopback.world.world import World
from bot.presentation.job_messages import outcome_text
from bot.storage.records import JobStatus
from bot.training.trainer import Trainer
from textgen_core.model.bundled import bundled_channel_path

BUNDLED_CHANNEL = bundled_channel_path()
WELCOME = (
    "Hi! I learn how people talk, and then talk like them. Let me learn from the chat "
    "next door with `{p}train #{talk}`, and have me say something with `{p}generate`. `{p}help` "
    "shows the rest."
)
GENERATIONS = 5
ANSWER_S = 60.0
LOOK_S = 0.5  # after which the queue is looked at again
READY_S = 120.0

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """A server with a channel full of talk and one to command the bot in."""

    world: World
    guild: Guild
    talk: Channel
    commands: Channel
    messages: int


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What one run from end to end has shown."""

    messages: int
    collected: int
    train_s: float
    bits_per_char_before: float
    bits_per_char_after: float
    samples: list[str]
    rss_mb: float


def demo_world(channel_file: Path = BUNDLED_CHANNEL, *, prefix: str = "!") -> DemoWorld:
    """Return a world whose channel holds the file's messages; ChannelFileError if it cannot.

    The channel for commands comes first, so the page opens on it and shows its topic.
    """
    world = World()
    guild = world.add_guild("Demo server")
    commands = world.add_channel(guild, "bot-talk")
    talk = world.add_channel(guild, "casual")
    commands.topic = WELCOME.format(p=prefix, talk=talk.name)
    return DemoWorld(world, guild, talk, commands, fill_from_file(world, talk, channel_file))


@asynccontextmanager
async def demo_bot(
    demo: DemoWorld, options: SandboxOptions, settings: Settings, trainer: Trainer | None = None
) -> AsyncIterator[tuple[LoopbackDiscord, TextgenBot, asyncio.Task[None]]]:
    """Yield a loopback Discord, a bot that is logging in to it, and the task it runs in.

    Its data folder is a temporary one: the servers of a demo are new each time.
    """
    with tempfile.TemporaryDirectory(prefix="textgen-demo-") as data_dir:
        changes = {"data_dir": Path(data_dir), "consent": Consent.GIVEN}
        settings = settings.model_copy(update=changes)
        async with LoopbackDiscord(demo.world, options) as discord:
            with discord.client_routes():
                async with open_bot(settings, trainer) as bot:
                    discord.backend.typed_commands = partial(typed_commands, bot)
                    task = asyncio.create_task(bot.start(discord.bot_token), name="bot")
                    try:
                        yield discord, bot, task
                    finally:
                        await bot.close()
                        task.cancel()
                        await asyncio.wait({task})


async def run_once(
    settings: Settings,
    channel_file: Path,
    *,
    rate_limits: bool,
    trainer: Trainer | None = None,
) -> DemoResult:
    """Fill a channel, train on it, generate, and return what happened.

    Raises:
        BotError: a step failed.
        ChannelFileError: the file cannot be read.
    """
    demo = demo_world(channel_file)
    options = SandboxOptions(rate_limits=rate_limits)
    async with demo_bot(demo, options, settings, trainer) as (discord, bot, task):
        return await _unless_it_ends(task, _converse(demo, discord, bot))


async def _unless_it_ends(bot: asyncio.Task[None], work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Return the result of `work`, or raise what ended the bot before that."""
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({bot, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        bot.result()
        raise BotError("The bot disconnected before the demo was done.")
    finally:
        working.cancel()  # before what it asks is closed; nothing where it is done
        await asyncio.wait({working})


async def _converse(demo: DemoWorld, discord: LoopbackDiscord, bot: TextgenBot) -> DemoResult:
    prefix = bot.services.settings.prefix
    async with Person(discord.url, discord.user_token) as person:
        try:
            async with asyncio.timeout(READY_S):
                await bot.wait_until_serving()
        except TimeoutError:
            raise BotError(f"The bot was not connected after {READY_S:.0f} s.") from None
        await person.say(demo.commands.id, f"{prefix}train <#{demo.talk.id}>")
        await _until_trained(person, demo, bot)
        samples = [await _answer(person, demo, f"{prefix}generate") for _ in range(GENERATIONS)]
    learned = await bot.services.models.last_metrics()  # of a version that is kept aside too
    if learned is None:
        raise BotError("The training ended, but the server has no model.")
    return DemoResult(
        messages=demo.messages,
        collected=learned.messages,
        train_s=round(learned.train_s, 1),
        bits_per_char_before=round(learned.bits_per_char_before, 4),
        bits_per_char_after=round(learned.bits_per_char_after, 4),
        samples=samples,
        rss_mb=round(psutil.Process().memory_info().rss / 1e6, 1),
    )


async def _until_trained(person: Person, demo: DemoWorld, bot: TextgenBot) -> None:
    """Return once the training has ended well and its message says so.

    Raises:
        BotError: it was refused, or failed; in the bot's words.
    """
    bot_id = str(demo.world.bot.id)
    message = await person.expect(
        "MESSAGE_CREATE", lambda message: _author(message) == bot_id, timeout_s=ANSWER_S
    )
    while await bot.services.jobs.open_jobs(demo.guild.id) or await bot.services.outcomes.untold():
        with suppress(TimeoutError):
            await person.expect("MESSAGE_UPDATE", timeout_s=LOOK_S)
    last = await bot.services.jobs.last_finished(demo.guild.id)
    if last is None or last.outcome is None:
        raise BotError(" ".join(str(message["content"]).split()))
    if last.status is not JobStatus.DONE:
        raise BotError(" ".join(outcome_text(last, last.outcome).split()))


async def _answer(person: Person, demo: DemoWorld, command: str) -> str:
    await person.say(demo.commands.id, command)
    bot_id = str(demo.world.bot.id)
    try:
        answer = await person.expect(
            "MESSAGE_CREATE", lambda message: _author(message) == bot_id, timeout_s=ANSWER_S
        )
    except TimeoutError:
        raise BotError(f"The bot did not answer {command} within {ANSWER_S:.0f} s.") from None
    return str(answer["content"])


def _author(message: dict[str, Any]) -> str:
    return str(message["author"]["id"])
