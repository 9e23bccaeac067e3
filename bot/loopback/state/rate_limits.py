"""Discord's rate limits: how many requests in how many seconds, a bucket a route and channel."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import blake2s


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in a window that opens with the first of them."""

    requests: int
    window_s: float

    def minimum_s(self, count: int) -> float:
        """Return the least wall time in which `count` requests can be answered."""
        return max(math.ceil(count / self.requests) - 1, 0) * self.window_s


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits by kind of request; fields of the same names are in `Route.limit`."""

    history: Limit = Limit(5, 5.0)
    send: Limit = Limit(5, 5.0)
    edit: Limit = Limit(5, 5.0)
    delete: Limit = Limit(5, 1.0)
    bulk_delete: Limit = Limit(1, 1.0)
    reaction: Limit = Limit(1, 0.25)
    typing: Limit = Limit(5, 5.0)
    webhook: Limit = Limit(5, 2.0)
    commands: Limit = Limit(5, 20.0)
    other: Limit = Limit(10, 10.0)
    everything: Limit = Limit(50, 1.0)

    def named(self, name: str) -> Limit:
        """Return the limit of a kind of request."""
        limit = getattr(self, name)
        assert isinstance(limit, Limit)
        return limit


_MANY = Limit(1_000_000, 1.0)
# For who has switched limits off: Discord's answers tell of them all the same.
BOUNDLESS = RateLimits(*[_MANY] * len(fields(RateLimits)))


@dataclass(slots=True)
class Bucket:
    """What is left of one limit in its current window."""

    limit: Limit
    opened_s: float = -math.inf
    used: int = 0

    def take(self, now_s: float) -> bool:
        """Count a request and tell whether it is within the limit."""
        if now_s - self.opened_s >= self.limit.window_s:
            self.opened_s = now_s
            self.used = 0
        if self.used >= self.limit.requests:
            return False
        self.used += 1
        return True

    def reset_after_s(self, now_s: float) -> float:
        """Return the seconds until the window closes."""
        return max(self.opened_s + self.limit.window_s - now_s, 0.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, and the headers that say how many more may."""

    headers: Mapping[str, str]
    retry_after_s: float | None = None
    is_global: bool = False

    def refusal(self) -> dict[str, object]:
        """Return the body of the answer 429 to a request over the limit."""
        return {
            "message": "You are being rate limited.",
            "retry_after": self.retry_after_s,
            "global": self.is_global,
        }


@dataclass(slots=True)
class RateLimiter:
    """The buckets of every account, filled by the requests that pass."""

    limits: RateLimits
    _buckets: dict[tuple[int, str, str], Bucket] = field(default_factory=dict)
    _everything: dict[int, Bucket] = field(default_factory=dict)

    def check(self, user_id: int, limit_name: str, route: str, major: str) -> Verdict:
        """Count one request of an account.

        Args:
            limit_name: a field of RateLimits; routes share the bucket of any but "other".
            route: the route's name.
            major: the channel, server or webhook that the bucket is of, if any.
        """
        now_s = time.monotonic()
        if limit_name != "webhook":  # answers to interactions are outside the global limit
            total = self._everything.setdefault(user_id, Bucket(self.limits.everything))
            if not total.take(now_s):
                return self._refused(total, now_s, {}, is_global=True)
        name = route if limit_name == "other" else limit_name
        key = (user_id, name, major)
        bucket = self._buckets.setdefault(key, Bucket(self.limits.named(limit_name)))
        passed = bucket.take(now_s)
        headers = self._headers(bucket, now_s, name)
        return Verdict(headers) if passed else self._refused(bucket, now_s, headers)

    def _headers(self, bucket: Bucket, now_s: float, name: str) -> dict[str, str]:
        after_s = bucket.reset_after_s(now_s)
        return {
            "X-RateLimit-Limit": str(bucket.limit.requests),
            "X-RateLimit-Remaining": str(bucket.limit.requests - bucket.used),
            # Rounded up: who waits exactly that long must not be too early.
            "X-RateLimit-Reset": f"{math.ceil((time.time() + after_s) * 1000) / 1000:.3f}",
            "X-RateLimit-Reset-After": f"{math.ceil(after_s * 1000) / 1000:.3f}",
            "X-RateLimit-Bucket": blake2s(name.encode(), digest_size=16).hexdigest(),
        }

    def _refused(
        self, bucket: Bucket, now_s: float, headers: Mapping[str, str], *, is_global: bool = False
    ) -> Verdict:
        after_s = round(bucket.reset_after_s(now_s) + 0.001, 3)
        extra = {
            "Retry-After": str(math.ceil(after_s)),
            "X-RateLimit-Scope": "global" if is_global else "user",
            "Via": "1.1 loopback",  # clients take a 429 without it for a network's ban
        }
        if is_global:
            extra["X-RateLimit-Global"] = "true"
        return Verdict({**headers, **extra}, after_s, is_global)


def too_many(retry_after_s: float) -> Verdict:
    """Return the refusal of a request that may come again after so many seconds."""
    headers = {
        "Retry-After": str(math.ceil(retry_after_s)),
        "X-RateLimit-Scope": "shared",
        "Via": "1.1 loopback",
    }
    return Verdict(headers, retry_after_s)
