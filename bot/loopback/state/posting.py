"""Messages made, changed and taken away, with Discord's checks and events."""

import mimetypes
from collections.abc import Iterable

from bot.loopback.state.backend import Backend
from bot.loopback.wire.api_errors import ApiError, invalid_field, missing_permissions
from bot.loopback.wire.component_rules import accepted_components
from bot.loopback.wire.json_fields import Fields, Payload
from bot.loopback.wire.mentions import find_mentions
from bot.loopback.wire.message_rules import check_message
from bot.loopback.wire.messages import NOTHING_EXTRA, REPLY, attachment_payload
from bot.loopback.wire.uploads import Upload, image_size, safe_filename
from bot.loopback.world.model import Attachment, Channel, Message, MessageExtra, User
from bot.loopback.world.permissions import Permission
from bot.loopback.world.snowflake import now_ms

MAX_FILES = 10
PICTURE_KEYS = ("url", "proxy_url", "width", "height")
SUPPRESS_EMBEDS = 1 << 2
COMPONENTS_V2 = 1 << 15
SILENT = 1 << 12
SENDER_FLAGS = SUPPRESS_EMBEDS | SILENT | COMPONENTS_V2
EDITOR_FLAGS = SUPPRESS_EMBEDS | COMPONENTS_V2


def compose(
    backend: Backend,
    channel: Channel,
    author: User,
    fields: Fields,
    uploads: list[Upload],
    *,
    permissions: int,
) -> Message:
    """Return the message that a body asks for, checked but not sent yet.

    Args:
        permissions: what the author may do here; an interaction's answer has its own.
    """
    flags = (fields.integer("flags") or 0) & SENDER_FLAGS
    second_kind = bool(flags & COMPONENTS_V2)
    check_message(fields, second_kind=second_kind)
    content = _content(fields)
    extra = MessageExtra(flags=flags)
    nonce = fields.values.get("nonce")
    extra.nonce = nonce if isinstance(nonce, str | int) else None
    extra.attachments = _attachments(backend, fields, uploads)
    extra.embeds = _embeds(backend, channel, fields, extra.attachments)
    extra.components = _components(fields, extra, second_kind=second_kind)
    if not (content or extra.attachments or extra.embeds or extra.components):
        raise ApiError(400, 50006, "Cannot send an empty message")
    _check_parts(extra, permissions)
    replied_to = _reference(channel, fields, extra, permissions)
    _mention(backend, channel, content, fields, extra, permissions, replied_to)
    kept = extra if extra != NOTHING_EXTRA else None
    return Message(backend.world.snowflakes.make(), author, content, kept)


def send(backend: Backend, channel: Channel, message: Message) -> None:
    """Put a composed message into its channel and tell everybody."""
    channel.messages.append(message)
    backend.publish_message("MESSAGE_CREATE", channel, message)


def revise(
    backend: Backend,
    channel: Channel,
    message: Message,
    fields: Fields,
    uploads: list[Upload],
    *,
    permissions: int,
    ended_flags: int = 0,
) -> None:
    """Change those parts of a message that a body names, and tell its readers.

    Args:
        ended_flags: what the message is no longer, once it is changed.
    """
    extra = message.details
    flags = fields.integer("flags") or 0
    second_kind = bool((extra.flags | flags) & COMPONENTS_V2)
    check_message(fields, second_kind=second_kind)
    if "content" in fields:
        message.content = _content(fields)
        _mention(backend, channel, message.content, fields, extra, permissions, None)
    if "attachments" in fields or uploads:
        kept_ids = {item.integer("id") for item in fields.children("attachments")}
        kept = [old for old in extra.attachments if old.id in kept_ids]
        extra.attachments = kept + _attachments(backend, fields, uploads)
    if "embeds" in fields:
        extra.embeds = _embeds(backend, channel, fields, extra.attachments)
    if "components" in fields:
        extra.components = _components(fields, extra, second_kind=second_kind)
    if "flags" in fields:
        extra.flags = extra.flags & ~SUPPRESS_EMBEDS | flags & EDITOR_FLAGS
    if not (message.content or extra.attachments or extra.embeds or extra.components):
        raise ApiError(400, 50006, "Cannot send an empty message")
    if not extra.flags & ended_flags:  # an answer that comes at last is not an edit
        extra.edited_ms = now_ms()
    extra.flags &= ~ended_flags
    announce(backend, "MESSAGE_UPDATE", channel, message)


