"""Every sentence is in every language, and says there what it says in English.

`make locales` brings the catalogs up to date; docs/translating.md tells how they are made.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

import catalogs
import pytest
from babel.messages.catalog import Message
from said_in_source import templates

# The languages in which nothing is missing; each is added here when its catalog is complete.
COMPLETE: tuple[str, ...] = ("de", "es", "fr", "ja", "pt_BR", "ru")

WANTED = catalogs.template()
SPAN = re.compile(r"`[^`\n]+`")
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
_MARKED = {"_", "N_", "pgettext", *(name for name in catalogs.KEYWORDS if name != "Message")}


def key(message: Message) -> tuple[object, object]:
    return message.context, message.id


def translations(message: Message) -> list[tuple[str, str]]:
    """Return each translated form of a text with the English one that it stands for."""
    if not isinstance(message.id, tuple):
        return [(message.id, str(message.string))] if message.string else []
    said = message.string if isinstance(message.string, tuple) else (message.string,)
    return [(message.id[1], form) for form in said if form]


def all_translations(code: str) -> Iterator[tuple[Message, str, str]]:
    for message in catalogs.messages(catalogs.read(code)):
        for english, said in translations(message):
            yield message, english, said


def fields(text: str) -> set[tuple[str, str]]:
    """Return the fields of a sentence, each with how it is written."""
    parsed = Formatter().parse(text)
    return {(name, f"{conversion or ''}:{spec}") for _, name, spec, conversion in parsed if name}


def test_the_template_is_what_the_code_says() -> None:
    """`make locales` brings it up to date, and the catalogs with it."""
    assert catalogs.TEMPLATE.read_text(encoding="utf-8") == catalogs.as_text(WANTED)


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_a_catalog_has_every_text_and_no_other(code: str) -> None:
    held = {key(message) for message in catalogs.messages(catalogs.read(code))}
    assert held == {key(message) for message in catalogs.messages(WANTED)}


@pytest.mark.parametrize("code", COMPLETE)
def test_a_complete_language_lacks_nothing(code: str) -> None:
    lacking = [
        message.id
        for message in catalogs.messages(catalogs.read(code))
        if not message.string or (isinstance(message.string, tuple) and not all(message.string))
    ]
    assert lacking == []


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_no_translation_is_a_guess(code: str) -> None:
    assert [m.id for m in catalogs.messages(catalogs.read(code)) if m.fuzzy] == []


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_a_plural_has_as_many_forms_as_the_language(code: str) -> None:
    catalog = catalogs.read(code)
    for message in catalogs.messages(catalog):
        if isinstance(message.id, tuple):
            assert len(message.string) == catalog.num_plurals, message.id
        else:
            assert isinstance(message.string, str), message.id


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_translations_have_the_fields_of_the_english(code: str) -> None:
    for message, english, said in all_translations(code):
        wanted, found = fields(english), fields(said)
        # The form for one thing need not say how many there are.
        may_lack = {one for one in wanted if one[0] == "count" and isinstance(message.id, tuple)}
        assert found <= wanted, said
        assert wanted - found <= may_lack, said


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_what_is_typed_stays_as_it_is(code: str) -> None:
    """Typed commands, in code, are the same in every language; slash commands have their names."""
    names = {
        message.id: message.string
        for message in catalogs.messages(catalogs.read(code))
        if message.context == "command" and message.string
    }

    def expected(span: str) -> str:
        if not span.startswith("`/"):
            return span
        return "`/" + " ".join(names.get(word, word) for word in span[2:-1].split()) + "`"

    for _, english, said in all_translations(code):
        assert sorted(SPAN.findall(said)) == sorted(map(expected, SPAN.findall(english))), said


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_texts_fit_where_discord_shows_them(code: str) -> None:
    limits = {text: most for path in catalogs.sources() for text, most in catalogs.limits_in(path)}
    assert limits["Stop training"] == catalogs.BUTTON
    assert limits["Prefix and temperature"] == catalogs.TITLE
    limits |= {text: catalogs.DESCRIPTION for kind, text, _ in catalogs.slash_texts() if not kind}
    for message, english, said in all_translations(code):
        if message.context is None and english in limits:
            assert len(said) <= limits[english], said
        if message.context in ("menu", "choice"):
            assert len(said) <= (catalogs.NAME if message.context == "menu" else 100), said


@pytest.mark.parametrize("code", catalogs.TRANSLATED)
def test_names_of_slash_commands_are_such_as_discord_takes(code: str) -> None:
    told = {
        key(message): str(message.string or message.id)
        for message in catalogs.messages(catalogs.read(code))
    }
    for command in catalogs.app_commands():
        if not hasattr(command, "description"):
            continue
        beside = [one for one in catalogs.app_commands() if is_beside(command, one)]
        names = [told["command", one.name] for one in beside]
        options = [told["option", p.display_name] for p in getattr(command, "parameters", ())]
        for name in (*names, *options):
            assert COMMAND_NAME.fullmatch(name), name
            assert name == name.lower(), name
        assert len(set(names)) == len(names), names
        assert len(set(options)) == len(options), options


def is_beside(command: object, other: object) -> bool:
    parents = [getattr(one, "parent", None) for one in (command, other)]
    names = [parent and parent.qualified_name for parent in parents]
    return hasattr(other, "description") and names[0] == names[1]


def test_the_english_itself_fits_where_discord_shows_it() -> None:
    for path in catalogs.sources():
        for text, most in catalogs.limits_in(path):
            assert len(text) <= most, text


def test_every_sentence_can_be_translated() -> None:
    """Whatever looks like a sentence is marked, but for those that operators alone read."""
    known = {
        form
        for message in catalogs.messages(WANTED)
        for form in (message.id if isinstance(message.id, tuple) else (message.id,))
    }
    found = {
        (module, text)
        for folder in ("bot", "cogs")
        for module, texts in templates(folder).items()
        if not module.startswith((*catalogs.OPERATORS, "bot/config.py", "bot/training/backends.py"))
        for text in texts
    }
    assert {(module, text) for module, text in found if text not in known} == set()


def test_no_sentence_is_an_f_string() -> None:
    """Its values would be in the key; they are given by name instead."""
    wrong = [
        f"{catalogs.named(path)}:{node.lineno}"
        for path in catalogs.sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in _MARKED
        and any(isinstance(argument, ast.JoinedStr) for argument in node.args)
    ]
    assert wrong == []


def test_no_sentence_is_marked_within_an_f_string() -> None:
    """Babel reads an f-string as one piece, and so would miss it."""
    wrong = [
        f"{catalogs.named(path)}:{call.lineno}"
        for path in catalogs.sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and ast.unparse(call.func) in _MARKED
        and isinstance(call.args[0], ast.Constant)
    ]
    assert wrong == []
