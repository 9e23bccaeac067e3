"""One way in for every REST request: faults, token, rate limit, handler, JSON answer."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from bot.loopback.state.backend import Backend
from bot.loopback.state.rate_limits import too_many
from bot.loopback.state.taps import Answer, Exchange
from bot.loopback.wire.api_errors import (
    ApiError,
    missing_access,
    missing_permissions,
    not_found,
    unauthorized,
)
from bot.loopback.wire.json_fields import Fields, Payload
from bot.loopback.wire.request_schemas import check_body, check_query
from bot.loopback.wire.uploads import Upload, read_array, read_body
from bot.loopback.world.model import Channel, Guild, Message, User
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import VOICE_CHANNELS

BACKEND = web.AppKey("backend", Backend)
API_PREFIX = "/api/v10"
SNOWFLAKE_TEXT = re.compile(r"\d{1,20}", re.ASCII)

__all__ = ["Answer", "Call", "Route", "add_routes"]


@dataclass(slots=True)
class Call:
    """A request with who sent it and the state it is about.

    Attributes:
        operation: the route's name.
        sent: its JSON once read.
    """

    backend: Backend
    request: web.Request
    user: User
    operation: str = ""
    sent: object = None

    def id(self, name: str) -> int:
        """Return an id that stands in the path."""
        text = self.request.match_info[name]
        if text == "@me":
            return self.user.id
        if not SNOWFLAKE_TEXT.fullmatch(text):
            raise ApiError(400, 50035, f'Value "{name}" is not snowflake.')
        return int(text)

    def query(self) -> Fields:
        """Return what stands behind the question mark."""
        return Fields(dict(self.request.query))

    async def body(self) -> tuple[Fields, list[Upload]]:
        """Return the JSON object that was sent, and the files beside it."""
        limit = self.backend.options.max_file_bytes
        fields, uploads = await read_body(self.request, max_file_bytes=limit)
        self.sent = fields.values
        check_body(self.operation, fields.values)
        return fields, uploads

    async def fields(self) -> Fields:
        """Return the JSON object that was sent."""
        return (await self.body())[0]

    async def array(self) -> list[Fields]:
        """Return the JSON array of objects that was sent."""
        items = await read_array(self.request)
        self.sent = [item.values for item in items]
        check_body(self.operation, self.sent)
        return items

    def guild(self) -> Guild:
        """Return the server in the path, if the account is in it."""
        guild = self.backend.world.guilds.get(self.id("guild_id"))
        if guild is None or self.user.id not in guild.members:
            raise not_found("Guild")
        return guild

    def channel(self, needed: int = 0) -> tuple[Channel, int]:
        """Return the channel in the path and the account's permissions in it.

        Args:
            needed: permissions without any of which the request is refused.
        """
        channel = self.backend.world.channels.get(self.id("channel_id"))
        if channel is None:
            raise not_found("Channel")
        permissions = self.backend.world.permissions_in(channel, self.user)
        if not self.backend.sees(channel, self.user):
            raise missing_access()
        if permissions & needed != needed:
            raise missing_permissions()
        return channel, permissions

    def channel_of_messages(self, needed: int = 0) -> tuple[Channel, int]:
        """Return the channel in the path; into one for voice one must be allowed to connect."""
        channel, permissions = self.channel()
        if channel.kind in VOICE_CHANNELS and not permissions & Permission.CONNECT:
            raise missing_access()
        if permissions & needed != needed:
            raise missing_permissions()
        return channel, permissions

    def message(self, channel: Channel) -> Message:
        """Return the message in the path."""
        message = channel.messages.get(self.id("message_id"))
        if message is None:
            raise not_found("Message")
        return message


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """An address and what answers there.

    Attributes:
        limit: the field of RateLimits that holds for it.
        major: the part of the path that has a bucket of its own.
        open: no token in the headers, because one is in the path.
    """

    method: str
    path: str
    handler: Handler
    limit: str = "other"
    major: str | None = None
    open: bool = False

    @property
    def name(self) -> str:
        """The name in logs and faults."""
        return f"{self.method} {self.path}"


def add_routes(app: web.Application, routes: Sequence[Route]) -> None:
    """Let an application answer at these addresses."""
    for route in routes:
        app.router.add_route(route.method, API_PREFIX + route.path, _endpoint(route))
    app.router.add_route("*", "/api/{rest:.*}", unknown_route)


async def unknown_route(request: web.Request) -> web.Response:
    """Answer that there is nothing at an address of the API."""
    request.app[BACKEND].log.add("unknown", 404)
    return json_answer({"message": "404: Not Found", "code": 0}, {}, status=404)


@dataclass(slots=True)
class _Reply:
    """What a request is answered with; `call` is None where nobody knows who asked."""

    status: int
    answer: Answer
    headers: dict[str, str] = field(default_factory=dict)
    call: Call | None = None


def _endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        backend = request.app[BACKEND]
        reply = await _reply(backend, route, request)
        backend.log.add(route.name, reply.status)
        shown = _tapped(backend, route, reply)
        if shown is None:
            return web.Response(status=reply.status, headers=reply.headers)
        return json_answer(shown, reply.headers, status=reply.status)

    return answer


async def _reply(backend: Backend, route: Route, request: web.Request) -> _Reply:
    failure = await backend.faults.meet(route.name)
    if failure is not None and failure.retry_after_s is not None:
        verdict = too_many(failure.retry_after_s)
        return _Reply(failure.status, verdict.refusal(), dict(verdict.headers))
    if failure is not None:
        return _Reply(failure.status, {"message": "Planned failure", "code": 0})
    reply = _Reply(204, None)
    try:
        user = backend.world.bot if route.open else authenticate(backend, request)
        reply.call = Call(backend, request, user, route.name)
        if user.bot:
            major = request.match_info[route.major] if route.major else ""
            verdict = backend.limiter.check(user.id, route.limit, route.name, major)
            reply.headers.update(verdict.headers)
            if verdict.retry_after_s is not None:
                return _Reply(429, verdict.refusal(), reply.headers, reply.call)
        check_query(route.name, request.query)
        reply.answer = await route.handler(reply.call)
    except ApiError as error:
        return _Reply(error.status, error.payload(), reply.headers, reply.call)
    reply.status = 204 if reply.answer is None else 200
    return reply


def _tapped(backend: Backend, route: Route, reply: _Reply) -> Answer:
    """Return the answer as the client gets it."""
    answer, call = reply.answer, reply.call
    for tap in backend.taps if call else ():
        assert call is not None
        request = call.request
        about = (call.user, route.method, route.path, request.match_info, request.query, call.sent)
        answer = tap.answer(Exchange(*about, reply.status, reply.headers, answer))
    return answer


def json_answer(
    answer: Payload | Sequence[Payload], headers: Mapping[str, str], *, status: int = 200
) -> web.Response:
    """Return JSON with the bare content type that clients compare literally."""
    response = web.json_response(answer, status=status, headers=headers)
    response.headers["Content-Type"] = "application/json"
    return response


def authenticate(backend: Backend, request: web.Request) -> User:
    """Return the account of a request's token: "Bot TOKEN" of a bot, bare of a person."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.rpartition(" ")
    user = backend.world.user_by_token(token)
    if user is None or user.bot != (scheme == "Bot"):
        raise unauthorized()
    return user
