"""Components of messages: what Discord refuses beside its specification, and how it gives
back what it takes.

Sources: components/reference and resources/message of Discord's documentation.
"""

from collections.abc import Collection, Iterator
from enum import IntEnum

from bot.loopback.wire.json_fields import Fields, Payload

MAX_ROWS = 5
MAX_COMPONENTS = 40  # of a message of the second kind, nested ones included
MAX_SHOWN_CHARS = 4_000
LINK, PREMIUM = 5, 6


class Kind(IntEnum):
    """The types of components."""

    ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18


SELECTS = frozenset({3, 5, 6, 7, 8})
MEDIA_OF = {Kind.THUMBNAIL: "media", Kind.MEDIA_GALLERY: "media", Kind.FILE: "file"}
OF_SECOND_KIND = frozenset({9, 10, 12, 13, 14, 17})


def accepted_components(
    fields: Fields, *, second_kind: bool, filenames: Collection[str] = ()
) -> list[object]:
    """Return a message's components as they are stored and shown.

    Args:
        second_kind: the message has the flag IS_COMPONENTS_V2.
        filenames: of its attachments, which `attachment://` refers to.
    """
    check = _Check(filenames)
    items = fields.children("components")
    if not second_kind:
        _check_first_kind(fields, items)
    shown: list[object] = [check.component(item) for item in items]
    check.whole(fields)
    return shown


def _check_first_kind(fields: Fields, items: list[Fields]) -> None:
    if len(items) > MAX_ROWS:
        rule = f"Must be {MAX_ROWS} or fewer in length."
        raise fields.refusal("components", "BASE_TYPE_MAX_LENGTH", rule)
    for item in items:
        if item.integer("type") in OF_SECOND_KIND:
            rule = 'Value of field "type" must be one of (1).'
            raise item.refusal("type", "UNION_TYPE_CHOICES", rule)


