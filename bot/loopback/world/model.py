"""What the loopback Discord holds in memory: servers, channels, members and messages."""

from dataclasses import dataclass, field

from bot.loopback.world.message_store import MessageStore


@dataclass(slots=True)
class User:
    """An account: a person, or an application's bot."""

    id: int
    name: str
    bot: bool = False
    token: str | None = None
    global_name: str | None = None


@dataclass(slots=True)
class Role:
    """A named set of permissions of a server; @everyone has the server's own id."""

    id: int
    name: str
    permissions: int = 0
    position: int = 0
    color: int = 0
    mentionable: bool = False
    managed: bool = False


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A channel's exception for one role (kind 0) or one member (kind 1)."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class Member:
    """An account's place in one server."""

    user: User
    joined_ms: int
    role_ids: list[int] = field(default_factory=list)
    nick: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file of a message."""

    id: int
    filename: str
    content_type: str
    content: bytes
    description: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class InteractionOrigin:
    """Which interaction a message answers.

    Attributes:
        guild_id: the server that the application was used in, None in direct messages.
        is_menu: the command stands in a menu, and is not typed.
        opener: where the form came from that was sent.
    """

    id: int
    kind: int
    user: User
    name: str = ""
    target_message_id: int | None = None
    guild_id: int | None = None
    is_menu: bool = False
    opener: "InteractionOrigin | None" = None


@dataclass(slots=True)
class MessageExtra:
    """What only few messages have, kept apart so that plain ones stay small."""

    kind: int = 0
    flags: int = 0
    edited_ms: int | None = None
    mention_ids: list[int] = field(default_factory=list)
    mention_role_ids: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[object] = field(default_factory=list)
    components: list[object] = field(default_factory=list)
    reference_id: int | None = None
    nonce: str | int | None = None
    pinned_ms: int | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict)
    origin: InteractionOrigin | None = None
    webhook_id: int | None = None


class Message:
    """One message: four words and its text, the rest only where there is any."""

    __slots__ = ("author", "content", "extra", "id")

    def __init__(
        self, id: int, author: User, content: str, extra: MessageExtra | None = None
    ) -> None:
        self.id = id
        self.author = author
        self.content = content
        self.extra = extra

    @property
    def details(self) -> MessageExtra:
        """The rarer parts, made on the first use; for changing them."""
        if self.extra is None:
            self.extra = MessageExtra()
        return self.extra


@dataclass(slots=True, eq=False)
class Channel:
    """A text channel, a category, a thread or a direct conversation with its messages.

    A thread's `parent_id` is the channel or forum it belongs to; `archived_ms` is
    when it was put away, None while it is active; `member_ids` says who has joined it when.
    """

    id: int
    name: str
    guild_id: int | None = None
    kind: int = 0
    topic: str | None = None
    position: int = 0
    parent_id: int | None = None
    nsfw: bool = False
    overwrites: list[Overwrite] = field(default_factory=list)
    recipient_ids: tuple[int, ...] = ()
    owner_id: int | None = None
    archived_ms: int | None = None
    member_ids: dict[int, int] = field(default_factory=dict)
    messages: MessageStore[Message] = field(default_factory=MessageStore)


@dataclass(slots=True, eq=False)
class Guild:
    """A server: its members, roles, channels and threads by id."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    threads: dict[int, Channel] = field(default_factory=dict)
    preferred_locale: str = "en-US"
