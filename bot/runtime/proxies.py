"""The way to Discord through a proxy, of HTTP or SOCKS."""

from __future__ import annotations

from typing import Any

from aiohttp_socks import ProxyConnector


def client_options(proxy: str | None) -> dict[str, Any]:
    """Return the keyword arguments that lead a client through a proxy.

    They are those of discord.py's client, and of `aiohttp.ClientSession` alike; for one of them,
    made in a running event loop.
    """
    if proxy is None:
        return {}
    return {"connector": ProxyConnector.from_url(proxy)} if _is_socks(proxy) else {"proxy": proxy}


def _is_socks(proxy: str) -> bool:
    return proxy.startswith("socks")
