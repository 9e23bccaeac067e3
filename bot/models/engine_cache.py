"""Engines in memory, as many as there is room for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from textgen_core import Engine, load_checkpoint
from textgen_core.model.filter_key import FilterKey


class ModelCache:
    """Engines of model files, the least recently used of which make room for others.

    Any thread may use it.

    Args:
        most_bytes: of the engines kept; one that is larger alone is made for each text.
        filter_key: opens the filters of the files; None for the key of this machine's user.
    """

    def __init__(self, most_bytes: int, filter_key: FilterKey | None = None) -> None:
        self._most_bytes = most_bytes
        self._filter_key = filter_key
        self._lock = threading.Lock()  # held for moments, never while a file is read
        self._engines: OrderedDict[Path, Engine] = OrderedDict()
        self._loading: dict[Path, Future[Engine]] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._engines)

    @property
    def nbytes(self) -> int:
        """Bytes of all engines kept."""
        return self._bytes

    def engine(self, path: Path) -> Engine:
        """Return the engine of a file; threads that ask at once share one loading.

        Raises:
            CheckpointError: the file is no good; the next who asks reads it again.
        """
        with self._lock:
            engine = self._engines.get(path)
            if engine is not None:
                self._engines.move_to_end(path)
                return engine
            loading = self._loading.get(path)
            if loading is None:
                mine = self._loading[path] = Future[Engine]()
        return self._load(path, mine) if loading is None else loading.result()

    def drop(self, path: Path) -> None:
        """Let go of a file's engine; a loading under way is not kept."""
        with self._lock:
            self._drop(path)

    def drop_folder(self, folder: Path) -> None:
        """Let go of the engines of a folder's files."""
        with self._lock:
            for path in [*self._engines, *self._loading]:
                if path.parent == folder:
                    self._drop(path)

    def _drop(self, path: Path) -> None:
        self._loading.pop(path, None)
        engine = self._engines.pop(path, None)
        if engine is not None:
            self._bytes -= engine.nbytes

    def _load(self, path: Path, loading: Future[Engine]) -> Engine:
        try:
            engine = Engine(load_checkpoint(path), self._filter_key)
        except BaseException as error:
            with self._lock:
                self._is_wanted(path, loading)
            loading.set_exception(error)
            raise
        with self._lock:
            if self._is_wanted(path, loading):
                self._keep(path, engine)
        loading.set_result(engine)
        return engine

    def _is_wanted(self, path: Path, loading: Future[Engine]) -> bool:
        """End a loading; tell whether its file was dropped meanwhile."""
        if self._loading.get(path) is not loading:
            return False
        del self._loading[path]
        return True

    def _keep(self, path: Path, engine: Engine) -> None:
        self._engines[path] = engine
        self._bytes += engine.nbytes
        while self._bytes > self._most_bytes:
            _, dropped = self._engines.popitem(last=False)
            self._bytes -= dropped.nbytes
