"""Messages: what Discord refuses of their text, embeds, mentions and nonces.

Sources: resources/message of Discord's documentation, and its OpenAPI specification.
"""

from collections.abc import Sequence

from bot.loopback.wire.json_fields import Fields

MAX_CONTENT_CHARS = 2_000
MAX_EMBEDS = 10
MAX_EMBED_CHARS = 6_000
MAX_STICKERS = 3
MAX_ALLOWED = 100
MENTION_KINDS = ("everyone", "roles", "users")
OF_FIRST_KIND = ("content", "embeds", "sticker_ids", "poll")
SCHEMES = ("http://", "https://", "attachment://")


def check_message(fields: Fields, *, second_kind: bool) -> None:
    """Refuse a message, or a change to one, that breaks a rule.

    Args:
        second_kind: it has the flag IS_COMPONENTS_V2, and so neither text nor embeds.
    """
    for name in OF_FIRST_KIND if second_kind else ():
        if fields.values.get(name):
            rule = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            raise fields.refusal(name, code, rule)
    content = (fields.text("content") or "").strip()
    if len(content) > MAX_CONTENT_CHARS:
        rule = f"Must be {MAX_CONTENT_CHARS} or fewer in length."
        raise fields.refusal("content", "BASE_TYPE_MAX_LENGTH", rule)
    _check_nonce(fields)
    _check_embeds(fields)
    allowed = fields.child("allowed_mentions")
    if allowed is not None:
        _check_allowed_mentions(allowed)
    _at_most(fields, "sticker_ids", MAX_STICKERS)
    for described in fields.bounded_children("attachments", 0, 10):
        described.bounded_text("description", 0, 1024)


def _check_nonce(fields: Fields) -> None:
    if isinstance(fields.values.get("nonce"), str):
        fields.bounded_text("nonce", 0, 25)


def _check_allowed_mentions(allowed: Fields) -> None:
    parse = allowed.items("parse") or []
    for index, kind in enumerate(parse):
        if kind not in MENTION_KINDS:
            rule = f"Value must be one of {MENTION_KINDS}."
            raise allowed.refusal(f"parse.{index}", "BASE_TYPE_CHOICES", rule)
    if len(set(map(str, parse))) < len(parse):
        rule = "The set already contains this value"
        raise allowed.refusal("parse", "SET_TYPE_ALREADY_CONTAINS_VALUE", rule)
    for name in ("users", "roles"):
        ids = _at_most(allowed, name, MAX_ALLOWED)
        allowed.snowflakes(name)
        if ids and name in parse:
            rule = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            raise allowed.refusal("parse", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", rule)
        if len(set(map(str, ids))) < len(ids):
            rule = "The set already contains this value"
            raise allowed.refusal(name, "SET_TYPE_ALREADY_CONTAINS_VALUE", rule)


def _at_most(fields: Fields, name: str, most: int) -> Sequence[object]:
    items = fields.items(name) or []
    if len(items) > most:
        rule = f"Must be {most} or fewer in length."
        raise fields.refusal(name, "BASE_TYPE_MAX_LENGTH", rule)
    return items


def _check_embeds(fields: Fields) -> None:
    _at_most(fields, "embeds", MAX_EMBEDS)
    embeds = fields.children("embeds")
    if sum(map(_checked_chars, embeds)) > MAX_EMBED_CHARS:
        rule = f"Embed size exceeds maximum size of {MAX_EMBED_CHARS}"
        raise fields.refusal("embeds", "MAX_EMBED_SIZE_EXCEEDED", rule)


def _checked_chars(embed: Fields) -> int:
    """Refuse an embed that breaks a rule; return how many characters count."""
    if not any(value for name, value in embed.values.items() if name not in ("type", "color")):
        raise embed.refusal("description", "BASE_TYPE_REQUIRED", "This field is required")
    texts = [embed.bounded_text("title", 0, 256), embed.bounded_text("description", 0, 4096)]
    embed.bounded_integer("color", 0, 0xFFFFFF)
    _check_url(embed, "url")
    for name, key, most in (("footer", "text", 2048), ("author", "name", 256)):
        part = embed.child(name)
        texts.append(part.bounded_text(key, 1, most) if part else None)
    for name in ("image", "thumbnail"):
        picture = embed.child(name)
        if picture:
            _check_url(picture, "url")
    for item in embed.bounded_children("fields", 0, 25):
        texts.append(item.must("name", item.bounded_text("name", 1, 256)))
        texts.append(item.must("value", item.bounded_text("value", 1, 1024)))
    return sum(len(text) for text in texts if text)


def _check_url(part: Fields, name: str) -> None:
    url = part.bounded_text(name, 0, 2048)
    if url and not url.startswith(SCHEMES):
        rule = "Scheme must be one of ('http', 'https')."
        raise part.refusal(name, "URL_TYPE_INVALID_SCHEME", rule)
