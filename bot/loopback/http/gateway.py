"""The gateway's WebSocket: greeting, log-in, resume, heartbeats and member lists."""

import asyncio
import json
import logging
from collections import deque
from itertools import islice

import aiohttp
from aiohttp import web

from bot.loopback.http.app import BACKEND
from bot.loopback.http.site import check_origin
from bot.loopback.state.backend import Backend
from bot.loopback.state.session import (
    ALL_INTENTS,
    CLOSE_TIMEOUT_S,
    CloseCode,
    Connection,
    Intent,
    Op,
    Session,
)
from bot.loopback.wire.entities import (
    MEMBERS_FLAG,
    MESSAGE_CONTENT_FLAG,
    channel_payload,
    guild_create_payload,
    member_payload,
    own_user_payload,
)
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Guild, Member, User
from bot.loopback.world.world import DM_CHANNEL

CHUNK_MEMBERS = 1_000
LISTED_MEMBERS = 1_000
GOODBYES = (1000, 1001)
LOGIN_S = 30.0
EVENTS, PER_S = 120, 60.0  # https://discord.com/developers/docs/events/gateway#rate-limiting
# About as late as over a network. discord.py notes when it sent a heartbeat in another
# thread and only afterwards: an answer that overtakes it is taken for a late one to the
# heartbeat before ("websocket is 41.3s behind").
ACK_DELAY_S = 0.05

log = logging.getLogger(__name__)


