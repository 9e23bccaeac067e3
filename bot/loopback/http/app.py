"""One way in for every REST request: faults, token, rate limit, handler, JSON answer."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.loopback.state.backend import Backend
from bot.loopback.state.rate_limits import too_many
from bot.loopback.wire.api_errors import (
    ApiError,
    missing_access,
    missing_permissions,
    not_found,
    unauthorized,
)
from bot.loopback.wire.json_fields import Fields, Payload
from bot.loopback.wire.uploads import Upload, read_array, read_body
from bot.loopback.world.model import Channel, Guild, Message, User

BACKEND = web.AppKey("backend", Backend)
API_PREFIX = "/api/v10"
SNOWFLAKE_TEXT = re.compile(r"\d{1,20}", re.ASCII)

Answer = Payload | Sequence[Payload] | None


@dataclass(slots=True)
class Call:
    """A request with who sent it and the state it is about."""

    backend: Backend
    request: web.Request
    user: User

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
        return await read_body(self.request, max_file_bytes=self.backend.options.max_file_bytes)

    async def fields(self) -> Fields:
        """Return the JSON object that was sent."""
        return (await self.body())[0]

    async def array(self) -> list[Fields]:
        """Return the JSON array of objects that was sent."""
        return await read_array(self.request)

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


def _endpoint(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        backend = request.app[BACKEND]
        response = await _answer(backend, route, request)
        backend.log.add(route.name, response.status)
        return response

    return answer


async def _answer(backend: Backend, route: Route, request: web.Request) -> web.Response:
    failure = await backend.faults.meet(route.name)
    if failure is not None and failure.retry_after_s is not None:
        verdict = too_many(failure.retry_after_s)
        return json_answer(verdict.refusal(), verdict.headers, status=failure.status)
    if failure is not None:
        return json_answer({"message": "Planned failure", "code": 0}, {}, status=failure.status)
    headers: dict[str, str] = {}
    try:
        user = backend.world.bot if route.open else authenticate(backend, request)
        if user.bot and backend.options.rate_limits:
            major = request.match_info[route.major] if route.major else ""
            verdict = backend.limiter.check(user.id, route.limit, route.name, major)
            headers.update(verdict.headers)
            if verdict.retry_after_s is not None:
                return json_answer(verdict.refusal(), headers, status=429)
        answer = await route.handler(Call(backend, request, user))
    except ApiError as error:
        return json_answer(error.payload(), headers, status=error.status)
    if answer is None:
        return web.Response(status=204, headers=headers)
    return json_answer(answer, headers)


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
