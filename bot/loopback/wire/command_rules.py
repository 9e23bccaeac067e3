"""Commands of an application: what Discord refuses beside its specification.

Source: interactions/application-commands of Discord's documentation.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

import discord

from bot.loopback.wire.api_errors import ApiError
from bot.loopback.wire.command_options import OptionKind
from bot.loopback.wire.json_fields import Fields

CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
MAX_CHARS = 8_000
MAX_CHOICE_CHARS = 100
LOCALES = frozenset(str(locale) for locale in discord.Locale)
NESTS = (OptionKind.SUBCOMMAND, OptionKind.GROUP)
WITH_CHOICES = (OptionKind.STRING, OptionKind.INTEGER, OptionKind.NUMBER)


def check_command(command: Fields) -> None:
    """Refuse a command that breaks a rule."""
    kind = CHAT_INPUT if command.values.get("type") is None else command.choice("type", MOST)
    if kind == CHAT_INPUT:
        _check_name(command)
        _filled(command, "description")
        _check_options(command, depth=0)
    else:
        _filled(command, "name")
        _check_menu(command)
    _check_locales(command)
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


def _check_name(part: Fields) -> None:
    names = {"name": part.must("name", part.text("name"))}
    localized = part.child("name_localizations")
    for locale in localized.values if localized else ():
        names[f"name_localizations.{locale}"] = str(localized.values[locale] if localized else "")
    for place, name in names.items():
        if not _is_name(name):
            rule = "Command name is invalid"
            raise part.refusal(place, "APPLICATION_COMMAND_INVALID_NAME", rule)


def _filled(part: Fields, name: str) -> None:
    """Refuse a text that is missing, or that is nothing but spaces."""
    part.must(name, (part.text(name) or "").strip() or None)


def _check_locales(part: Fields) -> None:
    for name in ("name_localizations", "description_localizations"):
        localized = part.child(name)
        for locale in localized.values if localized else ():
            if locale not in LOCALES:
                rule = f"Value must be one of {sorted(LOCALES)}."
                raise part.refusal(f"{name}.{locale}", "ENUM_TYPE_COERCE", rule)


def _check_options(owner: Fields, *, depth: int) -> None:
    options = owner.children("options")
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
    _check_name(option)
    _filled(option, "description")
    _check_locales(option)
    if (depth == 2 and kind in NESTS) or (depth == 1 and kind != OptionKind.SUBCOMMAND):
        raise option.refusal("type", "BASE_TYPE_CHOICES", "It cannot be nested here.")
    if kind in NESTS:
        _check_options(option, depth=2 if kind == OptionKind.SUBCOMMAND else 1)
        return kind
    _check_choices(option, kind)
    for unit in ("length", "value"):
        least, most = option.values.get(f"min_{unit}"), option.values.get(f"max_{unit}")
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            rule = f"The minimum {unit} is above the maximum {unit}."
            code = "APPLICATION_COMMAND_OPTIONS_MIN_GREATER_THAN_MAX"
            raise option.refusal(f"min_{unit}", code, rule)
    return kind


def _check_choices(option: Fields, kind: int) -> None:
    choices = option.children("choices")
    if choices and (kind not in WITH_CHOICES or option.truth("autocomplete")):
        rule = "Choices are for text and numbers that are not completed."
        raise option.refusal("choices", "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", rule)
    names: set[object] = set()
    for choice in choices:
        if choice.values.get("name") in names:
            rule = "Option choice name already exists"
            code = "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS"
            raise choice.refusal("name", code, rule)
        names.add(choice.values.get("name"))
        check_choice_value(choice)
        _check_locales(choice)


def check_choice_value(choice: Fields) -> None:
    """Refuse a value that an option's choice, or a completion, may not have."""
    value = choice.values.get("value")
    if isinstance(value, str) and not 1 <= len(value) <= MAX_CHOICE_CHARS:
        rule = f"Must be between 1 and {MAX_CHOICE_CHARS} in length."
        raise choice.refusal("value", "BASE_TYPE_BAD_LENGTH", rule)


def _chars(command: Fields) -> int:
    """Count as Discord does: of a text and its translations the longest alone."""
    return sum(max(map(len, texts)) for texts in _texts(command))


def _texts(part: Fields) -> Iterator[list[str]]:
    for name in ("name", "description", "value"):
        value = part.values.get(name)
        if isinstance(value, str):
            localized = part.child(f"{name}_localizations")
            yield [value, *map(str, localized.values.values() if localized else ())]
    for name in ("options", "choices"):
        for child in part.children(name):
            yield from _texts(child)
