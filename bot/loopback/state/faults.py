"""Failures on demand: the next requests of a route fail, wait, or stop at a gate."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Gate:
    """A door that requests of a route stand before until it is opened."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self) -> None:
        """Let those waiting and all later ones through."""
        self.opened.set()


@dataclass(frozen=True, slots=True)
class Failure:
    """A status, and for one that says "later" the seconds until then."""

    status: int
    retry_after_s: float | None = None


@dataclass(slots=True)
class _Fault:
    route: str
    times: int
    status: int | None = None
    delay_s: float = 0.0
    retry_after_s: float | None = None
    gate: Gate | None = None


class Faults:
    """Planned failures; routes are named as in RequestLog, "*" stands for every route."""

    def __init__(self) -> None:
        self._planned: list[_Fault] = []

    def fail(self, route: str, *, times: int = 1, status: int = 500) -> None:
        """Answer the next requests of a route with an error status, without acting on them."""
        self._planned.append(_Fault(route, times, status=status))

    def limit(self, route: str, retry_after_s: float, *, times: int = 1) -> None:
        """Refuse the next requests of a route as too many, whatever the limits say."""
        self._planned.append(_Fault(route, times, status=429, retry_after_s=retry_after_s))

    def delay(self, route: str, seconds: float, *, times: int = 1) -> None:
        """Let the next requests of a route wait before they are handled."""
        self._planned.append(_Fault(route, times, delay_s=seconds))

    def hold(self, route: str, *, after: int = 0) -> Gate:
        """Stop the requests of a route at a gate, once `after` more have passed."""
        gate = Gate()
        if after:
            self._planned.append(_Fault(route, after))
        # A gate that is open lets everything through, so it never needs to be used up.
        self._planned.append(_Fault(route, 1 << 30, gate=gate))
        return gate

    def clear(self) -> None:
        """Plan no more failures; open every gate."""
        for fault in self._planned:
            if fault.gate:
                fault.gate.open()
        self._planned.clear()

    async def meet(self, route: str) -> Failure | None:
        """Suffer what is planned for a request; return how it fails, if it does."""
        fault = next((f for f in self._planned if f.route in (route, "*")), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.times <= 0:
            self._planned.remove(fault)
        if fault.gate and not fault.gate.opened.is_set():
            fault.gate.reached.set()
            await fault.gate.opened.wait()
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        return None if fault.status is None else Failure(fault.status, fault.retry_after_s)
