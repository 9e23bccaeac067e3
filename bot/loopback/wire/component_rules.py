"""Components of messages: what Discord refuses, and how it gives back what it takes.

Sources: components/reference and resources/message of Discord's documentation.
"""

from collections.abc import Iterator
from enum import IntEnum

from bot.loopback.wire.json_fields import Fields, Payload

MAX_ROWS = 5
MAX_IN_ROW = 5
MAX_COMPONENTS = 40  # of a message of the second kind, nested ones included
MAX_SHOWN_CHARS = 4_000
BUTTON_STYLES = range(1, 7)
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
IN_ROW = SELECTS | {Kind.BUTTON}
IN_CONTAINER = frozenset({1, 9, 10, 12, 13, 14})
ON_TOP = {False: frozenset({Kind.ROW}), True: IN_CONTAINER | {Kind.CONTAINER}}


def accepted_components(fields: Fields, *, second_kind: bool) -> list[object]:
    """Return a message's components as they are stored and shown.

    Args:
        second_kind: the message has the flag IS_COMPONENTS_V2.
    """
    check = _Check()
    most = MAX_COMPONENTS if second_kind else MAX_ROWS
    items = fields.bounded_children("components", 0, most)
    shown: list[object] = [check.component(item, ON_TOP[second_kind]) for item in items]
    check.whole(fields)
    return shown


class _Check:
    """Looks at the components of one message and numbers them."""

    def __init__(self) -> None:
        self._custom_ids: set[str] = set()
        self._ids: set[int] = set()
        self._chars = 0
        self._count = 0

    def component(self, item: Fields, allowed: frozenset[int]) -> Payload:
        """Return a component as it is shown."""
        kind = item.integer("type")
        if kind not in allowed:
            listed = ", ".join(str(int(one)) for one in sorted(allowed))
            rule = f'Value of field "type" must be one of ({listed}).'
            raise item.refusal("type", "UNION_TYPE_CHOICES", rule)
        self._count += 1
        shown: Payload = {**_given(item), "type": kind, "id": self._number(item)}
        if kind == Kind.BUTTON:
            self._button(item)
        elif kind in SELECTS:
            shown = self._select(item, shown)
        elif kind in (Kind.ROW, Kind.CONTAINER, Kind.SECTION):
            shown |= self._nested(item, Kind(kind))
        elif kind == Kind.TEXT_DISPLAY:
            text = item.must("content", item.bounded_text("content", 1, MAX_SHOWN_CHARS))
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

    def _number(self, item: Fields) -> int:
        given = item.bounded_integer("id", 0, 2**31 - 1)
        if given and given in self._ids:
            raise item.refusal("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
        number = given or next(n for n in range(1, len(self._ids) + 2) if n not in self._ids)
        self._ids.add(number)
        return number

    def _nested(self, item: Fields, kind: Kind) -> Payload:
        allowed, most = {
            Kind.ROW: (IN_ROW, MAX_IN_ROW),
            Kind.CONTAINER: (IN_CONTAINER, MAX_COMPONENTS),
            Kind.SECTION: (frozenset({Kind.TEXT_DISPLAY}), 3),
        }[kind]
        children = item.bounded_children("components", 1, most)
        shown: Payload = {"components": [self.component(child, allowed) for child in children]}
        has_menu = any(child.integer("type") in SELECTS for child in children)
        if kind == Kind.ROW and has_menu and len(children) > 1:
            rule = "A select menu fills a row of its own."
            raise item.refusal("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", rule)
        if kind == Kind.SECTION:
            accessory = item.must("accessory", item.child("accessory"))
            beside = frozenset({Kind.BUTTON, Kind.THUMBNAIL})
            shown["accessory"] = self.component(accessory, beside)
        return shown

    def _custom_id(self, item: Fields) -> None:
        custom_id = item.must("custom_id", item.bounded_text("custom_id", 1, 100))
        if custom_id in self._custom_ids:
            rule = "Component custom id cannot be duplicated"
            raise item.refusal("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", rule)
        self._custom_ids.add(custom_id)

    def _button(self, item: Fields) -> None:
        style = item.choice("style", BUTTON_STYLES)
        label = item.bounded_text("label", 0, 80)
        if style == LINK:
            url = item.must("url", item.bounded_text("url", 1, 512))
            if not url.startswith(("http://", "https://", "discord://")):
                rule = "Scheme must be one of ('http', 'https', 'discord')."
                raise item.refusal("url", "URL_TYPE_INVALID_SCHEME", rule)
        if style in (LINK, PREMIUM):
            if item.text("custom_id") is not None:
                rule = "A custom id and url cannot both be specified"
                raise item.refusal("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", rule)
            return
        if item.text("url") is not None:
            rule = "A custom id and url cannot both be specified"
            raise item.refusal("url", "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", rule)
        self._custom_id(item)
        if not label and item.child("emoji") is None:
            raise item.refusal("label", "BASE_TYPE_REQUIRED", "A label or an emoji is required")

    def _select(self, item: Fields, shown: Payload) -> Payload:
        self._custom_id(item)
        item.bounded_text("placeholder", 0, 150)
        least = item.bounded_integer("min_values", 0, 25)
        most = item.bounded_integer("max_values", 1, 25)
        least, most = 1 if least is None else least, 1 if most is None else most
        if least > most:
            rule = "min_values must be less than or equal to max_values."
            raise item.refusal("min_values", "SELECT_COMPONENT_INVALID_MIN_VALUES", rule)
        count = _options if shown["type"] == Kind.STRING_SELECT else _defaults
        chosen = count(item, shown)
        if chosen > most:
            rule = f"No more than {most} values can be chosen beforehand."
            name = "options" if "options" in item else "default_values"
            raise item.refusal(name, "SELECT_COMPONENT_MAX_DEFAULT_VALUES", rule)
        shown.pop("required", None)  # of forms alone
        return {**shown, "min_values": least, "max_values": most}


def _given(item: Fields) -> Payload:
    """Return what is not null: Discord leaves the rest out, of emojis too."""
    shown: Payload = {key: value for key, value in item.values.items() if value is not None}
    emoji = item.child("emoji")
    if emoji is not None:
        shown["emoji"] = {key: value for key, value in emoji.values.items() if value is not None}
    return shown


def _options(item: Fields, shown: Payload) -> int:
    """Look at a menu's options and return how many are chosen beforehand."""
    options = item.bounded_children("options", 1, 25)
    values: set[str] = set()
    for option in options:
        option.must("label", option.bounded_text("label", 1, 100))
        option.bounded_text("description", 0, 100)
        value = option.must("value", option.bounded_text("value", 1, 100))
        if value in values:
            rule = "The specified option value is already used"
            raise option.refusal("value", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", rule)
        values.add(value)
    shown["options"] = [_given(option) for option in options]
    return sum(option.truth("default") for option in options)


def _defaults(item: Fields, shown: Payload) -> int:
    """Have ids of default values be text, as Discord gives them; return how many there are."""
    defaults = item.bounded_children("default_values", 0, 25)
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
