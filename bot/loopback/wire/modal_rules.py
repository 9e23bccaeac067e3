"""Forms and completions, as a bot answers an interaction with them: what Discord refuses."""

from bot.loopback.wire.component_rules import Kind
from bot.loopback.wire.json_fields import Fields

MAX_CHOICES = 25


def check_modal(data: Fields) -> None:
    """Refuse a form that Discord would not open."""
    data.must("custom_id", data.bounded_text("custom_id", 1, 100))
    data.must("title", data.bounded_text("title", 1, 45))
    seen: set[str] = set()
    for row in data.bounded_children("components", 1, 5):
        kind = row.choice("type", {Kind.ROW, Kind.TEXT_DISPLAY, Kind.LABEL})
        if kind == Kind.ROW:
            for field in row.bounded_children("components", 1, 1):
                field.must("label", field.bounded_text("label", 1, 45))
                _text_input(field, seen)
        elif kind == Kind.LABEL:
            row.must("label", row.bounded_text("label", 1, 45))
            row.bounded_text("description", 0, 100)
            inside = row.must("component", row.child("component"))
            if inside.integer("type") == Kind.TEXT_INPUT:
                _text_input(inside, seen)


def _text_input(field: Fields, seen: set[str]) -> None:
    field.choice("type", {Kind.TEXT_INPUT})
    custom_id = field.must("custom_id", field.bounded_text("custom_id", 1, 100))
    if custom_id in seen:
        rule = "Component custom id cannot be duplicated"
        raise field.refusal("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", rule)
    seen.add(custom_id)
    field.choice("style", {1, 2})
    least = field.bounded_integer("min_length", 0, 4000) or 0
    most = field.bounded_integer("max_length", 1, 4000)
    if most is not None and least > most:
        rule = "min_length must be less than or equal to max_length."
        raise field.refusal("min_length", "TEXT_INPUT_COMPONENT_INVALID_LENGTH", rule)
    field.bounded_text("value", 0, 4000)
    field.bounded_text("placeholder", 0, 100)


def check_choices(data: Fields) -> None:
    """Refuse completions of an option that Discord would not show."""
    for choice in data.bounded_children("choices", 0, MAX_CHOICES):
        choice.must("name", choice.bounded_text("name", 1, 100))
        value = choice.must("value", choice.values.get("value"))
        if isinstance(value, str):
            choice.bounded_text("value", 1, 100)
