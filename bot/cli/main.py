"""textgen-bot: runs the bot, or shows it against a Discord of one's own."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import aiohttp
import discord

from bot.app.client import serve
from bot.cli.cluster import add_cluster
from bot.cli.demo import BUNDLED_CHANNEL, DemoResult, demo_bot, demo_world, run_once
from bot.cli.doctor import add_doctor
from bot.cli.maintenance import add_care
from bot.config import Settings, load_settings
from bot.corpus.uploads import KINDS
from bot.errors import BotError, SettingsError
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.fill import ChannelFileError
from bot.operations.import_file import import_file
from bot.operations.log_setup import set_up_logging
from bot.runtime.data_folder import DataFolder
from bot.runtime.downloads import SocksProxyError
from bot.training.local_trainer import WHAT_HELPS, why_untrained
from textgen_core import TextgenError
from textgen_core.cli.arguments import ShowVersion, add_reading
from textgen_core.text.console import prepare_streams

log = logging.getLogger(__name__)

EXPECTED = (
    BotError,
    TextgenError,
    ChannelFileError,
    discord.DiscordException,
    aiohttp.ClientError,
    OSError,
)
_OF_PROXIES = (
    aiohttp.ClientHttpProxyError,
    aiohttp.ClientProxyConnectionError,
    SocksProxyError,
)

PORTAL = "https://discord.com/developers/applications"


class _EndedError(Exception):
    """Somebody has ended a command by a signal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status. A failure costs one sentence, no traceback."""
    prepare_streams()
    options = parser().parse_args(arguments)
    try:
        settings = load_settings()
        set_up_logging(settings)
        return asyncio.run(_until_signal(options.run(settings, options))) or 0
    except EXPECTED as error:
        print(f"textgen-bot: {_sentence(error)}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, _EndedError):
        return 130


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line."""
    made = argparse.ArgumentParser(prog="textgen-bot", description=__doc__)
    made.add_argument("--version", action=ShowVersion)
    made.set_defaults(run=_run)
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser("run", help="connect to Discord (the default)")
    run.set_defaults(run=_run)
    demo = commands.add_parser("demo", help="run against a loopback Discord with a web page")
    demo.add_argument("--once", action="store_true", help="train and generate once, then exit")
    demo.add_argument(
        "--channel",
        type=Path,
        default=BUNDLED_CHANNEL,
        metavar="FILE.jsonl.gz",
        help="messages that fill the channel (default: 2,000 that come with the program)",
    )
    demo.add_argument(
        "--rate-limits", action="store_true", help="with --once: hold Discord's rate limits"
    )
    demo.add_argument("--json", action="store_true", help="with --once: print JSON alone")
    demo.add_argument("--port", type=int, default=0, help="the page's port (default: a free one)")
    demo.set_defaults(run=_demo)
    taken = commands.add_parser("import", help="train a server's model on a file")
    taken.add_argument("file", type=Path, metavar="FILE", help=f"one of {', '.join(KINDS)}")
    taken.add_argument("--guild", type=_guild_id, required=True, metavar="ID", help="the server")
    taken.add_argument("--full", action="store_true", help="start over from the base model")
    add_reading(taken)
    taken.add_argument("--force", action="store_true", help="even if I never saw that server")
    taken.set_defaults(run=_import)
    add_doctor(commands)
    add_care(commands)
    add_cluster(commands)
    return made


def _guild_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**63):
        raise argparse.ArgumentTypeError("must be a server's id, a number of some 18 digits")
    return int(text)


async def _until_signal(work: Coroutine[Any, Any, int | None]) -> int | None:
    """Await `work`; SIGTERM and Ctrl-C cancel it, so that it can clean up after itself."""
    task = asyncio.create_task(work, name="main")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait({task})
    return None if task.cancelled() else task.result()


def _end_at_once() -> None:
    """Let signals end what does not await: a large file is copied in one go.

    What is under way is undone, as after any exception, and the exit status tells of it.
    """

    def end(number: int, frame: object) -> None:
        raise _EndedError

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, end)


async def _run(settings: Settings, options: argparse.Namespace) -> None:
    token = settings.discord_token
    if token is None:
        raise SettingsError(
            f"DISCORD_TOKEN is missing: copy the bot's token from {PORTAL} into .env, "
            "or try the bot without Discord by `textgen-bot demo`."
        )
    if (why := why_untrained()) and settings.train_scheduler is None:
        log.error("%s: %s", why, WHAT_HELPS)
    await serve(settings, token.get_secret_value())


async def _demo(settings: Settings, options: argparse.Namespace) -> None:
    if options.once:
        result = await run_once(settings, options.channel, rate_limits=options.rate_limits)
        _print_result(result, as_json=options.json)
        return
    sandbox = replace(SandboxOptions(), port=options.port)
    demo = demo_world(options.channel, prefix=settings.prefix)
    async with demo_bot(demo, sandbox, settings) as (loopback, bot, task):
        await asyncio.wait(
            {task, asyncio.create_task(bot.wait_until_serving())},
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not task.done():
            print(f"The page is at {loopback.url} (Ctrl-C ends the demo).", flush=True)
            prefix = settings.prefix
            train = f"{prefix}train #{demo.talk.name}"
            print(f"Type {train} there, and {prefix}generate.", flush=True)
            print("Nothing is kept when it ends, and DATA_DIR is not used.", flush=True)
        await task


async def _import(settings: Settings, options: argparse.Namespace) -> None:
    _end_at_once()
    folder = DataFolder(settings.data_dir)
    job = await import_file(
        folder,
        options.file,
        guild_id=options.guild,
        fresh=options.full,
        column=options.column,
        form=options.format,
        force=options.force,
    )
    begins = "in a moment" if job.bot_is_running else "when the bot is started"
    if job.place:
        trainings = "1 training" if job.place == 1 else f"{job.place:,} trainings"
        others = f"after {trainings} that came before it"
        begins = others if job.bot_is_running else f"{begins}, {others}"
    print(
        f"Training {job.train_job_id} on {options.file.name} is queued. It begins {begins}; "
        f"{settings.prefix}train status shows how it goes.",
        flush=True,
    )


def _print_result(result: DemoResult, *, as_json: bool) -> None:
    fields = asdict(result)
    if as_json:
        print(json.dumps(fields, ensure_ascii=False), flush=True)
        return
    samples = fields.pop("samples")
    for name, value in fields.items():
        print(f"{name:22} {value}")
    print("samples", *(f"  {sample}" for sample in samples), sep="\n", flush=True)


def _sentence(error: BaseException) -> str:
    if isinstance(error, discord.LoginFailure):
        return f"Discord refused DISCORD_TOKEN: copy the bot's token again from {PORTAL} into .env."
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return (
            "The bot may not read messages: switch on Message Content Intent for it at "
            f"{PORTAL} (page Bot), then start it again."
        )
    if isinstance(error, discord.ConnectionClosed):
        return f"Discord closed the connection with code {error.code}: start the bot again later."
    if isinstance(error, BotError | TextgenError | ChannelFileError):
        return str(error)
    if isinstance(error, _OF_PROXIES):
        return f"PROXY does not lead to Discord ({error}): check its address and its password."
    if isinstance(error, aiohttp.ClientError | discord.DiscordServerError):
        return f"Discord cannot be reached ({error}): check the network, then start again."
    return f"{type(error).__name__}: {error}"
