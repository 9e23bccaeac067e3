"""The bot's answers to interactions: messages that everybody or one person sees."""

from bot.loopback.state.backend import Backend
from bot.loopback.state.interactions import EPHEMERAL, LOADING, HiddenMessage, Interaction
from bot.loopback.state.posting import announce, compose, revise
from bot.loopback.wire.json_fields import Fields
from bot.loopback.wire.uploads import Upload
from bot.loopback.world.model import Message, MessageExtra
from bot.loopback.world.permissions import ALL_PERMISSIONS, Permission

APPLICATION_COMMAND_MESSAGE = 20
MENU_COMMAND_MESSAGE = 23


def answer_permissions(backend: Backend, interaction: Interaction) -> int:
    """Return what an answer may hold: a channel's permissions do not hold it back.

    Only @everyone is pinged no further than the bot could in any message.
    """
    own = backend.world.permissions_in(interaction.channel, backend.world.bot)
    return ALL_PERMISSIONS & ~Permission.MENTION_EVERYONE | own & Permission.MENTION_EVERYONE


def post_answer(
    backend: Backend, interaction: Interaction, fields: Fields, uploads: list[Upload]
) -> Message:
    """Send a message that answers an interaction, and return it."""
    message = compose(
        backend,
        interaction.channel,
        backend.world.bot,
        fields,
        uploads,
        permissions=answer_permissions(backend, interaction),
    )
    message.details.flags |= (fields.integer("flags") or 0) & EPHEMERAL
    _publish(backend, interaction, message)
    return message


def post_thinking(backend: Backend, interaction: Interaction, fields: Fields) -> Message:
    """Show that an answer is being made, and return the message it will come in."""
    hidden = (fields.integer("flags") or 0) & EPHEMERAL
    extra = MessageExtra(flags=LOADING | hidden)
    message = Message(backend.world.snowflakes.make(), backend.world.bot, "", extra)
    _publish(backend, interaction, message)
    return message


def fill_answer(
    backend: Backend,
    interaction: Interaction,
    message: Message,
    fields: Fields,
    uploads: list[Upload],
) -> None:
    """Change an answer; one that was only announced becomes a message of its own."""
    revise(
        backend,
        interaction.channel,
        message,
        fields,
        uploads,
        permissions=answer_permissions(backend, interaction),
        ended_flags=LOADING,
    )


def _publish(backend: Backend, interaction: Interaction, message: Message) -> None:
    extra = message.details
    extra.origin = interaction.origin()
    extra.kind = MENU_COMMAND_MESSAGE if interaction.is_menu else APPLICATION_COMMAND_MESSAGE
    if extra.flags & EPHEMERAL:
        hidden = HiddenMessage(message, interaction.channel, interaction.user)
        backend.interactions.hidden[message.id] = hidden
    else:
        interaction.channel.messages.append(message)
    announce(backend, "MESSAGE_CREATE", interaction.channel, message)
