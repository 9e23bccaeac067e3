"""Counters of the requests that came in, for tests and benchmarks."""

from collections import Counter
from dataclasses import dataclass, field

INVALID_STATUSES = frozenset({401, 403, 429})


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
