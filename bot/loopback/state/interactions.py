"""Interactions under way: who ran what, whether the bot has answered, and for how long it may."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from secrets import token_urlsafe

from bot.loopback.wire.api_errors import ApiError, not_found
from bot.loopback.world.model import Channel, InteractionOrigin, Message, User

EPHEMERAL = 1 << 6
LOADING = 1 << 7
EXPIRED_KEPT_S = 60.0  # so that a late follow-up learns that it is late


class InteractionKind(IntEnum):
    """What the person did."""

    PING = 1
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class ResponseKind(IntEnum):
    """How the bot answers."""

    PONG = 1
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE_MESSAGE = 7
    AUTOCOMPLETE = 8
    MODAL = 9


@dataclass(slots=True, eq=False)
class Interaction:
    """One use of a command, component or form.

    Attributes:
        source: the message whose component was used, or that a form came from.
        is_menu: the command stands in a menu.
        opener: the interaction that opened the form.
        original: what `@original` means, once the bot has answered with a message.
    """

    id: int
    kind: InteractionKind
    user: User
    channel: Channel
    nonce: str | int | None = None
    name: str = ""
    source: Message | None = None
    target_message_id: int | None = None
    is_menu: bool = False
    opener: "Interaction | None" = None
    token: str = field(default_factory=lambda: token_urlsafe(48))
    begun_s: float = field(default_factory=time.monotonic)
    answered: bool = False
    original: Message | None = None
    modal_custom_id: str | None = None
    deadline: asyncio.TimerHandle | None = None

    def origin(self) -> InteractionOrigin:
        """Return what its answers say about it."""
        target = self.source.id if self.source else self.target_message_id
        return InteractionOrigin(
            self.id,
            int(self.kind),
            self.user,
            self.name,
            target,
            self.channel.guild_id,
            self.is_menu,
            self.opener.origin() if self.opener else None,
        )


@dataclass(frozen=True, slots=True)
class HiddenMessage:
    """An ephemeral message: it is in no channel's history and has one reader."""

    message: Message
    channel: Channel
    reader: User


@dataclass(slots=True)
class InteractionDesk:
    """The interactions by token, and the ephemeral messages that answered some."""

    hidden: dict[int, HiddenMessage] = field(default_factory=dict)
    _by_token: dict[str, Interaction] = field(default_factory=dict)

    def open(self, interaction: Interaction, token_life_s: float) -> None:
        """Remember an interaction, and forget those whose tokens died long ago."""
        oldest_s = interaction.begun_s - token_life_s - EXPIRED_KEPT_S
        for token, old in list(self._by_token.items()):
            if old.begun_s >= oldest_s:
                break
            del self._by_token[token]
        self._by_token[interaction.token] = interaction

    def __iter__(self) -> Iterator[Interaction]:
        return iter(self._by_token.values())

    def to_answer(self, interaction_id: int, token: str) -> Interaction:
        """Return the interaction that a callback is for; a second answer is refused."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise not_found("interaction")
        if interaction.answered:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        return interaction

    def to_follow(self, token: str, token_life_s: float) -> Interaction:
        """Return the interaction that a follow-up is for, while its token lives."""
        interaction = self._by_token.get(token)
        if interaction is None or not interaction.answered:
            raise not_found("Webhook")
        if time.monotonic() - interaction.begun_s > token_life_s:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return interaction

    def by_id(self, interaction_id: int) -> Interaction | None:
        """Return an interaction whatever its state."""
        return next((i for i in self if i.id == interaction_id), None)

    def give_up(self, interaction: Interaction) -> None:
        """Accept no answer any more."""
        self._by_token.pop(interaction.token, None)

    def close(self) -> None:
        """Stop every clock that runs."""
        for interaction in self:
            if interaction.deadline:
                interaction.deadline.cancel()
