"""REST: the bot's first answer to an interaction, and its follow-ups."""

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.http.interaction_replies import fill_answer, post_answer, post_thinking
from bot.loopback.state.backend import Backend
from bot.loopback.state.interactions import (
    EPHEMERAL,
    LOADING,
    Interaction,
    InteractionKind,
    ResponseKind,
)
from bot.loopback.state.posting import remove
from bot.loopback.wire.api_errors import ApiError, invalid_field, not_found
from bot.loopback.wire.command_rules import check_choice_value
from bot.loopback.wire.json_fields import Fields, Payload
from bot.loopback.wire.messages import Viewer, message_payload
from bot.loopback.wire.modal_rules import check_modal
from bot.loopback.wire.uploads import Upload
from bot.loopback.world.model import Message

_WITH_MESSAGES = {
    ResponseKind.MESSAGE,
    ResponseKind.DEFERRED_MESSAGE,
    ResponseKind.DEFERRED_UPDATE,
    ResponseKind.UPDATE_MESSAGE,
}
# interactions/receiving-and-responding, interaction callback types
ANSWERS_TO = {
    InteractionKind.PING: {ResponseKind.PONG},
    InteractionKind.COMMAND: {*_WITH_MESSAGES, ResponseKind.MODAL},
    InteractionKind.COMPONENT: {*_WITH_MESSAGES, ResponseKind.MODAL},
    InteractionKind.AUTOCOMPLETE: {ResponseKind.AUTOCOMPLETE},
    InteractionKind.MODAL_SUBMIT: _WITH_MESSAGES,
}


async def answer(call: Call) -> Answer:
    """Give an interaction its first answer."""
    desk = call.backend.interactions
    token = call.request.match_info["token"]
    interaction = desk.to_answer(call.id("interaction_id"), token)
    fields, uploads = await call.body()
    kind = _response_kind(fields, interaction.kind)
    data = fields.child("data") or Fields({})
    message = _respond(call.backend, interaction, kind, data, uploads)
    interaction.answered = True
    if interaction.deadline:
        interaction.deadline.cancel()
    if kind not in (ResponseKind.AUTOCOMPLETE, ResponseKind.MODAL):
        told = _told(interaction)
        call.backend.publish_to_user(interaction.user, "INTERACTION_SUCCESS", lambda _: told)
    if call.request.query.get("with_response") not in ("1", "true"):
        return None
    return _callback(call.backend, interaction, kind, message)


def _response_kind(fields: Fields, kind: InteractionKind) -> ResponseKind:
    number = fields.must("type", fields.integer("type"))
    if number not in {kind.value for kind in ResponseKind}:
        raise invalid_field("type", "BASE_TYPE_CHOICES", "Unknown response type.")
    response = ResponseKind(number)
    if response not in ANSWERS_TO[kind]:
        rule = f"An interaction of type {kind:d} is not answered so."
        raise invalid_field("type", "INTERACTION_TYPE_INVALID", rule)
    return response


def _respond(
    backend: Backend,
    interaction: Interaction,
    kind: ResponseKind,
    data: Fields,
    uploads: list[Upload],
) -> Message | None:
    if kind == ResponseKind.MESSAGE:
        interaction.original = post_answer(backend, interaction, data, uploads)
    elif kind == ResponseKind.DEFERRED_MESSAGE:
        interaction.original = post_thinking(backend, interaction, data)
    elif kind in (ResponseKind.UPDATE_MESSAGE, ResponseKind.DEFERRED_UPDATE):
        if interaction.source is None:
            rule = "Only an interaction with a message can update it."
            raise invalid_field("type", "INTERACTION_TYPE_INVALID", rule)
        interaction.original = interaction.source
        if kind == ResponseKind.UPDATE_MESSAGE:
            fill_answer(backend, interaction, interaction.source, data, uploads)
    elif kind == ResponseKind.AUTOCOMPLETE:
        _suggest(backend, interaction, data)
    elif kind == ResponseKind.MODAL:
        _open_modal(backend, interaction, data)
    return interaction.original


def _suggest(backend: Backend, interaction: Interaction, data: Fields) -> None:
    for choice in data.children("choices"):
        check_choice_value(choice)
    choices = data.items("choices") or []
    event = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
    payload: Payload = {"nonce": interaction.nonce, "choices": choices}
    backend.publish_to_user(interaction.user, event, lambda _: payload)


