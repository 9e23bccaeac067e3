"""A Discord of one's own on the loopback: REST, gateway and web page on one port."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.loopback.client_routes import client_routes
from bot.loopback.http.app import BACKEND, add_routes
from bot.loopback.http.applications import APPLICATION_ROUTES
from bot.loopback.http.gateway import announce_guild, gateway
from bot.loopback.http.guilds import GUILD_ROUTES
from bot.loopback.http.interactions import INTERACTION_ROUTES
from bot.loopback.http.messages import MESSAGE_ROUTES
from bot.loopback.http.reactions import REACTION_ROUTES
from bot.loopback.http.site import add_site
from bot.loopback.http.threads import THREAD_ROUTES
from bot.loopback.http.users import USER_ROUTES
from bot.loopback.http.webhooks import WEBHOOK_ROUTES
from bot.loopback.state.backend import Backend
from bot.loopback.state.faults import Faults
from bot.loopback.state.options import SandboxOptions
from bot.loopback.state.session import CloseCode, Intent, Op
from bot.loopback.state.taps import RequestLog
from bot.loopback.wire.entities import channel_payload, member_payload, role_payload, user_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, Guild, Member, Role, User
from bot.loopback.world.world import World

DEFAULT_OPTIONS = SandboxOptions()
ROUTES = (
    *USER_ROUTES,
    *GUILD_ROUTES,
    *THREAD_ROUTES,
    *MESSAGE_ROUTES,
    *REACTION_ROUTES,
    *APPLICATION_ROUTES,
    *INTERACTION_ROUTES,
    *WEBHOOK_ROUTES,
)
MAX_BODY_BYTES = 110 * 1024 * 1024  # ten files of 10 MiB, and the JSON beside them


class LoopbackDiscord:
    """Serves a world from entering the context to leaving it.

    Attributes:
        url: `http://127.0.0.1:PORT`, known while it runs.
        request_log: counters of the REST requests.
        faults: failures to plan.
    """

    def __init__(self, world: World, options: SandboxOptions = DEFAULT_OPTIONS) -> None:
        self.world = world
        self.options = options
        self.backend = Backend(world, options)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The page's address; REST is below it at /api/v10."""
        return self.backend.url

    @property
    def bot_token(self) -> str:
        """The token that the bot logs in with."""
        return self.world.bot.token or ""

    @property
    def user_token(self) -> str:
        """The token of the person called "you"."""
        return self.world.you.token or ""

    @property
    def request_log(self) -> RequestLog:
        """Counters of the REST requests."""
        return self.backend.log

    @property
    def faults(self) -> Faults:
        """Failures to plan."""
        return self.backend.faults

    def client_routes(self) -> AbstractContextManager[None]:
        """Point discord.py at this server until the context is left."""
        return client_routes(self.url)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app[BACKEND] = self.backend
        add_routes(app, ROUTES)
        app.router.add_get("/gateway", gateway)
        app.router.add_get("/gateway/", gateway)
        add_site(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.options.host, self.options.port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.backend.url = f"http://{self.options.host}:{port}"

    async def stop(self) -> None:
        """End every connection and stop listening."""
        self.faults.clear()
        self.backend.interactions.close()
        self.drop_connections(1001, keep_sessions=False)
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    def drop_connections(
        self, code: int = CloseCode.UNKNOWN_ERROR, *, keep_sessions: bool = True
    ) -> None:
        """Close every gateway connection; kept sessions can be resumed."""
        for session in list(self.backend.sessions.values()):
            if session.connection is not None:
                session.connection.close(code)
        if not keep_sessions:
            self.backend.sessions.clear()

    @contextmanager
    def gateway_away(self, user: User) -> Iterator[None]:
        """Close an account's gateway connections, and let nobody connect meanwhile."""
        self.backend.gateway_is_open = False
        for session in self.backend.sessions_of(user):
            if session.connection is not None:
                session.connection.close(CloseCode.UNKNOWN_ERROR)
        try:
            yield
        finally:
            self.backend.gateway_is_open = True

    def ask_to_reconnect(self) -> None:
        """Send RECONNECT to every client."""
        for session in list(self.backend.sessions.values()):
            if session.connection is not None:
                session.connection.send_op(Op.RECONNECT, None)

    def announce_guild(self, guild: Guild) -> None:
        """Tell the members' clients about a server made while they were connected."""
        for session in list(self.backend.sessions.values()):
            if session.user.id in guild.members and session.holds_guild(guild.id):
                announce_guild(self.backend, session, guild)

    def announce_channel(self, channel: Channel, event: str = "CHANNEL_UPDATE") -> None:
        """Tell clients that a channel was made (CHANNEL_CREATE) or changed."""
        guild = self.world.guild_of(channel)
        if guild is not None:
            payload = channel_payload(self.world, channel)
            self.backend.publish_to_guild(event, guild, payload)

    def announce_role(self, guild: Guild, role: Role, event: str = "GUILD_ROLE_UPDATE") -> None:
        """Tell clients that a role was made (GUILD_ROLE_CREATE) or changed."""
        payload: Payload = {"guild_id": str(guild.id), "role": role_payload(role)}
        self.backend.publish_to_guild(event, guild, payload)

    def announce_member(self, guild: Guild, member: Member) -> None:
        """Tell clients that a member was renamed or has other roles."""
        payload: Payload = {"guild_id": str(guild.id), **member_payload(member)}
        intent: int = Intent.GUILD_MEMBERS
        if member.user is self.world.bot:  # a bot always hears of itself
            intent |= Intent.GUILDS
        self.backend.publish_to_guild("GUILD_MEMBER_UPDATE", guild, payload, intent)

    def delete_channel(self, channel: Channel) -> None:
        """Take a server's channel or thread and its messages away, and tell clients."""
        guild = self.world.guild_of(channel)
        assert guild is not None
        is_thread = channel.id in guild.threads
        self.announce_channel(channel, "THREAD_DELETE" if is_thread else "CHANNEL_DELETE")
        del self.world.channels[channel.id]
        del (guild.threads if is_thread else guild.channels)[channel.id]
        for thread in [each for each in guild.threads.values() if each.parent_id == channel.id]:
            del guild.threads[thread.id], self.world.channels[thread.id]

    def kick(self, guild: Guild, user: User) -> None:
        """Take an account out of a server; to itself the server is gone."""
        del guild.members[user.id]
        payload: Payload = {"guild_id": str(guild.id), "user": user_payload(user)}
        intent = Intent.GUILD_MEMBERS
        self.backend.publish_to_guild("GUILD_MEMBER_REMOVE", guild, payload, intent)
        for session in self.backend.sessions_of(user):
            if session.holds_guild(guild.id):
                session.dispatch("GUILD_DELETE", {"id": str(guild.id)})
