"""Messages that are edited or deleted while their channels are being collected."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.corpus.files import corpus_line
from bot.runtime.data_folder import DataFolder, private
from bot.storage.records import TrainJob

MessageFilter = Callable[[Mapping[str, Any]], str | None]


class Edit(Protocol):
    """A message that was changed."""

    message_id: int
    channel_id: int
    data: Any


class Delete(Protocol):
    """A message that was deleted."""

    message_id: int
    channel_id: int


class BulkDelete(Protocol):
    """Messages that were deleted together."""

    message_ids: set[int]
    channel_id: int


class ThreadDelete(Protocol):
    """A thread that was deleted."""

    thread_id: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Messages' newest texts by id, None for those that are gone; and threads that are."""

    texts: Mapping[int, str | None]
    deleted_threads: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Followed:
    train_job_id: int
    before_id: int
    channel_ids: frozenset[int]
    path: Path
    learnable: MessageFilter


class EditLog:
    """Notes what happens to messages that a job may have read already.

    New texts lie in a file beside those that they replace, and go with them. What
    happens while the bot is not connected goes unseen.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._followed: dict[int, _Followed] = {}

    def follow(self, job: TrainJob, learnable: MessageFilter) -> None:
        """Begin with a job's channels, or go on with those that came to them.

        Args:
            learnable: returns what of a changed message is to be learned.
        """
        self._folder.make_job(job.train_job_id)
        self._followed[job.train_job_id] = _Followed(
            job.train_job_id,
            job.before_id,
            frozenset(channel.channel_id for channel in job.channels),
            self._folder.changes(job.train_job_id),
            learnable,
        )

    def unfollow(self, train_job_id: int) -> None:
        """Stop noting what happens to a job's messages."""
        self._followed.pop(train_job_id, None)

    def size(self, train_job_id: int) -> int:
        """Return how many bytes have been noted, which grow with every change."""
        path = self._folder.changes(train_job_id)
        return path.stat().st_size if path.exists() else 0

    def read(self, train_job_id: int) -> Changes:
        """Return what has happened to a job's messages so far."""
        path = self._folder.changes(train_job_id)
        texts: dict[int, str | None] = {}
        threads: set[int] = set()
        if path.exists():
            for line in path.read_bytes().splitlines(keepends=True):
                if not line.endswith(b"\n"):
                    break  # cut short by a crash
                change = json.loads(line)
                if "thread" in change:
                    threads.add(change["thread"])
                else:
                    texts[change["id"]] = change["content"]
        return Changes(texts, frozenset(threads))

    def listeners(self) -> tuple[Callable[..., Coroutine[Any, Any, None]], ...]:
        """Return what must hear of a client's events; each is named like its event."""
        return (
            self.on_raw_message_edit,
            self.on_raw_message_delete,
            self.on_raw_bulk_message_delete,
            self.on_raw_thread_delete,
        )

    async def on_raw_message_edit(self, event: Edit) -> None:
        """Note a message's new text; updates without one add a preview or a pin."""
        if "content" not in event.data:
            return
        for job in self._jobs_of(event.channel_id, [event.message_id]):
            text = job.learnable({"author": {}, "type": 0, **event.data})
            _note(job.path, [(event.message_id, text)])

    async def on_raw_message_delete(self, event: Delete) -> None:
        """Note that a message is gone."""
        for job in self._jobs_of(event.channel_id, [event.message_id]):
            _note(job.path, [(event.message_id, None)])

    async def on_raw_bulk_message_delete(self, event: BulkDelete) -> None:
        """Note that several messages are gone."""
        for job in self._jobs_of(event.channel_id, event.message_ids):
            _note(job.path, [(message_id, None) for message_id in event.message_ids])

    async def on_raw_thread_delete(self, event: ThreadDelete) -> None:
        """Note that a thread is gone with all that was said in it."""
        for job in self._jobs_of(event.thread_id, ()):
            _append(job.path, f'{{"thread":{event.thread_id}}}\n'.encode())

    def _jobs_of(self, channel_id: int, message_ids: Iterable[int]) -> list[_Followed]:
        oldest = min(message_ids, default=0)
        return [
            job
            for job in self._followed.values()
            if channel_id in job.channel_ids and oldest < job.before_id
        ]


def _note(path: Path, changes: Iterable[tuple[int, str | None]]) -> None:
    lines = [
        corpus_line(message_id, text) if text is not None else _gone(message_id)
        for message_id, text in changes
    ]
    _append(path, b"".join(lines))


def _append(path: Path, lines: bytes) -> None:
    with open(path, "ab", opener=private) as file:
        file.write(lines)


def _gone(message_id: int) -> bytes:
    return f'{{"id":{message_id},"content":null}}\n'.encode()