def announce(backend: Backend, event: str, channel: Channel, message: Message) -> None:
    """Tell a message's readers about it: a hidden one has a single reader."""
    hidden = backend.interactions.hidden.get(message.id)
    if hidden is None:
        backend.publish_message(event, channel, message)
        return
    backend.publish_to_user(
        hidden.reader, event, lambda session: backend.live_message(channel, message, session)
    )


def remove(backend: Backend, channel: Channel, message_ids: Iterable[int]) -> None:
    """Take messages away and tell everybody; hidden ones too."""
    gone: list[str] = []
    for message_id in message_ids:
        hidden = backend.interactions.hidden.pop(message_id, None)
        if hidden is not None:
            data: Payload = {"id": str(message_id), "channel_id": str(channel.id)}
            for session in backend.sessions_of(hidden.reader):
                session.dispatch("MESSAGE_DELETE", data)
        elif channel.messages.remove(message_id) is not None:
            gone.append(str(message_id))
    if len(gone) == 1:
        backend.publish("MESSAGE_DELETE", channel, {"id": gone[0], "channel_id": str(channel.id)})
    elif gone:
        data = {"ids": gone, "channel_id": str(channel.id)}
        backend.publish("MESSAGE_DELETE_BULK", channel, data)


def _content(fields: Fields) -> str:
    return (fields.text("content") or "").strip()


def _components(fields: Fields, extra: MessageExtra, *, second_kind: bool) -> list[object]:
    names = [file.filename for file in extra.attachments]
    return accepted_components(fields, second_kind=second_kind, filenames=names)


def _check_parts(extra: MessageExtra, permissions: int) -> None:
    if extra.attachments and not permissions & Permission.ATTACH_FILES:
        raise missing_permissions()
    if extra.embeds and not permissions & Permission.EMBED_LINKS:
        raise missing_permissions()


def _attachments(backend: Backend, fields: Fields, uploads: list[Upload]) -> list[Attachment]:
    if len(uploads) > MAX_FILES:
        raise invalid_field("files", "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_FILES} or fewer.")
    described = {item.integer("id"): item for item in fields.children("attachments")}
    return [
        attachment_of(backend, upload, described.get(upload.index, Fields({})))
        for upload in uploads
    ]


def attachment_of(backend: Backend, upload: Upload, described: Fields) -> Attachment:
    """Return an uploaded file as it is stored; the JSON part may rename and describe it."""
    name = safe_filename(described.text("filename") or upload.filename)
    guessed = mimetypes.guess_type(name)[0]
    width, height = image_size(upload.content) or (None, None)
    file = Attachment(
        backend.world.snowflakes.make(),
        name,
        guessed or upload.content_type,
        upload.content,
        described.text("description"),
        width,
        height,
    )
    backend.files[file.id] = file
    return file


def _embeds(
    backend: Backend, channel: Channel, fields: Fields, attachments: list[Attachment]
) -> list[object]:
    files = {
        f"attachment://{file.filename}": attachment_payload(channel.id, file, origin=backend.url)
        for file in attachments
    }
    return [_shown_embed(embed, files) for embed in fields.children("embeds")]


def _shown_embed(embed: Fields, files: dict[str, Payload]) -> Payload:
    shown: Payload = {"type": "rich", **embed.values}
    for name in ("image", "thumbnail"):
        picture = embed.child(name)
        file = files.get(picture.text("url") or "") if picture else None
        if file:
            shown[name] = {key: file[key] for key in PICTURE_KEYS if key in file}
    return shown


def _reference(
    channel: Channel, fields: Fields, extra: MessageExtra, permissions: int
) -> User | None:
    reference = fields.child("message_reference")
    if reference is None:
        return None
    if not permissions & Permission.READ_MESSAGE_HISTORY:
        rule = "Cannot reply without permission to read message history"
        raise ApiError(400, 160002, rule)
    message_id = reference.must("message_id", reference.integer("message_id"))
    original = channel.messages.get(message_id)
    if original is None:
        if reference.values.get("fail_if_not_exists", True):
            path = "message_reference"
            raise invalid_field(path, "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None
    extra.kind = REPLY
    extra.reference_id = message_id
    return original.author


def _mention(
    backend: Backend,
    channel: Channel,
    content: str,
    fields: Fields,
    extra: MessageExtra,
    permissions: int,
    replied_to: User | None,
) -> None:
    found = find_mentions(
        content,
        fields.child("allowed_mentions"),
        users=backend.world.users,
        guild=backend.world.guild_of(channel),
        permissions=permissions,
        replied_to=replied_to,
    )
    extra.mention_ids = found.user_ids
    extra.mention_role_ids = found.role_ids
    extra.mention_everyone = found.everyone
