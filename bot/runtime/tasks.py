"""Work that a cancellation must not cut in two, and work that is done together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


async def finish_before_cancel(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Await `work` so that a cancellation waits for its end, and then takes effect."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def all_or_none(work: Iterable[Coroutine[Any, Any, ResultT]]) -> list[ResultT]:
    """Await all of `work` side by side; the first failure, or a cancellation, ends the rest.

    That failure is raised as itself, where a TaskGroup raises it in a group.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
