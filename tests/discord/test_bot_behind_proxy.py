"""Discord through real proxies: pproxy, in a process of its own on this machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from bot_harness import START_S, Scene, make_settings, running_bot

from bot.cli.main import _sentence
from bot.operations.doctor.discord_login import discord_side

TEXTS = "\n".join(f"line {number} of a file" for number in range(60)).encode()


@asynccontextmanager
async def proxy(scheme: str) -> AsyncIterator[tuple[int, list[str]]]:
    """Yield the port of a proxy that asks for a password, and what it tells of connections."""
    port = await free_port()
    listening = f"{scheme}://127.0.0.1:{port}" + ("" if scheme == "socks4" else "#me:secret")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "pproxy", "-v", "-l", listening),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told: list[str] = []
    serving = asyncio.Event()

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            told.append(line.decode(errors="replace"))
            serving.set()

    listener = asyncio.create_task(listen(), name="proxy")
    try:
        async with asyncio.timeout(START_S):
            await serving.wait()
        assert told[0].startswith("Serving on")
        yield port, told
    finally:
        process.terminate()
        await process.wait()
        await listener


async def free_port() -> int:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.mark.parametrize(("scheme", "typed"), [("http", "HTTP"), ("socks5", "socks5h")])
async def test_the_bot_lives_behind_a_proxy(scene: Scene, scheme: str, typed: str) -> None:
    discord_port = scene.discord.url.rpartition(":")[2]
    async with proxy(scheme) as (port, told):
        async with running_bot(scene, proxy=f"{typed}://me:secret@127.0.0.1:{port}"):
            assert "I'm here" in await scene.ask("!ping")
            connected = len(told)
            await scene.you.say(scene.commands.id, "!train file", files=[("chat.txt", TEXTS)])
            assert "Read: plain text, 60 messages" in await scene.outcome()
        through = [line for line in told if line.strip().endswith(f"-> 127.0.0.1:{discord_port}")]
        assert len(through) >= 3  # the login, the gateway, the file
        assert len(told) > connected


@pytest.mark.parametrize(("scheme", "typed"), [("http", "http"), ("socks4", "socks4a")])
async def test_doctor_takes_the_way_of_the_bot(scene: Scene, scheme: str, typed: str) -> None:
    async with proxy(scheme) as (port, told):
        settings = make_settings(
            scene.folder,
            proxy=f"{typed}://{'' if scheme == 'socks4' else 'me:secret@'}127.0.0.1:{port}",
            discord_token=scene.discord.bot_token,
        )
        (token, *_) = await discord_side(settings)
        assert "valid, for" in token.found
        assert len(told) > 1


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there_is_named(scene: Scene, scheme: str) -> None:
    address = f"{scheme}://127.0.0.1:{await free_port()}"
    settings = make_settings(scene.folder, proxy=address, discord_token=scene.discord.bot_token)
    (finding,) = await discord_side(settings)
    assert finding.advice == "check PROXY and the network"
    with pytest.raises(Exception) as refused:
        async with running_bot(scene, proxy=address):
            pass
    assert _sentence(refused.value).startswith("PROXY does not lead to Discord")