class _Check:
    """Looks at the components of one message and numbers them."""

    def __init__(self, filenames: Collection[str]) -> None:
        self._filenames = filenames
        self._custom_ids: set[str] = set()
        self._ids: set[int] = set()
        self._chars = 0
        self._count = 0

    def component(self, item: Fields) -> Payload:
        """Return a component as it is shown."""
        kind = item.must("type", item.integer("type"))
        self._count += 1
        shown: Payload = {**_given(item), "type": kind, "id": self._number(item)}
        if kind == Kind.BUTTON:
            self._button(item)
        elif kind in SELECTS:
            shown = self._select(item, shown)
        elif kind in (Kind.ROW, Kind.CONTAINER, Kind.SECTION):
            shown |= self._nested(item, Kind(kind))
        elif kind in MEDIA_OF:
            for holder in [item, *item.children("items")]:
                self._media(holder, MEDIA_OF[Kind(kind)], attached=kind == Kind.FILE)
        elif kind == Kind.TEXT_DISPLAY:
            text = item.text("content") or ""
            self._chars += len(text)
        return shown

    def whole(self, fields: Fields) -> None:
        """Look at all of them together."""
        if self._count > MAX_COMPONENTS:
            rule = f"The total number of components cannot exceed {MAX_COMPONENTS}."
            raise fields.refusal("components", "COMPONENT_TOTAL_COUNT_EXCEEDED", rule)
        if self._chars > MAX_SHOWN_CHARS:
            rule = f"The total displayable text size cannot exceed {MAX_SHOWN_CHARS}."
            raise fields.refusal("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", rule)

    def _media(self, holder: Fields, name: str, *, attached: bool) -> None:
        media = holder.child(name)
        if media is None:
            return
        scheme, _, name = (media.text("url") or "").partition("://")
        if scheme not in (("attachment",) if attached else ("http", "https", "attachment")):
            rule = "Scheme must be one of ('http', 'https', 'attachment')."
            raise media.refusal("url", "URL_TYPE_INVALID_SCHEME", rule)
        if scheme == "attachment" and name not in self._filenames:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            raise media.refusal("url", code, f"Referenced attachment {name} was not found")

    def _number(self, item: Fields) -> int:
        given = item.integer("id")
        if given and given in self._ids:
            raise item.refusal("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
        number = given or next(n for n in range(1, len(self._ids) + 2) if n not in self._ids)
        self._ids.add(number)
        return number

    def _nested(self, item: Fields, kind: Kind) -> Payload:
        children = item.children("components")
        shown: Payload = {"components": [self.component(child) for child in children]}
        has_menu = any(child.integer("type") in SELECTS for child in children)
        if kind == Kind.ROW and has_menu and len(children) > 1:
            rule = "A select menu fills a row of its own."
            raise item.refusal("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", rule)
        if kind == Kind.SECTION:
            shown["accessory"] = self.component(item.must("accessory", item.child("accessory")))
        return shown

    def _custom_id(self, item: Fields) -> None:
        custom_id = item.must("custom_id", item.text("custom_id"))
        if custom_id in self._custom_ids:
            rule = "Component custom id cannot be duplicated"
            raise item.refusal("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", rule)
        self._custom_ids.add(custom_id)

    def _button(self, item: Fields) -> None:
        style = item.integer("style")
        if style == LINK:
            url = item.must("url", item.text("url") or None)
            if not url.startswith(("http://", "https://", "discord://")):
                rule = "Scheme must be one of ('http', 'https', 'discord')."
                raise item.refusal("url", "URL_TYPE_INVALID_SCHEME", rule)
        if style == PREMIUM:
            item.must("sku_id", item.integer("sku_id"))
        other = "custom_id" if style in (LINK, PREMIUM) else "url"
        if item.values.get(other) is not None:
            rule = "A custom id and url cannot both be specified"
            raise item.refusal(other, "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", rule)
        if style not in (LINK, PREMIUM):
            self._custom_id(item)
        has_face = item.text("label") or item.child("emoji") is not None
        if style != PREMIUM and not has_face:
            raise item.refusal("label", "BASE_TYPE_REQUIRED", "A label or an emoji is required")
        if style == PREMIUM and has_face:
            rule = "A premium button has neither label nor emoji"
            raise item.refusal("label", "BUTTON_COMPONENT_INVALID_PREMIUM", rule)

    def _select(self, item: Fields, shown: Payload) -> Payload:
        self._custom_id(item)
        least, most = value_bounds(item)
        if shown["type"] == Kind.STRING_SELECT:
            chosen = options_chosen(item)
            shown["options"] = [_given(option) for option in item.children("options")]
        else:
            chosen = _defaults(item, shown)
        if chosen > most:
            rule = f"No more than {most} values can be chosen beforehand."
            name = "options" if "options" in item else "default_values"
            raise item.refusal(name, "SELECT_COMPONENT_MAX_DEFAULT_VALUES", rule)
        shown.pop("required", None)  # of forms alone
        return {**shown, "min_values": least, "max_values": most}


def value_bounds(menu: Fields) -> tuple[int, int]:
    """Return how many values of a menu must be chosen, and may be."""
    least, most = menu.integer("min_values"), menu.integer("max_values")
    least, most = 1 if least is None else least, 1 if most is None else most
    if least > most:
        rule = "min_values must be less than or equal to max_values."
        raise menu.refusal("min_values", "SELECT_COMPONENT_INVALID_MIN_VALUES", rule)
    return least, most


def _given(item: Fields) -> Payload:
    """Return what is not null: Discord leaves the rest out, of emojis too."""
    shown: Payload = {key: value for key, value in item.values.items() if value is not None}
    emoji = item.child("emoji")
    if emoji is not None:
        shown["emoji"] = {key: value for key, value in emoji.values.items() if value is not None}
    return shown


def options_chosen(item: Fields) -> int:
    """Look at a menu's options and return how many are chosen beforehand."""
    options = item.children("options")
    values: set[str] = set()
    for option in options:
        value = option.text("value") or ""
        if value in values:
            rule = "The specified option value is already used"
            raise option.refusal("value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", rule)
        values.add(value)
    return sum(option.truth("default") for option in options)


def _defaults(item: Fields, shown: Payload) -> int:
    """Have ids of default values be text, as Discord gives them; return how many there are."""
    defaults = item.children("default_values")
    if defaults:
        shown["default_values"] = [
            {**one.values, "id": str(one.must("id", one.integer("id")))} for one in defaults
        ]
    return len(defaults)


def numbered(items: list[object]) -> list[object]:
    """Return what was filled into a form with the ids that its components have."""
    numbers = iter(range(1, 1 + sum(1 for _ in _all(items))))

    def number(item: object) -> object:
        if not isinstance(item, dict):
            return item
        shown = {**item, "id": item.get("id") or next(numbers)}
        for name in ("components", "component"):
            if isinstance(item.get(name), list):
                shown[name] = [number(child) for child in item[name]]
            elif name in item:
                shown[name] = number(item[name])
        return shown

    return [number(item) for item in items]


def _all(items: list[object]) -> Iterator[object]:
    for item in items:
        yield item
        if isinstance(item, dict):
            yield from _all([*item.get("components", []), *filter(None, [item.get("component")])])
