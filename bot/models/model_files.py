"""Models that people bring: a checkpoint of ours, or textgenrnn's files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UserError
from bot.runtime.data_folder import DataFolder
from bot.runtime.downloads import arrived
from bot.runtime.foreign_files import ForeignFiles

MAX_IMPORT_BYTES = 32 * 1024 * 1024
CHECKER = "bot.models.checking_process"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file somebody attached; its name says what it is."""

    name: str
    size: int
    url: str


def check_size(name: str, size: int) -> None:
    """Refuse a file that is too large; call it before the file is fetched.

    Raises:
        UserError: it is.
    """
    if size > MAX_IMPORT_BYTES:
        raise UserError(
            "{name} is too large ({size:.1f} MiB). I take models up to {most} MiB.",
            name=name,
            size=size / 2**20,
            most=MAX_IMPORT_BYTES // 2**20,
        )


class GivenModels:
    """Fetches files and has a process check them, which can be killed; see ForeignFiles."""

    def __init__(
        self, files: ForeignFiles, folder: DataFolder, *, proxy: str | None = None
    ) -> None:
        self._files = files
        self._folder = folder
        self._proxy = proxy

    @asynccontextmanager
    async def checked(self, guild_id: int, given: Sequence[UploadedFile]) -> AsyncIterator[Path]:
        """Yield a checkpoint's file, everything in it checked.

        Raises:
            UserError: the files are no model, or another one of this server is being read.
        """
        for file in given:
            check_size(file.name, file.size)
        async with self._files.turn_of(guild_id), AsyncExitStack() as stack:
            paths = [
                await stack.enter_async_context(
                    arrived(self._folder, file.url, max_bytes=MAX_IMPORT_BYTES, proxy=self._proxy)
                )
                for file in given
            ]
            target = await stack.enter_async_context(arrived(self._folder, None, max_bytes=0))
            request = {
                "files": [
                    {"name": file.name, "path": str(path)}
                    for file, path in zip(given, paths, strict=True)
                ],
                "target": str(target),
            }
            name = given[0].name if given else "That file"
            await self._files.opened(CHECKER, request, name=name)
            yield target
