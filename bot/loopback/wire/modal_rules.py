"""Forms, as a bot answers an interaction with them: what Discord refuses beside its
specification.

Source: components/reference of Discord's documentation.
"""

from bot.loopback.wire.component_rules import SELECTS, Kind, options_chosen, value_bounds
from bot.loopback.wire.json_fields import Fields

MAX_ITEMS = 5


def check_modal(data: Fields) -> None:
    """Refuse a form that Discord would not open."""
    rows = data.children("components")
    if len(rows) > MAX_ITEMS:
        rule = f"Must be between 1 and {MAX_ITEMS} in length."
        raise data.refusal("components", "BASE_TYPE_BAD_LENGTH", rule)
    seen: set[str] = set()
    for row in rows:
        kind = row.integer("type")
        if kind == Kind.ROW:
            _check_row(row, seen)
        elif kind == Kind.LABEL:
            _check_field(row.must("component", row.child("component")), seen)


def _check_row(row: Fields, seen: set[str]) -> None:
    inputs = row.children("components")
    if len(inputs) > 1:
        rule = "A text input fills a row of its own."
        raise row.refusal("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", rule)
    for item in inputs:
        item.must("label", item.text("label"))
        _check_field(item, seen)


def _check_field(field: Fields, seen: set[str]) -> None:
    custom_id = field.must("custom_id", field.text("custom_id"))
    if custom_id in seen:
        rule = "Component custom id cannot be duplicated"
        raise field.refusal("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", rule)
    seen.add(custom_id)
    kind = field.integer("type")
    if kind == Kind.TEXT_INPUT:
        _check_lengths(field)
    elif kind in SELECTS:
        _check_menu(field)


def _check_lengths(field: Fields) -> None:
    least, most = field.integer("min_length") or 0, field.integer("max_length")
    if most is not None and least > most:
        rule = "min_length must be less than or equal to max_length."
        raise field.refusal("min_length", "TEXT_INPUT_COMPONENT_INVALID_LENGTH", rule)


def _check_menu(menu: Fields) -> None:
    _, most = value_bounds(menu)
    is_text = menu.integer("type") == Kind.STRING_SELECT
    chosen = options_chosen(menu) if is_text else len(menu.children("default_values"))
    if chosen > most:
        rule = f"No more than {most} values can be chosen beforehand."
        name = "options" if is_text else "default_values"
        raise menu.refusal(name, "SELECT_COMPONENT_MAX_DEFAULT_VALUES", rule)
