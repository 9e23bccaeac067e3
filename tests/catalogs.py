"""The catalogs of bot/locales: what they must hold, and what brings them up to date.

`python tests/catalogs.py` (`make locales`) writes messages.pot and takes each catalog to what
the code says now: new sentences come in without a translation, and old ones go.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bot.locales.languages import ENGLISH, LANGUAGES  # noqa: E402
from bot.locales.messages import FOLDER, catalog_path  # noqa: E402

TEMPLATE = FOLDER / "messages.pot"
TRANSLATED = [code for code in LANGUAGES if code != ENGLISH.code]
# What is called with a sentence, besides gettext's own functions.
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(("UserError", "CooldownError", "TrainerError", "OutOfMemoryError")),
    "Message": None,
    "counted_message": (1, 2),
}
# Read by operators alone: what the terminal says, and a Discord of our own.
OPERATORS = (
    *("bot/cli", "bot/loopback", "bot/locales", "bot/operations", "bot/plots"),
    "bot/training/cluster/certificates.py",
)
# Discord's limits, in characters.
DESCRIPTION, NAME, BUTTON, TITLE, FIELD, PLACEHOLDER = 100, 32, 80, 45, 45, 150
_LIMIT_OF_KEYWORD = {"title": TITLE, "placeholder": PLACEHOLDER}
_LIMITS = {
    DESCRIPTION: "Description of a slash command",
    BUTTON: "A button",
    TITLE: "Title or field of a form",
    PLACEHOLDER: "A menu",
}
# What a translator has to know of all texts in a file.
_NOTES = {
    "bot/discord_api/permission_names.py": "A permission, as Discord itself calls it here.",
    "bot/presentation/job_log.py": "Part of a line in the list of past trainings.",
    "bot/presentation/reading.py": "{where} and {channels} are channels in a row.",
    "bot/presentation/settings_form.py": (
        "What a setting is for, or what it can be. Words that are typed stay English: on, off, "
        "default, none, all, auto, channel, opt-in, files, +word."
    ),
    "bot/presentation/training.py": (
        "{where} is channels or “the file …”, {duration} such as “2 min 48 s”, {better} such as "
        "“12% better”, {passes} such as “3 passes”."
    ),
    "bot/presentation/versions.py": "{version} is a number, or with a name “3 (memes)”.",
    "bot/text/formatting.py": "As short as “2 min 48 s”.",
    **dict.fromkeys(
        ("bot/text/options.py", "bot/text/typed_options.py"),
        "{allowed} is such as “a whole number from 1 to 10”, {shown} such as “`--n 3`”, {option} "
        "the name of an option.",
    ),
    "cogs/views/error_messages.py": "“Try `…`.” or “`!help` shows how.” stands behind it.",
}
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # one date for all, so that a catalog changes with words
_WORDS = re.compile(r"[^\W\d_]", re.UNICODE)
_FIELD = re.compile(r"\{[^{}]*\}")


def sources() -> list[Path]:
    """Return the files whose sentences people see in Discord."""
    found = [path for folder in ("bot", "cogs") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if not named(path).startswith(OPERATORS)]


def named(path: Path) -> str:
    """Return a file's name as it stands in the catalogs."""
    return path.relative_to(ROOT).as_posix()


def template() -> Catalog:
    """Return a catalog of all that is to be translated."""
    catalog = Catalog(
        project="textgen-bot",
        creation_date=_BEGAN,
        revision_date=_BEGAN,
        msgid_bugs_address="docs/translating.md",
        header_comment="# Sentences of textgen-bot, in English. See docs/translating.md.",
        fuzzy=False,
    )
    limits = {text: most for path in sources() for text, most in limits_in(path)}
    for path in sources():
        with contextlib.redirect_stderr(io.StringIO()):  # it warns of f-strings that are values
            found = extract_from_file("python", path, KEYWORDS, ("Translators:",))
        for _line, text, comments, context in found:
            said = text if isinstance(text, tuple) else (text,)
            if not all(isinstance(one, str) and has_words(one) for one in said):
                continue
            notes = [comment.removeprefix("Translators: ") for comment in comments]
            if named(path) in _NOTES:
                notes.append(_NOTES[named(path)])
            if said[0] in limits:
                notes.append(_limit_note(limits[said[0]]))
            catalog.add(text, locations=[(named(path), 0)], auto_comments=notes, context=context)
    for context, text, note in slash_texts():
        catalog.add(text, auto_comments=[note], context=context)
    return catalog


def has_words(text: str) -> bool:
    """Say whether there is anything to translate in a text, besides its fields."""
    return _WORDS.search(_FIELD.sub("", text)) is not None


def _limit_note(most: int) -> str:
    return f"{_LIMITS[most]}: at most {most} characters."


