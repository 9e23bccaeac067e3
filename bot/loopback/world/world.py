"""The state behind the loopback Discord, and how tests and the demo furnish it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from secrets import token_urlsafe

from bot.loopback.world.model import Channel, Guild, Member, Message, Overwrite, Role, User
from bot.loopback.world.permissions import (
    ALL_PERMISSIONS,
    EVERYONE_DEFAULT,
    Permission,
    channel_permissions,
    thread_permissions,
)
from bot.loopback.world.snowflake import WORKERS, SnowflakeSource, now_ms, snowflake_at

TEXT_CHANNEL = 0
DM_CHANNEL = 1
CATEGORY = 4
PUBLIC_THREAD = 11
PRIVATE_THREAD = 12
FORUM = 15
VOICE_CHANNEL = 2
STAGE = 13
VOICE_CHANNELS = (VOICE_CHANNEL, STAGE)

BOT_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.ADD_REACTIONS
    | Permission.CONNECT
)


class World:
    """Servers, accounts and channels in memory, with one bot and one person called "you"."""

    def __init__(self, *, bot_name: str = "textgen", user_name: str = "you") -> None:
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.snowflakes = SnowflakeSource()
        self._by_token: dict[str, User] = {}
        self._authors: dict[tuple[int, str, bool], User] = {}
        self.bot = self.add_user(bot_name, bot=True)
        self.you = self.add_user(user_name)

    def add_user(self, name: str, *, bot: bool = False, can_log_in: bool = True) -> User:
        """Make an account; `token` is what it logs in with."""
        user = User(self.snowflakes.make(), name, bot=bot)
        if can_log_in:
            user.token = token_urlsafe(32)
            self._by_token[user.token] = user
        self.users[user.id] = user
        return user

    def add_guild(
        self,
        name: str,
        *,
        owner: User | None = None,
        bot_permissions: int = BOT_PERMISSIONS,
        everyone: int = EVERYONE_DEFAULT,
        with_bot: bool = True,
    ) -> Guild:
        """Make a server with "you" as its owner, unless another is named, and the bot in it."""
        owner = owner or self.you
        guild = Guild(self.snowflakes.make(new_millisecond=True), name, owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", int(everyone))
        self.guilds[guild.id] = guild
        self.add_member(guild, owner)
        if with_bot:
            role = self.add_role(guild, self.bot.name, bot_permissions, managed=True)
            self.add_member(guild, self.bot, roles=[role])
        return guild

    def add_role(
        self,
        guild: Guild,
        name: str,
        permissions: int = 0,
        *,
        color: int = 0,
        mentionable: bool = False,
        managed: bool = False,
    ) -> Role:
        """Make a role above the ones there are."""
        role = Role(
            self.snowflakes.make(),
            name,
            int(permissions) & ALL_PERMISSIONS,
            position=len(guild.roles),
            color=color,
            mentionable=mentionable,
            managed=managed,
        )
        guild.roles[role.id] = role
        return role

    def add_member(
        self, guild: Guild, user: User, *, roles: Iterable[Role] = (), nick: str | None = None
    ) -> Member:
        """Let an account join a server; a second time changes nothing."""
        member = guild.members.get(user.id)
        if member is None:
            member = Member(user, now_ms(), [role.id for role in roles], nick)
            guild.members[user.id] = member
        return member

    def add_channel(
        self,
        guild: Guild,
        name: str,
        *,
        topic: str | None = None,
        kind: int = TEXT_CHANNEL,
        parent: Channel | None = None,
        overwrites: Sequence[Overwrite] = (),
        nsfw: bool = False,
    ) -> Channel:
        """Make a channel below the ones there are."""
        channel = Channel(
            self.snowflakes.make(),
            name,
            guild.id,
            kind,
            topic,
            position=len(guild.channels),
            parent_id=parent.id if parent else None,
            nsfw=nsfw,
            overwrites=list(overwrites),
        )
        guild.channels[channel.id] = channel
        self.channels[channel.id] = channel
        return channel

    def add_thread(
        self,
        parent: Channel,
        name: str,
        *,
        owner: User | None = None,
        archived_ms: int | None = None,
        kind: int = PUBLIC_THREAD,
    ) -> Channel:
        """Make a thread of a channel, or a post of a forum; archived if a time is given."""
        guild = self.guild_of(parent)
        assert guild is not None
        thread = Channel(
            self.snowflakes.make(),
            name,
            guild.id,
            kind,
            parent_id=parent.id,
            owner_id=(owner or self.you).id,
            archived_ms=archived_ms,
        )
        thread.member_ids[(owner or self.you).id] = now_ms()
        guild.threads[thread.id] = thread
        self.channels[thread.id] = thread
        return thread

    def direct_channel(self, first: User, second: User) -> Channel:
        """Return the conversation of two accounts, made on the first use."""
        both = {first.id, second.id}
        for channel in self.channels.values():
            if channel.kind == DM_CHANNEL and set(channel.recipient_ids) == both:
                return channel
        channel = Channel(
            self.snowflakes.make(), "", kind=DM_CHANNEL, recipient_ids=(first.id, second.id)
        )
        self.channels[channel.id] = channel
        return channel

    def post(self, channel: Channel, author: User, content: str) -> Message:
        """Put a message into a channel without telling anybody: for furnishing."""
        message = Message(self.snowflakes.make(), author, content)
        channel.messages.append(message)
        return message

    def fill_channel(self, channel: Channel, rows: Iterable[Mapping[str, object]]) -> int:
        """Add past messages and return how many; their ids are made from their times.

        Args:
            rows: oldest first, with "author", "timestamp" (ISO 8601) and "content",
                and "bot": true on a bot's. Authors become members of the server.
        """
        # A thread has an owner and no position: its own id keeps its messages' ids apart.
        place = channel.id if channel.owner_id else channel.position
        worker = (place + 1) % WORKERS
        count = 0
        for row in rows:
            author = self._author(channel, str(row["author"]), bool(row.get("bot", False)))
            sent_ms = int(datetime.fromisoformat(str(row["timestamp"])).timestamp() * 1000)
            least = (channel.messages.last_id or 0) + 1
            message_id = max(least, snowflake_at(sent_ms, worker=worker))
            channel.messages.append(Message(message_id, author, str(row["content"])))
            count += 1
        return count

    def _author(self, channel: Channel, name: str, bot: bool) -> User:
        key = (channel.guild_id or channel.id, name, bot)
        if key not in self._authors:
            self._authors[key] = self.add_user(name, bot=bot, can_log_in=False)
            guild = self.guild_of(channel)
            if guild is not None:
                self.add_member(guild, self._authors[key])
        return self._authors[key]

    def user_by_token(self, token: str) -> User | None:
        """Return the account that a token belongs to."""
        return self._by_token.get(token)

    def guild_of(self, channel: Channel) -> Guild | None:
        """Return a channel's server, None for a direct conversation."""
        return self.guilds[channel.guild_id] if channel.guild_id is not None else None

    def permissions_in(self, channel: Channel, user: User) -> int:
        """Return what an account may do in a channel; 0 where it cannot look in."""
        guild = self.guild_of(channel)
        if guild is not None and channel.id in guild.threads:
            granted = thread_permissions(guild, self.channels.get(channel.parent_id or 0), user.id)
            is_in = user.id in channel.member_ids or granted & Permission.MANAGE_THREADS
            return granted if is_in or channel.kind != PRIVATE_THREAD else 0
        return channel_permissions(guild, channel, user.id)
