"""Files from Discord onto the disk, and the way there, which may lead through a proxy."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
from aiohttp_socks import (
    ProxyConnectionError,
    ProxyConnector,
    ProxyError,
    ProxyTimeoutError,
)

from bot.errors import UserError
from bot.runtime.data_folder import DataFolder, private

MEBIBYTE = 1 << 20
_BLOCK_BYTES = 1 << 16
_TIMEOUT = aiohttp.ClientTimeout(total=900, sock_connect=30, sock_read=60)


@asynccontextmanager
async def arrived(
    folder: DataFolder, url: str | None, *, max_bytes: int, proxy: str | None = None
) -> AsyncIterator[Path]:
    """Yield a file on the disk that holds what is behind an attachment's address.

    It is never in memory, and removed at the end unless it was moved. None: an empty one.

    Raises:
        UserError: it is too large, or Discord does not give it.
    """
    with arriving(folder) as (path, file):
        if url is not None:
            await _fetch(url, file, max_bytes, proxy)
        file.flush()
        os.fsync(file.fileno())
        yield path


@contextmanager
def arriving(folder: DataFolder) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a private file; whatever is left of it at the end is removed.

    It is locked meanwhile, so that a bot which starts now does not sweep it away.
    """
    folder.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder.incoming / secrets.token_hex(8)
    while True:
        with open(path, "wb", opener=private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not path.exists():
                continue  # a sweep came between the two lines above
            try:
                yield path, file
            finally:
                path.unlink(missing_ok=True)
            return


def too_large(max_bytes: int) -> UserError:
    """Return the refusal of a file above the limit."""
    return UserError(
        "That file is too large; I take up to {most} MiB. Send part of it, or ask "
        "whoever runs the bot to import it there with `textgen-bot import`.",
        most=max_bytes // MEBIBYTE,
    )


async def _fetch(url: str, file: BinaryIO, max_bytes: int, proxy: str | None) -> None:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, **client_options(proxy)) as session,
            session.get(url) as response,
        ):
            if response.status != 200:
                raise UserError("Discord no longer has that file. Attach it again.")
            await _take(response, file, max_bytes)
    except (aiohttp.ClientError, TimeoutError):
        raise UserError("Discord didn't give me that file. Attach it again.") from None


async def _take(response: aiohttp.ClientResponse, file: BinaryIO, max_bytes: int) -> None:
    if (response.content_length or 0) > max_bytes:
        raise too_large(max_bytes)
    taken = 0
    async for block in response.content.iter_chunked(_BLOCK_BYTES):
        taken += len(block)
        if taken > max_bytes:
            raise too_large(max_bytes)
        file.write(block)


class SocksProxyError(aiohttp.ClientConnectionError):
    """A SOCKS proxy is not there, or lets nobody through."""


class _SocksConnector(ProxyConnector):
    """Fails as aiohttp's own connectors do: else discord.py would not connect once more."""

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().connect(*args, **kwargs)
        except (ProxyError, ProxyConnectionError, ProxyTimeoutError) as error:
            raise SocksProxyError(f"the SOCKS proxy: {error}") from error


def client_options(proxy: str | None) -> dict[str, Any]:
    """Return the keyword arguments that lead a client through a proxy.

    They are those of discord.py's client, and of `aiohttp.ClientSession` alike; for one of them,
    made in a running event loop.
    """
    if proxy is None:
        return {}
    scheme, _, rest = proxy.partition("://")
    # What curl calls socks5h: names are looked up by the proxy, as they always are here.
    known = scheme.lower().removesuffix("h").removesuffix("a")
    address = f"{known}://{rest}"
    if known.startswith("socks"):
        return {"connector": _SocksConnector.from_url(address, rdns=True)}
    return {"proxy": address}
