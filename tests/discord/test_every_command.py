"""Each command that the bot knows is given, and each menu chosen, in a test of this folder.

The typed and the slash form of a command are one function, so either will do.
"""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import discord
import pytest
from bot_harness import make_settings

from bot.app.client import EXTENSIONS, TextgenBot, open_bot

TYPING = {"ask", "ask_message", "say", "answered", "asked", "attach"}
CHOOSING = {"told", "run"}  # those send slash commands and menus, by their names
GAP = "\x00"  # in place of what is put into a text


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[TextgenBot]:
    """A bot with its commands, which has not logged in."""
    async with open_bot(make_settings(tmp_path)) as opened, opened:
        for extension in EXTENSIONS:
            await opened.load_extension(extension)
        yield opened


def asked() -> Iterator[str]:
    """Yield what the tests of this folder ask of the bot, as it is typed; menus by their names."""
    for path in sorted(Path(__file__).parent.glob("test_bot_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in TYPING | CHOOSING:
                texts = list(filter(None, map(_text, node.args)))
                yield from texts
                if _name(node.func) in CHOOSING:
                    yield from (f"!{text}" for text in texts)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _text(node: ast.expr) -> str:
    """Return a string as far as it is known, with a gap where something is put in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values
        )
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_each_command_is_typed_in_a_test(bot: TextgenBot) -> None:
    typed = [f"{text} " for text in asked()]
    names = [command.qualified_name for command in bot.walk_commands()]
    assert len(names) > 30
    untyped = [name for name in names if not any(text.startswith(f"!{name} ") for text in typed)]
    assert untyped == []


def test_each_menu_is_chosen_in_a_test(bot: TextgenBot) -> None:
    menus = list(bot.tree.walk_commands(type=discord.AppCommandType.message))
    menus += list(bot.tree.walk_commands(type=discord.AppCommandType.user))
    assert menus
    chosen = set(asked())
    assert [menu.name for menu in menus if menu.name not in chosen] == []
