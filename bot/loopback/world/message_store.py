"""Messages of one channel, in order of their ids."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class HasId(Protocol):
    """Anything with a snowflake."""

    id: int


M = TypeVar("M", bound=HasId)


class MessageStore(Generic[M]):
    """Keeps messages sorted by id and finds a page by bisection."""

    def __init__(self) -> None:
        self._ids = array("Q")
        self._rows: list[M] = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[M]:
        """Walk from the oldest to the newest."""
        return iter(self._rows)

    @property
    def last_id(self) -> int | None:
        """The newest message's id, None in an empty channel."""
        return self._ids[-1] if self._ids else None

    def append(self, message: M) -> None:
        """Add a message newer than all others.

        Raises:
            ValueError: its id is not greater than the last one.
        """
        last = self.last_id
        if last is not None and message.id <= last:
            raise ValueError(f"message ids must increase, got {message.id} after {last}")
        self._ids.append(message.id)
        self._rows.append(message)

    def get(self, message_id: int) -> M | None:
        """Return one message, None when there is none of that id."""
        index = bisect_left(self._ids, message_id)
        found = index < len(self._ids) and self._ids[index] == message_id
        return self._rows[index] if found else None

    def remove(self, message_id: int) -> M | None:
        """Take one message out and return it, None when there is none of that id."""
        index = bisect_left(self._ids, message_id)
        if index == len(self._ids) or self._ids[index] != message_id:
            return None
        del self._ids[index]
        return self._rows.pop(index)

    def latest(self, limit: int) -> list[M]:
        """Return the newest messages, newest first."""
        return self._page(len(self._rows) - limit, len(self._rows))

    def before(self, message_id: int, limit: int) -> list[M]:
        """Return those just older than an id, newest first."""
        end = bisect_left(self._ids, message_id)
        return self._page(end - limit, end)

    def after(self, message_id: int, limit: int) -> list[M]:
        """Return those just newer than an id, newest first."""
        start = bisect_right(self._ids, message_id)
        return self._page(start, start + limit)

    def around(self, message_id: int, limit: int) -> list[M]:
        """Return those on both sides of an id and the one itself, newest first."""
        middle = bisect_left(self._ids, message_id)
        half = limit // 2
        return self._page(middle - half, middle - half + limit)

    def _page(self, start: int, end: int) -> list[M]:
        return self._rows[max(start, 0) : max(end, 0)][::-1]
