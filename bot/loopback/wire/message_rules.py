"""Messages: what Discord refuses of their text, embeds and mentions beside its specification.

Source: resources/message of Discord's documentation.
"""

from bot.loopback.wire.json_fields import Fields

MAX_CONTENT_CHARS = 2_000
MAX_EMBED_CHARS = 6_000
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
    _check_embeds(fields)
    allowed = fields.child("allowed_mentions")
    if allowed is not None:
        _check_allowed_mentions(allowed)


def _check_allowed_mentions(allowed: Fields) -> None:
    for name in ("users", "roles"):
        ids = allowed.snowflakes(name)
        if ids and name in (allowed.items("parse") or ()):
            rule = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            raise allowed.refusal("parse", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", rule)
        if len(set(ids)) < len(ids):
            rule = "The set already contains this value"
            raise allowed.refusal(name, "SET_TYPE_ALREADY_CONTAINS_VALUE", rule)


def _check_embeds(fields: Fields) -> None:
    if sum(map(_checked_chars, fields.children("embeds"))) > MAX_EMBED_CHARS:
        rule = f"Embed size exceeds maximum size of {MAX_EMBED_CHARS}"
        raise fields.refusal("embeds", "MAX_EMBED_SIZE_EXCEEDED", rule)


def _checked_chars(embed: Fields) -> int:
    """Refuse an embed that breaks a rule; return how many characters count."""
    if not any(value for name, value in embed.values.items() if name not in ("type", "color")):
        raise embed.refusal("description", "BASE_TYPE_REQUIRED", "This field is required")
    _check_url(embed, "url")
    texts = [embed.text("title"), embed.text("description")]
    for name, key in (("footer", "text"), ("author", "name")):
        part = embed.child(name)
        if part:
            texts.append(_filled(part, key))
            _check_url(part, "icon_url")
            _check_url(part, "url")
    for name in ("image", "thumbnail"):
        picture = embed.child(name)
        if picture:
            _check_url(picture, "url")
    for item in embed.children("fields"):
        texts += [_filled(item, "name"), _filled(item, "value")]
    return sum(len(text) for text in texts if text)


def _filled(part: Fields, name: str) -> str:
    text = (part.must(name, part.text(name))).strip()
    return part.must(name, text or None)


def _check_url(part: Fields, name: str) -> None:
    url = part.text(name)
    if url and not url.startswith(SCHEMES):
        rule = "Scheme must be one of ('http', 'https')."
        raise part.refusal(name, "URL_TYPE_INVALID_SCHEME", rule)
