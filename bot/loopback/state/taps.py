"""What tests see of the loopback Discord: each exchange with a client, and counts of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import User

INVALID_STATUSES = frozenset({401, 403, 429})
Answer = Payload | Sequence[Payload] | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A REST request and the answer to it.

    Attributes:
        path: the route's, with names of its parameters; `values` are theirs.
        sent: the JSON of the request, None where it has none or nobody has read it.
        answer: None where there is no body.
    """

    user: User
    method: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    sent: object
    status: int
    headers: Mapping[str, str]
    answer: Answer


class Tap:
    """Hears what clients are told, and says what they get; this one changes nothing."""

    def answer(self, exchange: Exchange) -> Answer:
        """Return what the client gets as the answer to a request."""
        return exchange.answer

    def event(self, user: User, name: str, data: Payload) -> Payload:
        """Return what an account's client gets as a gateway event."""
        return data


@dataclass(slots=True)
class RequestLog:
    """How many requests came, by route such as "GET /channels/{channel_id}/messages"."""

    by_route: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)

    def add(self, route: str, status: int) -> None:
        """Count one answered request."""
        self.by_route[route] += 1
        self.by_status[status] += 1

    def clear(self) -> None:
        """Start counting anew."""
        self.by_route.clear()
        self.by_status.clear()

    @property
    def total(self) -> int:
        """All requests."""
        return self.by_status.total()

    @property
    def rate_limited(self) -> int:
        """Requests refused with 429."""
        return self.by_status[429]

    @property
    def invalid(self) -> int:
        """Requests of the kinds that make Discord block an address: 401, 403 and 429."""
        return sum(self.by_status[status] for status in INVALID_STATUSES)
