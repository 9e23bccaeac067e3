"""Engines in memory, as many as there is room for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import Executor
from pathlib import Path

from textgen_core import Engine, load_checkpoint


class ModelCache:
    """Engines of model files, the least recently used of which make room for others.

    Args:
        most_bytes: of the engines kept; one that is larger alone is made for each text.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._engines: OrderedDict[Path, Engine] = OrderedDict()
        self._loading: dict[Path, asyncio.Task[Engine]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._engines)

    @property
    def nbytes(self) -> int:
        """Bytes of all engines kept."""
        return self._bytes

    async def engine(self, path: Path, executor: Executor) -> Engine:
        """Return the engine of a file; those who ask at once share one loading.

        Raises:
            CheckpointError: the file is no good; the next who asks reads it again.
        """
        engine = self._engines.get(path)
        if engine is not None:
            self._engines.move_to_end(path)
            return engine
        task = self._loading.get(path)
        if task is None:
            task = asyncio.create_task(self._load(path, executor), name=f"load {path.name}")
            self._loading[path] = task
        return await asyncio.shield(task)

    def drop(self, path: Path) -> None:
        """Let go of a file's engine; a loading under way is not kept."""
        self._loading.pop(path, None)
        engine = self._engines.pop(path, None)
        if engine is not None:
            self._bytes -= engine.nbytes

    def drop_folder(self, folder: Path) -> None:
        """Let go of the engines of a folder's files."""
        for path in [path for path in (*self._engines, *self._loading) if path.parent == folder]:
            self.drop(path)

    async def _load(self, path: Path, executor: Executor) -> Engine:
        loop = asyncio.get_running_loop()
        try:
            engine = await loop.run_in_executor(executor, lambda: Engine(load_checkpoint(path)))
        finally:
            is_wanted = self._loading.get(path) is asyncio.current_task()
            if is_wanted:
                del self._loading[path]
        if is_wanted:
            self._keep(path, engine)
        return engine

    def _keep(self, path: Path, engine: Engine) -> None:
        self._engines[path] = engine
        self._bytes += engine.nbytes
        while self._bytes > self._most_bytes:
            _, dropped = self._engines.popitem(last=False)
            self._bytes -= dropped.nbytes
