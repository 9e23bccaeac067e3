"""Commands of an application: what Discord refuses.

Sources: interactions/application-commands of Discord's documentation.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from bot.loopback.wire.api_errors import ApiError
from bot.loopback.wire.command_options import OptionKind
from bot.loopback.wire.json_fields import Fields

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
MAX_OPTIONS = 25
MAX_CHARS = 8_000
MAX_VALUE_CHARS = 6_000
NESTS = (OptionKind.SUBCOMMAND, OptionKind.GROUP)
WITH_CHOICES = (OptionKind.STRING, OptionKind.INTEGER, OptionKind.NUMBER)


def check_command(command: Fields) -> None:
    """Refuse a command that breaks a rule."""
    kind = CHAT_INPUT if command.values.get("type") is None else command.choice("type", MOST)
    name = command.must("name", command.bounded_text("name", 1, 32))
    if kind == CHAT_INPUT:
        if not _is_name(name):
            raise command.refusal(
                "name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"
            )
        command.must("description", command.bounded_text("description", 1, 100))
        _check_options(command, depth=0)
    else:
        _check_menu(command)
    for field, most in (("contexts", 2), ("integration_types", 1)):
        _check_places(command, field, most)
    if _chars(command) > MAX_CHARS:
        rule = f"Command exceeds maximum size ({MAX_CHARS})"
        raise command.refusal("", "APPLICATION_COMMAND_TOO_LARGE", rule)


def check_all(commands: list[Fields]) -> None:
    """Refuse commands that cannot be a scope's only ones."""
    for command in commands:
        check_command(command)
    named = [(command.integer("type") or CHAT_INPUT, command.text("name")) for command in commands]
    for index, command in enumerate(commands):
        if named[index] in named[:index]:
            rule = "Application command names must be unique"
            raise command.refusal("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", rule)
    check_count(kind for kind, _ in named)


def check_count(kinds: Iterable[int]) -> None:
    """Refuse more commands of a kind than a scope may have."""
    for kind, count in Counter(kinds).items():
        if count > MOST[kind]:
            rule = f"Maximum number of application commands reached ({MOST[kind]})."
            raise ApiError(400, 30032, rule)


def _is_name(text: str) -> bool:
    """Tell whether a text is a name: letters, digits, - and _, none of them a capital."""
    fits = all(
        char in "-_'ʼ" or char.isalnum() or unicodedata.category(char)[0] == "M" for char in text
    )
    return fits and text == text.lower()


def _check_menu(command: Fields) -> None:
    if command.text("description"):
        code = "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_BE_SET"
        rule = "Context menu commands cannot have description"
        raise command.refusal("description", code, rule)
    if command.items("options"):
        code = "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_CANNOT_BE_SET"
        rule = "Context menu commands cannot have options"
        raise command.refusal("options", code, rule)


def _check_places(command: Fields, name: str, most: int) -> None:
    places = command.items(name)
    if places is None:
        return
    if not places:
        rule = f"Must be between 1 and {most + 1} in length."
        raise command.refusal(name, "BASE_TYPE_BAD_LENGTH", rule)
    for index, place in enumerate(places):
        if place not in range(most + 1) or place in places[:index]:
            rule = f"Value must be one of {set(range(most + 1))}, and only once."
            raise command.refusal(f"{name}.{index}", "BASE_TYPE_CHOICES", rule)


def _check_options(owner: Fields, *, depth: int) -> None:
    options = owner.bounded_children("options", 0, MAX_OPTIONS)
    kinds = [_check_option(option, depth=depth) for option in options]
    if any(kind in NESTS for kind in kinds) and not all(kind in NESTS for kind in kinds):
        rule = "Sub-command and sub-command group option types are mutually exclusive to all others"
        raise owner.refusal("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", rule)
    names = [option.text("name") for option in options]
    optional_seen = False
    for index, option in enumerate(options):
        if names[index] in names[:index]:
            rule = "Option name already exists"
            raise option.refusal("name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", rule)
        if option.truth("required") and optional_seen:
            rule = "Required options must be placed before non-required options"
            raise option.refusal("", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", rule)
        optional_seen = optional_seen or not option.truth("required")


def _check_option(option: Fields, *, depth: int) -> int:
    kind = option.choice("type", [int(one) for one in OptionKind])
    name = option.must("name", option.bounded_text("name", 1, 32))
    if not _is_name(name):
        raise option.refusal("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    option.must("description", option.bounded_text("description", 1, 100))
    if (depth == 2 and kind in NESTS) or (depth == 1 and kind != OptionKind.SUBCOMMAND):
        raise option.refusal("type", "BASE_TYPE_CHOICES", "It cannot be nested here.")
    if kind in NESTS:
        _check_options(option, depth=2 if kind == OptionKind.SUBCOMMAND else 1)
        return kind
    choices = option.bounded_children("choices", 0, MAX_OPTIONS)
    for choice in choices:
        _check_choice(choice, kind)
    if choices and (kind not in WITH_CHOICES or option.truth("autocomplete")):
        rule = "Choices are for text and numbers that are not completed."
        raise option.refusal("choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", rule)
    option.bounded_integer("min_length", 0, MAX_VALUE_CHARS)
    option.bounded_integer("max_length", 1, MAX_VALUE_CHARS)
    return kind


def _check_choice(choice: Fields, kind: int) -> None:
    choice.must("name", choice.bounded_text("name", 1, 100))
    if kind == OptionKind.STRING:
        choice.must("value", choice.bounded_text("value", 0, 100))
    elif not isinstance(choice.values.get("value"), int | float):
        raise choice.refusal("value", "NUMBER_TYPE_COERCE", "The value is not a number.")


def _chars(command: Fields) -> int:
    return sum(len(text) for text in _texts(command))


def _texts(part: Fields) -> Iterator[str]:
    for name in ("name", "description", "value"):
        value = part.values.get(name)
        if isinstance(value, str):
            yield value
    for name in ("options", "choices"):
        for child in part.children(name):
            yield from _texts(child)
