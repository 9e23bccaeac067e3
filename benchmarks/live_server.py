"""The bot on a real server: what only Discord itself can say. You type, it looks.

`DISCORD_TOKEN=… python benchmarks/live_server.py` starts the bot with an empty data folder, asks
you to do one thing after the other in a test server of yours, and prints a table. Of the server
it needs a channel with 300 messages of people, and the permissions of the address that
`textgen-bot doctor` prints. DISCORD_URL names another server of the same API (Spacebar) instead.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord

from bot.app.client import TextgenBot, open_bot
from bot.config import load_settings
from bot.loopback.client_routes import client_routes

STEP_S = float(os.environ.get("STEP_S", "600"))  # of a person who types, and a training
DONE = "✅"


@dataclass(slots=True)
class Seen:
    """What has happened on the server, in the order in which it came."""

    events: asyncio.Queue[tuple[str, Any]] = field(default_factory=asyncio.Queue)

    def listen(self, bot: TextgenBot) -> None:
        """Hear what the bot hears."""

        async def on_message(message: discord.Message) -> None:
            self.events.put_nowait(("message", message))

        async def on_raw_message_edit(edit: discord.RawMessageUpdateEvent) -> None:
            self.events.put_nowait(("edit", edit.data))

        async def on_raw_message_delete(deletion: discord.RawMessageDeleteEvent) -> None:
            self.events.put_nowait(("deletion", deletion.message_id))

        async def on_interaction(interaction: discord.Interaction) -> None:
            self.events.put_nowait(("interaction", interaction.type))

        for listener in (on_message, on_raw_message_edit, on_raw_message_delete, on_interaction):
            bot.add_listener(listener)

    async def until(self, **fits: Callable[[Any], bool]) -> Any:
        """Return the first event that fits what is asked of events of its name."""
        while True:
            name, event = await self.events.get()
            if name in fits and fits[name](event):
                return event


class Check:
    """Goes from step to step."""

    def __init__(self, bot: TextgenBot) -> None:
        self._bot, self._seen = bot, Seen()
        self.rows: list[tuple[str, str, float]] = []
        self._seen.listen(bot)

    async def run(self) -> None:
        """Do every step; one that fails keeps no other from being tried."""
        await self._step("log in", "", self._bot.wait_until_serving)
        await self._step("commands are registered", "", self._commands)
        train = "type `!train #channel`, a channel with at least 300 messages; agree if asked"
        await self._step("train", train, self._trained)
        await self._step("typed command", "type `!generate`", self._wrote)
        await self._step("slash command", "use `/generate`", self._answered)
        await self._step("button", "press *Again* under the text", self._answered)
        await self._step("deletion", "press *Delete* under the text", self._deleted)

    async def _step(self, name: str, wish: str, done: Callable[[], Any]) -> None:
        if wish:
            print(f"→ {wish}", flush=True)
        began = time.monotonic()
        try:
            async with asyncio.timeout(STEP_S):
                await done()
            how = "ok"
        except TimeoutError:
            how = f"nothing within {STEP_S:g} s"
        except (discord.DiscordException, AssertionError) as error:
            how = f"{type(error).__name__}: {error}"[:80]
        self.rows.append((name, how, time.monotonic() - began))

    async def _commands(self) -> None:
        there = {(each.name, each.type) for each in await self._bot.tree.fetch_commands()}
        ours = {(each.name, _type_of(each)) for each in self._bot.tree.get_commands()}
        assert there == ours, f"differ: {sorted(name for name, _ in there ^ ours)}"

    def _is_own(self, message: discord.Message) -> bool:
        return message.author.id == self._bot.application_id and bool(message.components)

    def _is_filled(self, edit: Any) -> bool:
        """Say whether an answer has come that was only announced before."""
        own = int(edit.get("author", {}).get("id", 0)) == self._bot.application_id
        return own and bool(edit.get("components"))

    async def _trained(self) -> None:
        await self._seen.until(edit=lambda data: str(data.get("content")).startswith(DONE))

    async def _wrote(self) -> None:
        await self._seen.until(message=self._is_own, edit=self._is_filled)

    async def _answered(self) -> None:
        await self._seen.until(interaction=lambda kind: kind is not None)
        await self._wrote()

    async def _deleted(self) -> None:
        await self._seen.until(deletion=bool)


def _type_of(command: Any) -> discord.AppCommandType:
    is_menu = isinstance(command, discord.app_commands.ContextMenu)
    return command.type if is_menu else discord.AppCommandType.chat_input


def table(rows: list[tuple[str, str, float]]) -> str:
    """Return the steps as a table."""
    lines = ["| step | outcome | seconds |", "|---|---|---:|"]
    return "\n".join([*lines, *(f"| {name} | {how} | {took:.1f} |" for name, how, took in rows)])


async def main() -> None:
    """Run the bot and look."""
    url = os.environ.get("DISCORD_URL")
    with tempfile.TemporaryDirectory() as folder, client_routes(url) if url else nullcontext():
        settings = load_settings(None, data_dir=Path(folder), health_address="")
        if settings.discord_token is None:
            raise SystemExit("DISCORD_TOKEN is missing: the token of a bot for tests.")
        async with open_bot(settings) as bot:
            running = asyncio.create_task(bot.start(settings.discord_token.get_secret_value()))
            check = Check(bot)
            checking = asyncio.create_task(check.run())
            await asyncio.wait({running, checking}, return_when=asyncio.FIRST_COMPLETED)
            checking.cancel()
            print(table(check.rows))
            if running.done():
                await running  # raises what kept it from serving


if __name__ == "__main__":
    asyncio.run(main())
