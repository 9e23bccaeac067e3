"""While a file that somebody sent is open, the bot serves everybody else."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import psutil
import pytest
from bot_harness import START_S, WAIT_S, Scene, rows, running_bot

from bot.loopback.world.model import Channel


async def child(module: str) -> psutil.Process:
    """Return the process that runs a module, as soon as there is one."""
    async with asyncio.timeout(WAIT_S):
        while True:
            for process in await asyncio.to_thread(psutil.Process().children):
                with suppress(psutil.Error):
                    if module in process.cmdline():
                        return process
            await asyncio.sleep(0.05)


async def ask_in(scene: Scene, channel: Channel, text: str, event: str, beginning: str) -> str:
    """Type something in a channel and return the bot's message there that begins so."""
    await scene.you.say(channel.id, text)
    answer = await scene.you.expect(
        event,
        lambda data: (
            data["author"]["id"] == str(scene.world.bot.id)
            and data["channel_id"] == str(channel.id)
            and str(data["content"]).startswith(beginning)
        ),
        timeout_s=START_S,
    )
    return str(answer["content"])


@pytest.mark.parametrize(
    ("command", "name", "module"),
    [
        ("!model import", "m.safetensors", "bot.models.checking_process"),
        ("!train file", "chat.txt", "bot.corpus.reading_process"),
    ],
)
async def test_others_are_served_while_a_file_is_open(
    scene: Scene, command: str, name: str, module: str
) -> None:
    """Which here stands still, as one does that is made to take long."""
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    talk = scene.world.add_channel(elsewhere, "talk")
    scene.world.fill_channel(talk, rows(100))
    async with running_bot(scene, train_slots=2) as bot:
        await scene.you.say(scene.commands.id, command, files=[(name, b"what is this")])
        reader = await child(module)
        reader.suspend()
        try:
            assert await ask_in(scene, there, "!generate hello", "MESSAGE_CREATE", "hello")
            trained = await ask_in(scene, there, f"!train <#{talk.id}>", "MESSAGE_UPDATE", "✅")
            assert "100 messages" in trained
            assert await bot.services.models.current(elsewhere.id) is not None
        finally:
            reader.kill()
