"""What every handler of the loopback server works with: state, sessions and limits."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from bot.loopback.state.command_registry import CommandRegistry
from bot.loopback.state.faults import Faults
from bot.loopback.state.interactions import InteractionDesk
from bot.loopback.state.options import SandboxOptions
from bot.loopback.state.rate_limits import BOUNDLESS, RateLimiter
from bot.loopback.state.session import Intent, Session
from bot.loopback.state.taps import RequestLog, Tap
from bot.loopback.wire.json_fields import Payload
from bot.loopback.wire.messages import Viewer, message_payload
from bot.loopback.world.model import Attachment, Channel, Guild, Message, User
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import World

TypedCommands = Callable[[int], Awaitable[Payload]]


@dataclass(slots=True, eq=False)
class Backend:
    """The state of one running server.

    Attributes:
        typed_commands: tells, for a server's id, which commands its bot takes in messages. Discord
            knows nothing of them; the page offers them as it does slash commands.
    """

    world: World
    options: SandboxOptions
    url: str = ""
    gateway_is_open: bool = True
    connections: int = 0
    sessions: dict[str, Session] = field(default_factory=dict)
    files: dict[int, Attachment] = field(default_factory=dict)
    commands: CommandRegistry = field(init=False)
    interactions: InteractionDesk = field(default_factory=InteractionDesk)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)
    taps: list[Tap] = field(default_factory=list)
    limiter: RateLimiter = field(init=False)
    typed_commands: TypedCommands | None = None

    def __post_init__(self) -> None:
        self.commands = CommandRegistry(self.options.integration_types)
        self.limiter = RateLimiter(self.options.limits if self.options.rate_limits else BOUNDLESS)

    def gateway_url(self) -> str:
        """Return the address of the WebSocket."""
        return self.url.replace("http", "ws", 1) + "/gateway"

    def sessions_of(self, user: User) -> Iterator[Session]:
        """Yield an account's sessions, connected or waiting for a resume."""
        return (session for session in list(self.sessions.values()) if session.user is user)

    def audience(self, channel: Channel, intent: int) -> Iterator[Session]:
        """Yield the sessions that are told of a channel's events.

        Args:
            intent: the one of servers' channels; direct ones have their own, 3 bits up.
        """
        guild = self.world.guild_of(channel)
        needed = intent << 3 if guild is None else intent
        for session in list(self.sessions.values()):
            # Most are strangers to the server, which is soon found out.
            if guild is not None and session.user.id not in guild.members:
                continue
            if session.user.bot and not session.intents & needed:
                continue
            shard_matches = (
                session.shard[0] == 0 if guild is None else session.holds_guild(guild.id)
            )
            if shard_matches and self.sees(channel, session.user):
                yield session

    def sees(self, channel: Channel, user: User) -> bool:
        """Tell whether an account may look into a channel."""
        return bool(self.world.permissions_in(channel, user) & Permission.VIEW_CHANNEL)

    def publish(
        self, event: str, channel: Channel, data: Payload, intent: int = Intent.GUILD_MESSAGES
    ) -> None:
        """Tell all who see a channel the same."""
        if channel.guild_id is not None:
            data = {**data, "guild_id": str(channel.guild_id)}
        for session in self.audience(channel, intent):
            session.dispatch(event, data)

    def publish_message(self, event: str, channel: Channel, message: Message) -> None:
        """Tell all who see a channel about a message, each what it may read."""
        for session in self.audience(channel, Intent.GUILD_MESSAGES):
            session.dispatch(event, self.live_message(channel, message, session))

    def publish_to_user(self, user: User, event: str, make: Callable[[Session], Payload]) -> None:
        """Tell one account alone."""
        for session in self.sessions_of(user):
            session.dispatch(event, make(session))

    def publish_to_guild(
        self, event: str, guild: Guild, data: Payload, intent: int = Intent.GUILDS
    ) -> None:
        """Tell all members of a server the same."""
        for session in list(self.sessions.values()):
            wanted = not session.user.bot or session.intents & intent
            if wanted and session.user.id in guild.members and session.holds_guild(guild.id):
                session.dispatch(event, data)

    def live_message(self, channel: Channel, message: Message, session: Session) -> Payload:
        """Return a message as a session's gateway event."""
        viewer = Viewer(session.user.id, session.sees_content)
        return message_payload(self.world, channel, message, viewer, origin=self.url, live=True)

    def read_message(self, channel: Channel, message: Message, user: User) -> Payload:
        """Return a message as the answer to a request."""
        viewer = Viewer(user.id, not user.bot or self.options.message_content_intent)
        return message_payload(self.world, channel, message, viewer, origin=self.url)