def limits_in(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the texts in a file that Discord shows in a place of limited length, and the limit."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            callee = ast.unparse(node.func)
            for keyword in node.keywords:
                most = _LIMIT_OF_KEYWORD.get(keyword.arg or "")
                if keyword.arg == "label":
                    most = FIELD if "TextInput" in callee else BUTTON
                if most is not None:
                    yield from ((text, most) for text in _marked(keyword.value))
            if node.args and callee in ("Choice", "SettingsForm", "super().__init__"):
                most = TITLE if callee == "SettingsForm" else BUTTON
                yield from ((text, most) for text in _marked(node.args[0]))
        elif isinstance(node, ast.Assign) and _is_label(node.targets[0]):
            yield from ((text, BUTTON) for text in _marked(node.value))


def _is_label(target: ast.expr) -> bool:
    name = ast.unparse(target)
    return name in ("label", "delete", "title", "AGREE, AGREE_AND_TELL, DECLINE") or (
        name.lstrip("_") in ("LABELS", "BUTTONS")
    )


def _marked(node: ast.AST) -> Iterator[str]:
    """Yield the texts that are marked for translation within an expression."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) in ("_", "N_"):
            first = inner.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def slash_texts() -> Iterator[tuple[str | None, str, str]]:
    """Yield context, text and a note of all that slash commands show."""
    seen: set[tuple[str | None, str]] = set()
    for found in _of_commands():
        if found[:2] not in seen:
            seen.add(found[:2])
            yield found


def _of_commands() -> Iterator[tuple[str | None, str, str]]:
    name_rule = f"lower case, no spaces, at most {NAME} characters"
    for command in app_commands():
        where = f"/{command.qualified_name}"
        if not hasattr(command, "description"):
            yield "menu", command.name, f"An entry of a message's menu, at most {NAME} characters."
            continue
        yield "command", command.name, f"Name of {where}: {name_rule}."
        if command.description != "…":
            limit = _limit_note(DESCRIPTION)
            yield None, command.description, f"{limit} ({where})"
        for parameter in getattr(command, "parameters", ()):
            option = f"option {parameter.display_name} of {where}"
            yield "option", parameter.display_name, f"Name of the {option}: {name_rule}."
            if str(parameter.description) != "…":
                note = f"Description of the {option}: at most {DESCRIPTION} characters."
                yield None, str(parameter.description), note
            for choice in parameter.choices:
                yield "choice", choice.name, f"A choice for the {option}; keep it if it is a name."


def app_commands() -> list[Any]:
    """Return every slash command and menu of the bot, groups before what is in them."""
    from discord import app_commands as discords
    from discord.ext.commands import HybridCommand, HybridGroup

    from bot.app.client import EXTENSIONS

    hybrid = HybridCommand | HybridGroup
    found: list[Any] = []
    for extension in EXTENSIONS:
        module = __import__(extension, fromlist=["setup"])
        for _, value in inspect.getmembers(module):
            if isinstance(value, discords.ContextMenu):
                found.append(value)
            elif inspect.isclass(value) and value.__module__ == extension:
                own = getattr(value, "__cog_commands__", ())
                roots = [one for one in own if isinstance(one, hybrid) and one.parent is None]
                found += [one for root in roots for one in _with_children(root.app_command)]
    return found


def _with_children(command: Any) -> list[Any]:
    inner = [one for child in getattr(command, "commands", ()) for one in _with_children(child)]
    return [command, *inner]


def read(code: str) -> Catalog:
    """Return the catalog of a language."""
    with catalog_path(code).open("rb") as file:
        return read_po(file, locale=code)


def updated(code: str, wanted: Catalog) -> Catalog:
    """Return the catalog of a language with the texts that there are now, and no others."""
    path = catalog_path(code)
    catalog = read(code) if path.exists() else Catalog(locale=code)
    catalog.update(wanted, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    language = LANGUAGES[code]
    catalog.header_comment = f"# Sentences of textgen-bot, in {language.english}."
    catalog.project, catalog.creation_date, catalog.revision_date = "textgen-bot", _BEGAN, _BEGAN
    catalog.msgid_bugs_address = "docs/translating.md"
    catalog.fuzzy = False
    return catalog


def as_text(catalog: Catalog) -> str:
    """Return a catalog as it stands in its file."""
    file = io.BytesIO()
    write_po(file, catalog, width=96, include_lineno=False, sort_output=False)
    return file.getvalue().decode()


def messages(catalog: Catalog) -> list[Message]:
    """Return the texts of a catalog, without its header."""
    return [message for message in catalog if message.id]


def main() -> None:
    """Bring the template and the catalogs up to date."""
    wanted = template()
    TEMPLATE.write_text(as_text(wanted), encoding="utf-8")
    for code in TRANSLATED:
        path = catalog_path(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = updated(code, wanted)
        path.write_text(as_text(catalog), encoding="utf-8")
        left = sum(not _is_done(message) for message in messages(catalog))
        sys.stdout.write(f"{code}: {left} of {len(messages(catalog))} are to be translated\n")


def _is_done(message: Message) -> bool:
    said = message.string
    return all(said) if isinstance(said, tuple) else bool(said)


if __name__ == "__main__":
    main()
