"""Holds what passes between the bot and the loopback Discord against the specification."""

from __future__ import annotations

from collections.abc import Iterator

from accepted_differences import QUERY_TRUTHS
from discord_spec import Operation, Specification

from bot.loopback.state.taps import Answer, Exchange, Tap
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import User

LIMIT_HEADERS = ("Limit", "Remaining", "Reset", "Reset-After", "Bucket")


class Judge(Tap):
    """Notes what the specification does not allow.

    Args:
        bot_errs: whether a request that the loopback refused is a fault as well: one of our
            bot is, one of a test that tries what is refused is not.

    Attributes:
        faults: what was found, a line each.
        heard: how many requests, answers and events were looked at.
    """

    def __init__(self, specification: Specification, *, bot_errs: bool = True) -> None:
        self._specification = specification
        self._bot_errs = bot_errs
        self.faults: list[str] = []
        self.heard = 0

    def answer(self, exchange: Exchange) -> Answer:
        """Look at a request and its answer."""
        method, path = exchange.method, exchange.path
        operation = self._specification.operation(method, path, exchange.values)
        if operation is not None:
            self.heard += 1
            who = "bot" if exchange.user.bot else "person"
            self._note(f"{method} {path}, answer to the {who}", self._answer(operation, exchange))
            if exchange.user.bot and (self._bot_errs or exchange.status < 400):
                self._note(f"{method} {path}", self._request(operation, exchange))
        return exchange.answer

    def event(self, user: User, name: str, data: Payload) -> Payload:
        """Look at an event of a bot; people's clients get others, which nobody has specified."""
        if user.bot:
            self.heard += 1
            self._note(name, self._event(name, data))
        return data

    def _note(self, where: str, errors: Iterator[str]) -> None:
        self.faults += [f"{where}: {error}" for error in errors]

    def _request(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        schemas = self._specification.requests
        for name, text in exchange.query.items():
            if name not in operation.query:
                yield f"unknown query {name}"
            else:
                value = _read(text, schemas.resolved(operation.query[name]).get("type"))
                yield from schemas.errors(operation.query[name], value)
        if operation.body is not None and exchange.sent is not None:
            yield from schemas.errors(operation.body, exchange.sent)

    def _answer(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        try:
            schema = operation.answer(exchange.status)
        except LookupError as error:
            yield str(error)
            return
        if (schema is None) != (exchange.answer is None):
            yield f"status {exchange.status} with {'no' if exchange.answer is None else 'a'} body"
        elif schema is not None:
            yield from self._specification.answers.errors(schema, exchange.answer)
        if exchange.user.bot:
            for name in LIMIT_HEADERS:
                if f"X-RateLimit-{name}" not in exchange.headers and not _is_global(exchange):
                    yield f"no header X-RateLimit-{name}"

    def _event(self, name: str, data: Payload) -> Iterator[str]:
        schema = self._specification.events.get(name)
        if schema is None:
            yield "unknown event"
        else:
            yield from self._specification.answers.errors(schema, data)


def _is_global(exchange: Exchange) -> bool:
    return "X-RateLimit-Global" in exchange.headers


def _read(text: str, kind: object) -> object:
    """Return what stands in an address as JSON would have it."""
    if kind == "integer" and text.isdigit():
        return int(text)
    if kind == "boolean" and text in QUERY_TRUTHS:
        return text in ("true", "1")
    return text
