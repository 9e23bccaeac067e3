"""What README, docs and .env.example say is what the code does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bot_harness import make_settings
from discord.ext import commands

from bot.app.client import EXTENSIONS, TextgenBot, open_bot
from bot.cli.main import parser
from bot.config import Settings
from bot.operations.metrics import Metrics
from cogs.generation import GenerateFlags
from cogs.views.help_pages import help_of

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
MANAGERS, EVERYBODY = "Manage Server", "everybody"
MOST_README_WORDS = 950


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[TextgenBot]:
    """A bot with its commands, which has not logged in."""
    async with open_bot(make_settings(tmp_path)) as opened, opened:
        for extension in EXTENSIONS:
            await opened.load_extension(extension)
        yield opened


def tables(page: str, heading: str = "") -> list[list[str]]:
    """Return the cells of a page's tables without their heads; of those below a heading alone."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    if heading:
        text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = []
    for table in re.findall(r"^\|(?:.+\n?\|?)+", text, re.MULTILINE):
        rows = [row.strip("|").split("|") for row in table.splitlines() if row.startswith("|")]
        found += [[cell.strip() for cell in row] for row in rows[2:]]
    return found


def command_rows() -> list[list[str]]:
    return [row for row in tables("commands.md") if len(row) == 3]


def in_code(cell: str) -> str:
    """Return what a cell shows as code; the whole of it must be that."""
    if not cell:
        return ""
    assert re.fullmatch(r"`[^`]+`", cell), f"{cell} must be code alone"
    return cell.strip("`")


def command_name(shown: str) -> str:
    """Return a command without its arguments: `!train #channel` is "train"."""
    words = shown.removeprefix("!").split()
    return " ".join(word for word in words if word.isalpha())


def who_may(command: commands.Command[Any, ..., Any]) -> str:
    if any("has_guild_permissions" in check.__qualname__ for check in command.checks):
        return MANAGERS
    root = command.root_parent or command
    assert isinstance(root, commands.HybridCommand | commands.HybridGroup)
    assert root.app_command is not None
    needed = root.app_command.default_permissions
    return MANAGERS if needed is not None and needed.manage_guild else EVERYBODY


def test_commands_md_lists_every_command_and_who_may_use_it(bot: TextgenBot) -> None:
    shown = [(command_name(in_code(name)), who) for name, who, _ in command_rows()]
    real = [(command.qualified_name, who_may(command)) for command in bot.walk_commands()]
    assert sorted(shown) == sorted(real)


def test_every_command_has_a_sentence_and_examples_that_name_it(bot: TextgenBot) -> None:
    for command in bot.walk_commands():
        described = help_of(command)
        assert described.brief.endswith("."), described
        assert described.examples, f"{described.name} needs examples"
        for example in described.examples:
            assert (example + " ").startswith(described.name + " ")


def test_commands_md_lists_every_option_of_generate() -> None:
    (row,) = [row for row in command_rows() if row[0].startswith("`!generate")]
    options = {name for name, flag in GenerateFlags.get_flags().items() if not flag.positional}
    assert set(re.findall(r"--(\w+)", row[2])) == options


def _as_in_env(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def defaults() -> dict[str, str]:
    """Return every setting with its default as it is written in .env."""
    return {
        name.upper(): _as_in_env(field.default) for name, field in Settings.model_fields.items()
    }


def test_configuration_md_lists_every_setting_with_its_default() -> None:
    shown = {
        in_code(name): in_code(default)
        for name, default, _ in tables("configuration.md", "Settings")
    }
    assert shown == defaults()


def test_the_example_file_sets_every_default() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE)) == defaults()


def test_configuration_md_lists_every_command_of_textgen_bot() -> None:
    (subparsers,) = [action for action in parser()._actions if action.dest == "command"]
    assert isinstance(subparsers.choices, dict)
    rows = tables("configuration.md", "Commands on the bot's machine")
    shown = {in_code(name).split()[0] for name, _ in rows}
    assert shown == set(subparsers.choices)


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_site_shows_every_page() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[1]
    listed = re.findall(r"[\w-]+\.md", nav)
    assert sorted(listed) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_files_that_pages_name_exist() -> None:
    """Such as those in the picture of where what people write goes (docs/privacy.md)."""
    paths = re.compile(
        r"\b(?:bot|cogs|docker|docs|textgen_core|tests|weights)/[\w/.-]*\.(?:md|py|sh)\b"
    )
    named = {path for page in PAGES for path in paths.findall(page.read_text(encoding="utf-8"))}
    assert {"bot/corpus/eligibility.py", "bot/text/pii.py", "bot/generation/writer.py"} <= named
    missing = {path for path in named if not (ROOT / path).exists()}
    assert {path for path in missing if not (ROOT / "docs" / path).exists()} == set()


def test_every_picture_is_shown_and_none_is_large() -> None:
    pictures = list((ROOT / "docs" / "images").glob("*.png"))
    assert len(pictures) >= 4
    shown = {
        Path(target).name
        for page in PAGES
        for target in re.findall(r"\]\(([\w/.]+\.png)\)", page.read_text(encoding="utf-8"))
    }
    assert [path.name for path in pictures if path.name not in shown] == []
    assert [path.name for path in pictures if path.stat().st_size > 150_000] == []


def test_the_readme_is_one_that_people_read_to_its_end() -> None:
    words = (ROOT / "README.md").read_text(encoding="utf-8").split()
    assert len(words) <= MOST_README_WORDS


def test_what_the_readme_has_people_type_is_there(bot: TextgenBot) -> None:
    """Targets of make, commands of the bot, and links to their pages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`?\bmake ([a-z-]+)`?(?= |$|`)", text, re.M)) - {"it"} <= targets
    for typed in re.findall(r"`!([^`]+)`", text):
        assert bot.get_command(command_name(typed)) is not None, typed


def test_operating_names_metrics_that_exist() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    known = list(Metrics().registry.collect())
    names = {sample.name for metric in known for sample in metric.samples}
    names |= {name for metric in known for name in (metric.name, f"{metric.name}_total")}
    named = set(re.findall(r"`(textgen_\w+)", text))
    assert named
    assert named - names == set()