class Refused(Exception):
    """The client is disconnected with a close code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


async def gateway(request: web.Request) -> web.WebSocketResponse:
    """Serve one client until it or the server closes the connection."""
    check_origin(request)
    backend = request.app[BACKEND]
    if not backend.gateway_is_open or backend.connections >= backend.options.connections:
        raise web.HTTPServiceUnavailable
    backend.connections += 1
    try:
        return await _served(backend, request)
    finally:
        backend.connections -= 1


async def _served(backend: Backend, request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(timeout=CLOSE_TIMEOUT_S, max_msg_size=1 << 16)
    await socket.prepare(request)
    compress = request.query.get("compress") == "zlib-stream"
    connection = Connection(socket, compress=compress)
    client = GatewayClient(backend, connection)
    interval_ms = int(backend.options.heartbeat_interval_s * 1000)
    connection.send_op(Op.HELLO, {"heartbeat_interval": interval_ms})
    reader = asyncio.create_task(client.listen(), name="loopback-gateway-reader")
    login = asyncio.get_running_loop().call_later(LOGIN_S, client.must_have_logged_in)
    try:
        await asyncio.wait({reader, connection.writer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        login.cancel()
        # A close code is sent when nobody reads: closing under a reader drops the
        # connection at once, and the client may never see the code.
        reader.cancel()
        (error,) = await asyncio.gather(reader, return_exceptions=True)
        client.disconnect()
        await connection.finish()
    if isinstance(error, Exception):
        raise error
    return socket


class GatewayClient:
    """One connection and the session that it carries, once it has logged in."""

    def __init__(self, backend: Backend, connection: Connection) -> None:
        self.backend = backend
        self.connection = connection
        self.session: Session | None = None
        self._sent_at: deque[float] = deque(maxlen=EVENTS)

    async def listen(self) -> None:
        """Handle what the client sends."""
        async for message in self.connection.socket:
            if message.type is not aiohttp.WSMsgType.TEXT or self.connection.closing:
                continue
            try:
                self._count()
                self._handle(_parse(message.data))
            except Refused as refusal:
                log.info("gateway connection refused: %s", refusal)
                self._forget()
                self.connection.close(refusal.code)

    def _count(self) -> None:
        """Refuse a client that sends more than Discord allows, which it would be answered."""
        now = asyncio.get_running_loop().time()
        if len(self._sent_at) == EVENTS and now - self._sent_at[0] < PER_S:
            raise Refused(CloseCode.RATE_LIMITED)
        self._sent_at.append(now)

    def must_have_logged_in(self) -> None:
        """Close a connection on which nobody has."""
        if self.session is None and not self.connection.closing:
            self.connection.close(CloseCode.NOT_AUTHENTICATED)

    def disconnect(self) -> None:
        """Leave the session to a resume, or end it if the client said goodbye."""
        session = self.session
        if session is None or session.connection is not self.connection:
            return
        session.connection = None
        said_goodbye = self.connection.socket.close_code in GOODBYES
        if said_goodbye and not self.connection.closing:
            self._forget()

    def _forget(self) -> None:
        if self.session is not None:
            self.backend.sessions.pop(self.session.id, None)

    def _handle(self, frame: Payload) -> None:
        op = frame.get("op")
        data = frame.get("d")
        if op == Op.HEARTBEAT:
            loop = asyncio.get_running_loop()
            loop.call_later(ACK_DELAY_S, self.connection.send_op, Op.HEARTBEAT_ACK, None)
        elif op in (Op.IDENTIFY, Op.RESUME):
            if self.session is not None:
                raise Refused(CloseCode.ALREADY_AUTHENTICATED)
            if not isinstance(data, dict):
                raise Refused(CloseCode.DECODE_ERROR)
            (self._identify if op == Op.IDENTIFY else self._resume)(data)
        elif self.session is None:
            raise Refused(CloseCode.NOT_AUTHENTICATED)
        elif op == Op.REQUEST_GUILD_MEMBERS and isinstance(data, dict):
            self._send_members(self.session, data)
        elif op not in (Op.PRESENCE_UPDATE, Op.VOICE_STATE_UPDATE):
            raise Refused(CloseCode.UNKNOWN_OPCODE)

    def _identify(self, data: Payload) -> None:
        user = self._account(data)
        session = Session(user, shard=_shard(data), taps=self.backend.taps)
        if user.bot:
            session.intents = self._intents(data)
        session.connection = self.connection
        self.session = session
        self._end_lost_sessions(session)
        self.backend.sessions[session.id] = session
        self._greet(session)

    def _end_lost_sessions(self, new: Session) -> None:
        """A client that logs in anew has no use for what it lost before."""
        for old in list(self.backend.sessions_of(new.user)):
            if old.connection is None and old.shard == new.shard:
                del self.backend.sessions[old.id]

    def _account(self, data: Payload) -> User:
        token = str(data.get("token", "")).removeprefix("Bot ")
        user = self.backend.world.user_by_token(token)
        if user is None:
            raise Refused(CloseCode.AUTHENTICATION_FAILED)
        return user

    def _intents(self, data: Payload) -> int:
        asked = data.get("intents")
        if not isinstance(asked, int) or asked < 0 or asked & ~ALL_INTENTS:
            raise Refused(CloseCode.INVALID_INTENTS)
        options = self.backend.options
        enabled = {
            Intent.MESSAGE_CONTENT: options.message_content_intent,
            Intent.GUILD_MEMBERS: options.members_intent,
            Intent.GUILD_PRESENCES: options.presence_intent,
        }
        if any(asked & intent and not allowed for intent, allowed in enabled.items()):
            raise Refused(CloseCode.DISALLOWED_INTENTS)
        return asked

    def _greet(self, session: Session) -> None:
        world = self.backend.world
        user = session.user
        guilds = [
            guild
            for guild in world.guilds.values()
            if user.id in guild.members and session.holds_guild(guild.id)
        ]
        ready: Payload = {
            "v": 10,
            "user": own_user_payload(user),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "private_channels": []
            if user.bot
            else [
                channel_payload(world, channel, user.id)
                for channel in world.channels.values()
                if channel.kind == DM_CHANNEL and user.id in channel.recipient_ids
            ],
            "session_id": session.id,
            "resume_gateway_url": self.backend.gateway_url(),
            "session_type": "normal",
            "shard": list(session.shard),
        }
        if user.bot:
            flags = application_flags(self.backend)
            ready["application"] = {"id": str(user.id), "flags": flags, "flags_new": str(flags)}
        session.dispatch("READY", ready)
        if session.intents & Intent.GUILDS:
            for guild in guilds:
                announce_guild(self.backend, session, guild, joined=False)

    def _resume(self, data: Payload) -> None:
        user = self._account(data)
        session = self.backend.sessions.get(str(data.get("session_id")))
        sequence = data.get("seq")
        if not isinstance(sequence, int):
            raise Refused(CloseCode.DECODE_ERROR)
        if session is None or session.user is not user or not session.can_replay(sequence):
            self.connection.send_op(Op.INVALID_SESSION, False)
            return
        if session.connection is not None:
            session.connection.close(CloseCode.UNKNOWN_ERROR)
        self.session = session
        session.replay(sequence, self.connection)
        session.dispatch("RESUMED", {})

    def _send_members(self, session: Session, data: Payload) -> None:
        try:
            guild = self.backend.world.guilds.get(int(str(data.get("guild_id"))))
            if guild is None or session.user.id not in guild.members:
                return
            members = _chosen_members(guild, data)
        except ValueError as error:
            raise Refused(CloseCode.DECODE_ERROR) from error
        count = max(-(-len(members) // CHUNK_MEMBERS), 1)
        for index in range(count):
            chunk = members[index * CHUNK_MEMBERS : (index + 1) * CHUNK_MEMBERS]
            session.dispatch(
                "GUILD_MEMBERS_CHUNK",
                {
                    "guild_id": str(guild.id),
                    "members": [member_payload(member) for member in chunk],
                    "chunk_index": index,
                    "chunk_count": count,
                    "nonce": data.get("nonce"),
                },
            )


def announce_guild(
    backend: Backend, session: Session, guild: Guild, *, joined: bool = True
) -> None:
    """Tell a session all about a server: one just joined, or one known before its log-in."""
    user_id = session.user.id
    members: list[Member] = [guild.members[user_id]]
    if not session.user.bot:  # a person's client lists those who can answer first
        others = [member for member in guild.members.values() if member.user.id != user_id]
        others.sort(key=lambda member: member.user.token is None)
        members.extend(islice(others, LISTED_MEMBERS))
    payload = guild_create_payload(backend.world, guild, members=members, viewer_id=user_id)
    if not session.user.bot:
        visible = [c for c in guild.channels.values() if backend.sees(c, session.user)]
        payload["channels"] = [channel_payload(backend.world, channel) for channel in visible]
    if not joined:
        payload["unavailable"] = False
    session.dispatch("GUILD_CREATE", payload)


def application_flags(backend: Backend) -> int:
    """Return the application's flags: which privileged intents are enabled."""
    content = MESSAGE_CONTENT_FLAG if backend.options.message_content_intent else 0
    return content | (MEMBERS_FLAG if backend.options.members_intent else 0)


def _parse(text: str) -> Payload:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(CloseCode.DECODE_ERROR) from error
    if not isinstance(frame, dict):
        raise Refused(CloseCode.DECODE_ERROR)
    return frame


def _shard(data: Payload) -> tuple[int, int]:
    match data.get("shard", [0, 1]):
        case [int(number), int(count)] if 0 <= number < count:
            return number, count
    raise Refused(CloseCode.INVALID_SHARD)


def _chosen_members(guild: Guild, data: Payload) -> list[Member]:
    asked = data.get("user_ids")
    if asked is not None:
        ids = [int(str(id)) for id in (asked if isinstance(asked, list) else [asked])]
        return [guild.members[id] for id in ids if id in guild.members]
    query = str(data.get("query") or "").casefold()
    found = (
        member
        for member in guild.members.values()
        if (member.nick or member.user.name).casefold().startswith(query)
    )
    limit = data.get("limit")
    return list(islice(found, limit if isinstance(limit, int) and limit > 0 else None))
