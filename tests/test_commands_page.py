"""docs/commands.md has every command twice, in forms that the parser understands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import make_settings

from bot.app.client import EXTENSIONS, TextgenBot, open_bot
from cogs.views.typing import innermost, options_of, typed_form

PAGE = (Path(__file__).parent.parent / "docs" / "commands.md").read_text(encoding="utf-8")
TYPED = PAGE.split("\n## Every command, twice")[1]
EXAMPLES = re.findall(r"^\| `!([^`]+)` \|", TYPED, re.MULTILINE)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[TextgenBot]:
    """A bot with its commands, which has not logged in."""
    async with open_bot(make_settings(tmp_path)) as opened, opened:
        for extension in EXTENSIONS:
            await opened.load_extension(extension)
        yield opened


def test_every_command_is_shown_twice_as_the_parser_reads_it(bot: TextgenBot) -> None:
    counts: Counter[str] = Counter()
    for example in EXAMPLES:
        first, _, rest = example.strip().partition(" ")
        root = bot.all_commands[first]
        command, start = innermost(root, rest, 0)
        typed_form(command, rest[start:])  # raises for what is not understood
        counts[command.qualified_name] += 1
    commands = {command.qualified_name for command in bot.walk_commands()}
    assert counts == dict.fromkeys(commands, 2)


def test_the_examples_of_help_are_understood(bot: TextgenBot) -> None:
    for command in bot.walk_commands():
        for example in command.extras["examples"]:
            typed_form(command, example.removeprefix(command.qualified_name))


def test_each_option_has_an_example_in_its_refusals(bot: TextgenBot) -> None:
    for command in bot.walk_commands():
        for option in options_of(command):
            assert option.example or option.takes == "nothing", (command.qualified_name, option)
