"""What a worker is asked to run; the scheduler imports it too, so it imports little."""

from __future__ import annotations

from typing import Any

PLUGIN = "textgen-bot"


async def train_on_this_machine(parcel: dict[str, Any]) -> bytes:
    """Train, on the worker's event loop; what comes of it is laid down at the scheduler.

    Nothing is returned: a bot would have to fetch that from the worker, which may stand
    behind a router, and to unpickle it.
    """
    from distributed import get_worker

    await get_worker().plugins[PLUGIN].train(parcel)
    return b""
