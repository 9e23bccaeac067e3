"""A headless Firefox that runs scripts in a page, through Marionette, its own protocol.

Playwright drives a Firefox of its own making only. A message is its length in bytes, a colon
and JSON (https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html).
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("firefox-esr", "firefox")
START_S = 60
SCRIPT_MS = 120_000


class Firefox:
    """A window of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._sent = 0

    async def hear(self) -> Any:
        """Return its next message."""
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def do(self, command: str, **parameters: Any) -> Any:
        """Send a command and return what it gives; a refusal raises RuntimeError."""
        self._sent += 1
        message = json.dumps([0, self._sent, command, parameters]).encode()
        self._writer.write(b"%d:%s" % (len(message), message))
        _, _, refusal, found = await self.hear()
        if refusal:
            raise RuntimeError(refusal["message"])
        return found

    async def evaluate(self, function: str, argument: Any) -> Any:
        """Return what an asynchronous function of the page gives for an argument."""
        script = (
            f"const [argument, done] = arguments; ({function})(argument)"
            ".then(done, (error) => done(String(error)));"
        )
        found = await self.do("WebDriver:ExecuteAsyncScript", script=script, args=[argument])
        return found["value"]


@asynccontextmanager
async def firefox(profile: Path) -> AsyncIterator[Firefox]:
    """Start it with a new profile; skips the test where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Firefox: install it (apt-get install firefox-esr)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n', encoding="utf-8")
    silent = asyncio.subprocess.DEVNULL
    arguments = ("--headless", "--marionette", "--no-remote", "--profile", str(profile))
    process = await asyncio.create_subprocess_exec(path, *arguments, stdout=silent, stderr=silent)
    writer = None
    try:
        reader, writer = await _connected(port)
        browser = Firefox(reader, writer)
        await browser.hear()
        await browser.do("WebDriver:NewSession")
        await browser.do("WebDriver:SetTimeouts", script=SCRIPT_MS)
        yield browser
    finally:
        if writer:
            writer.close()
        process.terminate()
        await process.wait()


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(START_S):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port, limit=2**24)
            except OSError:
                await asyncio.sleep(0.1)
