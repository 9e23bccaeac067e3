"""Where a test listens in on what passes between the loopback Discord and a client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import User

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