def _open_modal(backend: Backend, interaction: Interaction, data: Fields) -> None:
    check_modal(data)
    interaction.modal_custom_id = data.must("custom_id", data.text("custom_id"))
    payload: Payload = {
        **_told(interaction),
        "channel_id": str(interaction.channel.id),
        "custom_id": interaction.modal_custom_id,
        "title": data.must("title", data.text("title")),
        "components": data.items("components") or [],
        "application": {"id": str(backend.world.bot.id), "name": backend.world.bot.name},
    }
    backend.publish_to_user(interaction.user, "INTERACTION_MODAL_CREATE", lambda _: payload)


def _told(interaction: Interaction) -> Payload:
    return {"id": str(interaction.id), "nonce": interaction.nonce}


def _callback(
    backend: Backend, interaction: Interaction, kind: ResponseKind, message: Message | None
) -> Payload:
    about: Payload = {"id": str(interaction.id), "type": int(interaction.kind)}
    answer: Payload = {"interaction": about}
    if message is not None:
        flags = message.details.flags
        about |= {
            "response_message_id": str(message.id),
            "response_message_loading": bool(flags & LOADING),
            "response_message_ephemeral": bool(flags & EPHEMERAL),
        }
        if kind in (ResponseKind.MESSAGE, ResponseKind.UPDATE_MESSAGE):
            shown = _shown(backend, interaction, message)
            answer["resource"] = {"type": int(kind), "message": shown}
    return answer


async def follow_up(call: Call) -> Answer:
    """Send another answer; the first one after a deferral fills in what was announced."""
    interaction = _followed(call)
    fields, uploads = await call.body()
    original = interaction.original
    if original is not None and original.details.flags & LOADING:
        fill_answer(call.backend, interaction, original, fields, uploads)
        return _shown(call.backend, interaction, original)
    message = post_answer(call.backend, interaction, fields, uploads)
    return _shown(call.backend, interaction, message)


async def get_answer(call: Call) -> Answer:
    """Return one of an interaction's answers."""
    interaction = _followed(call)
    return _shown(call.backend, interaction, _message(call, interaction))


async def edit_answer(call: Call) -> Answer:
    """Change one of an interaction's answers."""
    interaction = _followed(call)
    message = _message(call, interaction)
    fields, uploads = await call.body()
    fill_answer(call.backend, interaction, message, fields, uploads)
    return _shown(call.backend, interaction, message)


async def delete_answer(call: Call) -> Answer:
    """Take one of an interaction's answers away."""
    interaction = _followed(call)
    remove(call.backend, interaction.channel, [_message(call, interaction).id])
    return None


def _followed(call: Call) -> Interaction:
    if call.id("application_id") != call.backend.world.bot.id:
        raise not_found("Webhook")
    token = call.request.match_info["token"]
    life_s = call.backend.options.interaction_token_s
    return call.backend.interactions.to_follow(token, life_s)


def _message(call: Call, interaction: Interaction) -> Message:
    """Return the answer that the path names; each must be the bot's own."""
    if call.request.match_info["message_id"] != "@original":
        message_id = call.id("message_id")
    elif interaction.original is not None:
        message_id = interaction.original.id
    else:
        raise not_found("Message")
    hidden = call.backend.interactions.hidden.get(message_id)
    message = hidden.message if hidden else interaction.channel.messages.get(message_id)
    if message is None or message.author is not call.backend.world.bot:
        raise ApiError(404, 10008, "Unknown Message")
    return message


def _shown(backend: Backend, interaction: Interaction, message: Message) -> Payload:
    viewer = Viewer(backend.world.bot.id)
    channel = interaction.channel
    return message_payload(backend.world, channel, message, viewer, origin=backend.url)


CALLBACK = "/interactions/{interaction_id}/{token}/callback"
TOKEN = "/webhooks/{application_id}/{token}"
ANSWER = TOKEN + "/messages/{message_id}"

WEBHOOK_ROUTES = (
    Route("POST", CALLBACK, answer, "webhook", "token", True),
    Route("POST", TOKEN, follow_up, "webhook", "token", True),
    Route("GET", ANSWER, get_answer, "webhook", "token", True),
    Route("PATCH", ANSWER, edit_answer, "webhook", "token", True),
    Route("DELETE", ANSWER, delete_answer, "webhook", "token", True),
)
