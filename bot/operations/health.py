"""A small HTTP endpoint: /healthz for whoever restarts the bot, /metrics for Prometheus."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import math
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST

from bot.config import Address, Settings
from bot.errors import BotError, SettingsError
from bot.models.engine_cache import ModelCache
from bot.operations.metrics import Metrics
from bot.storage.jobs import JobStore
from bot.storage.models import ModelStore

LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
LEAST_FREE_BYTES = 50 * 10**6
SLOW_LOOP_S = 1.0
DATABASE_S = 5.0
GATEWAY_LATENCY_S = 30.0


class Shard(Protocol):
    """A connection to Discord's gateway."""

    def is_closed(self) -> bool:
        """Say whether it is not there."""
        ...


class Parts(Protocol):
    """What is looked at of a bot's parts."""

    metrics: Metrics
    settings: Settings
    jobs: JobStore
    models: ModelStore
    model_cache: ModelCache


class Observed(Protocol):
    """A running bot, as far as it is looked at."""

    @property
    def services(self) -> Parts:
        """What it is made of."""
        ...

    @property
    def guilds(self) -> Sequence[Any]:
        """The servers it is in."""
        ...

    @property
    def latency(self) -> float:
        """Seconds that Discord's gateway takes to answer, NaN or infinite where not known."""
        ...

    @property
    def shards(self) -> Mapping[int, Shard]:
        """Its connections."""
        ...

    def is_ready(self) -> bool:
        """Say whether Discord has told it of its servers."""
        ...


@asynccontextmanager
async def health_server(bot: Observed, address: Address | None) -> AsyncIterator[None]:
    """Answer at an address while the context lasts; None: nowhere.

    Raises:
        SettingsError: the address cannot be listened at.
    """
    watching = asyncio.create_task(bot.services.metrics.watch_lag(), name="event loop lag")
    try:
        if address is None:
            yield
            return
        runner = web.AppRunner(_application(bot, address), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await _listen(runner, address)
            yield
        finally:
            await runner.cleanup()
    finally:
        watching.cancel()
        await asyncio.wait({watching})


def _application(bot: Observed, address: Address) -> web.Application:
    async def healthz(request: web.Request) -> web.Response:
        checks = await health_checks(bot)
        well = all(check["ok"] for check in checks.values())
        body = {"status": "ok" if well else "unwell", "checks": checks}
        return web.json_response(body, status=200 if well else 503)

    async def metrics(request: web.Request) -> web.Response:
        body = bot.services.metrics.exposition(
            jobs=await bot.services.jobs.open_jobs(),
            cached=len(bot.services.model_cache),
            guilds=len(bot.guilds),
            latency_s=bot.latency,
            last=await bot.services.models.last_metrics(),
        )
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application(middlewares=[_only_for(address)])
    application.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    return application


def _only_for(address: Address) -> Middleware:
    """Return what refuses requests that name another host than this one.

    A page on the Internet can make its own name lead to this address (DNS rebinding) and have
    a browser ask for what only programs on this machine should read. Names without a dot are
    those of a container network, and no page has one.
    """
    known = LOOPBACK | {address.host.strip("[]")}
    is_open = address.host.strip("[]") not in LOOPBACK

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _host_of(request)
        if host not in known and not (is_open and (_is_ip(host) or "." not in host)):
            raise web.HTTPForbidden(text="This is not an address that I answer under.")
        return await handler(request)

    return check


def _host_of(request: web.Request) -> str:
    """Return the name that this address was asked under; "." for what is none."""
    try:
        parts = urlsplit(f"//{request.host}")
    except ValueError:
        return "."
    is_name = parts.netloc == request.host and "@" not in parts.netloc
    return (parts.hostname if is_name else None) or "."


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _listen(runner: web.AppRunner, address: Address) -> None:
    try:
        await web.TCPSite(runner, address.host, address.port).start()
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        why = "is in use, maybe by another bot" if in_use else f"is no good ({error.strerror})"
        raise SettingsError(
            f"HEALTH_ADDRESS {address} {why}: choose another port, or leave it empty to do without."
        ) from None


async def health_checks(bot: Observed) -> dict[str, dict[str, Any]]:
    """Return what /healthz tells: each part with `ok` and what was found."""
    return {
        "gateway": _gateway(bot),
        "event_loop": await _event_loop(),
        "database": await _database(bot),
        "disk": _disk(bot),
    }


def _gateway(bot: Observed) -> dict[str, Any]:
    latency_s = bot.latency
    known = math.isfinite(latency_s)
    shards = [shard for shard in bot.shards.values() if shard.is_closed()]
    well = bot.is_ready() and not shards and (not known or latency_s < GATEWAY_LATENCY_S)
    return {"ok": well, "latency_s": round(latency_s, 3) if known else None}


async def _event_loop() -> dict[str, Any]:
    """See how long it takes until it is this task's turn again."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(0)
    lag_s = loop.time() - began
    return {"ok": lag_s < SLOW_LOOP_S, "lag_s": round(lag_s, 4)}


async def _database(bot: Observed) -> dict[str, Any]:
    try:
        async with asyncio.timeout(DATABASE_S):
            await bot.services.models.last_metrics()
    except TimeoutError:
        return {"ok": False, "error": f"no answer within {DATABASE_S:.0f} s"}
    except (sqlite3.Error, BotError, ValueError) as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True}


def _disk(bot: Observed) -> dict[str, Any]:
    root = bot.services.settings.data_dir
    try:
        free = shutil.disk_usage(root).free
    except OSError as error:
        return {"ok": False, "error": str(error.strerror)}
    return {"ok": free >= LEAST_FREE_BYTES and os.access(root, os.W_OK), "free_bytes": free}
