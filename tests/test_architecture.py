"""Imports run down: Discord → cogs → bot → textgen_core, and within each, row by row."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import layout_report
import pytest

import textgen_core

ROOT = Path(__file__).parent.parent

# What each row may import is what stands below it, and itself; what stands beside it, no.
BOT_ROWS = (
    {"cogs", "bot.__main__"},
    {"bot.cli"},
    {"bot.app"},
    {"bot.operations", "bot.privacy", "bot.insights", "bot.presentation"},
    {"bot.training", "bot.generation"},
    {"bot.corpus", "bot.models", "bot.plots", "bot.config"},
    {"bot.storage", "bot.discord_api", "bot.runtime", "bot.text"},
    {"bot.errors", "bot.loopback"},
    {"bot.locales"},
)
CORE_ROWS = (
    {"textgen_core", "textgen_core.__main__"},
    {"textgen_core.cli"},
    {"textgen_core.export", "textgen_core.compat"},
    {"textgen_core.training", "textgen_core.neurons"},
    {"textgen_core.generation", "textgen_core.evaluation"},
    {"textgen_core.kernels", "textgen_core.legacy"},
    {"textgen_core.model"},
    {"textgen_core.text"},
    {"textgen_core.errors", "textgen_core.malloc"},
)
# Beyond the rows: a folder, and what it must not import.
FORBIDDEN = {
    "textgen_core": {"bot", "cogs", "discord", "aiosqlite", "matplotlib"},
    "bot": {"cogs", "keras", "tensorflow"},
    "cogs": {"keras", "tensorflow", "aiosqlite", "matplotlib", "bot.cli"},
    "bot/storage": {
        *("textgen_core", "keras", "tensorflow"),
        *("bot.config", "bot.discord_api", "bot.runtime", "bot.text", "bot.loopback"),
    },
    "bot/loopback": {"bot.errors", "textgen_core"},
    "bot/plots": {"bot.storage", "bot.discord_api", "bot.text"},
}
# Packages, and the only folders that may import them.
ONLY_IN = {
    "matplotlib": ("bot/plots",),
    "aiosqlite": ("bot/storage",),
    "sqlite3": ("bot",),
    "discord": (
        *("cogs", "bot/app", "bot/discord_api", "bot/loopback"),
        *("bot/cli/main.py", "bot/operations/doctor"),
    ),
    "tensorflow": ("textgen_core/training", "textgen_core/export"),
    "keras": ("textgen_core/training", "textgen_core/export"),
}
# Of a folder that reads histories by discord.py's own types.
ONLY_IN["discord"] += ("bot/corpus/collector.py",)

EXPORTED = {
    *("Checkpoint", "CheckpointError", "CorpusError", "Engine", "Evaluation"),
    *("GenerationOptions", "LegacyFormatError", "LegacyVocabulary", "ModelConfig", "SeenFilter"),
    *("OutputError", "TextgenWarning", "TrainingError"),
    *("TextgenError", "Vocabulary", "VocabularyError", "WindowShape", "base_weights_path"),
    *("evaluate", "load_checkpoint", "read_messages", "save_checkpoint", "synthesize"),
    *("synthesize_to_file", "textgenrnn"),
}


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the dotted names that a file imports anywhere in it, for type checking too."""
    names = set()
    for node in ast.walk(ast.parse(_read(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sources(folder: str) -> list[Path]:
    path = ROOT / folder
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def package_of(module: str) -> str:
    """Return what a module counts as in the rows: its package right below the top."""
    return "cogs" if is_within(module, "cogs") else ".".join(module.split(".")[:2])


@pytest.mark.parametrize("rows", [BOT_ROWS, CORE_ROWS], ids=["bot", "textgen_core"])
def test_imports_run_down_row_by_row(rows: tuple[set[str], ...]) -> None:
    row_of = {package: number for number, row in enumerate(rows) for package in row}
    tops = {package.partition(".")[0] for package in row_of}
    up = []
    for module in layout_report.modules().values():
        own = package_of(module.name)
        if own.partition(".")[0] not in tops or own == "bot":
            continue
        assert own in row_of, f"{module.path}: say in which row {own} stands"
        for name in module.imports:
            other = package_of(name)
            if other != own and other.partition(".")[0] in tops and row_of[other] <= row_of[own]:
                up.append(f"{module.name} imports {name}")
    assert up == []


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_folders_do_not_know_what_they_must_not(folder: str) -> None:
    assert sources(folder)
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(folder)
        for name in imported(path)
        if any(is_within(name, package) for package in FORBIDDEN[folder])
    }
    assert found == set()


@pytest.mark.parametrize("package", ONLY_IN)
def test_packages_are_known_to_few_folders(package: str) -> None:
    allowed = {path for folder in ONLY_IN[package] for path in sources(folder)}
    knowing = {
        path
        for folder in layout_report.PACKAGES
        for path in sources(folder)
        if any(is_within(name, package) for name in imported(path))
    }
    assert {str(path.relative_to(ROOT)) for path in knowing - allowed} == set()


def test_matplotlib_stays_in_the_children_that_draw() -> None:
    """It takes 60 MB, which the bot would keep: the bot imports what starts the children alone."""
    drawing = {
        f"bot.plots.{path.stem}"
        for path in sources("bot/plots")
        if any(is_within(name, "matplotlib") for name in imported(path))
    }
    assert "bot.plots.renderer" not in drawing
    found = {
        str(path.relative_to(ROOT))
        for path in (*sources("bot"), *sources("cogs"))
        if imported(path) & drawing and path.parent.name != "plots"
    }
    assert found == set()


def test_cogs_know_nothing_of_each_other() -> None:
    """They share what they show, which knows nothing of them."""
    for path in sources("cogs"):
        others = {name for name in imported(path) if is_within(name, "cogs")}
        assert {name for name in others if not is_within(name, "cogs.views")} <= {"cogs"}, path


def test_there_are_no_circles() -> None:
    assert layout_report.circle() == []
    assert layout_report.package_circle() == []


def test_the_layout_keeps_its_bounds() -> None:
    """Those of the table that `python tests/layout_report.py` prints."""
    assert max(layout_report.folder_sizes().values()) <= 20
    assert layout_report.package_floors() <= 9
    assert len(layout_report.small_files()) <= layout_report.MOST_SMALL_FILES
    assert max(module.lines for module in layout_report.modules().values()) <= 350
    assert layout_report.long_functions() == []


def test_every_package_says_what_it_knows() -> None:
    faces = [path for top in layout_report.PACKAGES for path in sources(top)]
    for path in faces:
        if path.name == "__init__.py" and path.parent.name != "migrations":
            assert ast.get_docstring(ast.parse(_read(path))), path


@pytest.mark.parametrize(
    ("tests", "package"), [("tests/bot", "bot"), ("tests/core", "textgen_core")]
)
def test_tests_lie_by_package(tests: str, package: str) -> None:
    folders = {path.parent.relative_to(ROOT / tests) for path in sources(tests)}
    assert {str(folder) for folder in folders if not (ROOT / package / folder).is_dir()} == set()


def test_the_library_exports_what_it_always_has() -> None:
    assert set(textgen_core.__all__) == EXPORTED
    assert all(hasattr(textgen_core, name) for name in EXPORTED)


def test_benchmarks_are_of_a_size_to_be_read() -> None:
    lengths = {path.name: len(_read(path).splitlines()) for path in sources("benchmarks")}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_nothing_names_the_house_we_left() -> None:
    former = re.compile(r"bot[./](sandbox|parts)\b|textgen_core[./](codec|drop_in)\b")
    files = [
        path
        for pattern in ("*.md", "*.toml", "Dockerfile", "Makefile", "docs/*.md", "docker/*")
        for path in ROOT.glob(pattern)
        if path.name != "CHANGELOG.md"
    ]
    for folder in (*layout_report.PACKAGES, "benchmarks", "weights"):
        files += sources(folder)
    assert [path.name for path in files if former.search(_read(path))] == []


def test_children_get_an_environment_without_the_token() -> None:
    starting = {"asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"}
    starting |= {f"subprocess.{name}" for name in ("run", "Popen", "call", "check_output")}
    calls = [
        node
        for folder in layout_report.PACKAGES
        for path in sources(folder)
        for node in ast.walk(ast.parse(_read(path)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in starting
    ]
    given = [
        [ast.unparse(word.value) for word in call.keywords if word.arg == "env"] for call in calls
    ]
    assert len(given) >= 4
    assert all(len(env) == 1 and env[0].startswith("child_environment(") for env in given)
