"""A gateway session: what one connected client is told, kept for a while for a resume."""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from secrets import token_hex

from aiohttp import web

from bot.loopback.state.taps import Tap
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import User

REPLAY_EVENTS = 2_000
CLOSE_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 30.0  # of a client that is sent something


class Op(IntEnum):
    """Gateway opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    """Why the gateway closes a connection."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQ = 4007
    RATE_LIMITED = 4008
    INVALID_SHARD = 4010
    SHARDING_REQUIRED = 4011
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Intent(IntEnum):
    """The groups of events that a bot asks for."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


ALL_INTENTS = (1 << 26) - 1


class Connection:
    """One WebSocket: frames leave in order, compressed if the client asked for it.

    Attributes:
        writer: ends when the connection is to be closed, or is lost.
        closing: the server has decided to close it.
    """

    def __init__(self, socket: web.WebSocketResponse, *, compress: bool) -> None:
        self.socket = socket
        self.closing = False
        self._compressor = zlib.compressobj() if compress else None
        self._frames: asyncio.Queue[str | int] = asyncio.Queue()
        self.writer = asyncio.create_task(self._write(), name="loopback-gateway-writer")

    def send(self, frame: str) -> None:
        """Queue a frame."""
        self._frames.put_nowait(frame)

    def send_op(self, op: Op, data: object) -> None:
        """Queue a frame that is not an event."""
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close after the frames that are queued."""
        self.closing = True
        self._frames.put_nowait(code)

    async def finish(self) -> None:
        """Send the close code, if there is one; nobody may be reading any more."""
        if self.writer.done():
            code = self.writer.result()
            if code is not None:
                await self.socket.close(code=code)
        self.writer.cancel()
        await asyncio.gather(self.writer, return_exceptions=True)

    async def _write(self) -> int | None:
        while True:
            frame = await self._frames.get()
            if isinstance(frame, int):
                return frame
            try:
                async with asyncio.timeout(READ_TIMEOUT_S):
                    await self._send(frame)
            except (ConnectionError, TimeoutError):
                return None  # the reader sees the same end, or the client reads nothing

    async def _send(self, frame: str) -> None:
        if self._compressor is None:
            await self.socket.send_str(frame)
            return
        packed = self._compressor.compress(frame.encode())
        await self.socket.send_bytes(packed + self._compressor.flush(zlib.Z_SYNC_FLUSH))


@dataclass(slots=True, eq=False)
class Session:
    """One client's view of the events; it outlives its connection."""

    user: User
    intents: int = ALL_INTENTS
    shard: tuple[int, int] = (0, 1)
    id: str = field(default_factory=lambda: token_hex(16))
    sequence: int = 0
    connection: Connection | None = None
    taps: Sequence[Tap] = ()
    _sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_EVENTS))

    @property
    def sees_content(self) -> bool:
        """Whether the client gets the text of other people's messages."""
        return not self.user.bot or bool(self.intents & Intent.MESSAGE_CONTENT)

    def holds_guild(self, guild_id: int) -> bool:
        """Tell whether a server belongs to this session's shard."""
        number, count = self.shard
        return (guild_id >> 22) % count == number

    def dispatch(self, event: str, data: Payload) -> None:
        """Send an event, or keep it for a resume while there is no connection."""
        self.sequence += 1
        for tap in self.taps:
            data = tap.event(self.user, event, data)
        frame = json.dumps({"op": Op.DISPATCH, "d": data, "s": self.sequence, "t": event})
        self._sent.append((self.sequence, frame))
        if self.connection is not None:
            self.connection.send(frame)

    def can_replay(self, sequence: int) -> bool:
        """Tell whether all events after a sequence number are still kept."""
        oldest = self._sent[0][0] if self._sent else self.sequence + 1
        return oldest - 1 <= sequence <= self.sequence

    def replay(self, sequence: int, connection: Connection) -> None:
        """Go on with a new connection: send what came after a sequence number."""
        self.connection = connection
        for number, frame in self._sent:
            if number > sequence:
                connection.send(frame)
