"""Imports point right: Discord → cogs → bot → textgen_core."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FORBIDDEN = {
    "textgen_core": {"bot", "cogs", "discord", "aiosqlite"},
    "bot": {"cogs", "keras", "tensorflow"},
    "bot/storage": {"discord", "textgen_core", "keras", "tensorflow"},
    "cogs": {"keras", "tensorflow", "aiosqlite"},
}
MAY_IMPORT_DISCORD = {
    "bot/corpus/message_filters.py",
    "bot/discord_api/channel_access.py",
    "bot/discord_api/member_names.py",
    "bot/discord_api/audience.py",
    "bot/app/client.py",
    "bot/discord_api/connection.py",
    "bot/discord_api/history_pages.py",
    "bot/app/progress_messages.py",
    "bot/corpus/collector.py",
    "bot/app/metrics_listeners.py",
    "bot/app/services.py",
    "bot/cli/main.py",
    "bot/operations/doctor/discord_login.py",
}


def imported_packages(path: Path) -> set[str]:
    """Return the top-level packages that a file imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.partition(".")[0] for name in names}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_point_right(folder: str) -> None:
    assert sources(folder)
    found = {
        str(path.relative_to(ROOT)): imported_packages(path) & FORBIDDEN[folder]
        for path in sources(folder)
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_few_files_of_the_bot_know_discord() -> None:
    importing = {
        str(path.relative_to(ROOT))
        for path in sources("bot")
        if "discord" in imported_packages(path) and "loopback" not in path.parts
    }
    assert importing <= MAY_IMPORT_DISCORD


def test_only_the_child_that_draws_knows_matplotlib() -> None:
    """It takes 60 MB, which the bot would keep."""
    knowing = {
        str(path.relative_to(ROOT))
        for folder in ("bot", "cogs", "textgen_core")
        for path in sources(folder)
        if "matplotlib" in imported_packages(path)
    }
    assert knowing == {"bot/plots/style.py", "bot/plots/loss_curve.py", "bot/plots/message_map.py"}
    importing = [
        path
        for path in (*sources("bot"), *sources("cogs"))
        if re.search(
            r"^\s*(from|import) bot\.plots\.(style|loss_curve|message_map)\b", _read(path), re.M
        )
    ]
    assert {path.name for path in importing} == {"loss_curve.py", "message_map.py"}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_cogs_know_nothing_of_each_other() -> None:
    """They share what they show, which knows nothing of them."""
    for path in sources("cogs"):
        modules = set(
            re.findall(r"^\s*(?:from|import) (cogs[\w.]*)", path.read_text("utf-8"), re.M)
        )
        assert {name for name in modules if not name.startswith("cogs.views.")} == set(), path


def test_files_are_of_a_size_to_be_read() -> None:
    folders = ("textgen_core", "bot", "cogs", "benchmarks")
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in folders
        for path in sources(folder)
    }
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_children_get_an_environment_without_the_token() -> None:
    starting = {"asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"}
    starting |= {f"subprocess.{name}" for name in ("run", "Popen", "call", "check_output")}
    calls = [
        node
        for folder in ("bot", "cogs", "textgen_core")
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in starting
    ]
    given = [
        [ast.unparse(word.value) for word in call.keywords if word.arg == "env"] for call in calls
    ]
    assert len(given) >= 4
    assert all(len(env) == 1 and env[0].startswith("child_environment(") for env in given)


def test_children_do_not_look_for_modules_where_the_bot_happens_to_run() -> None:
    """Without -P a stray copy.py in the working folder would be taken for Python's own."""
    started = [
        [ast.unparse(part) for part in node.elts]
        for folder in ("bot", "cogs", "textgen_core")
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Tuple | ast.List)
    ]
    modules = [parts for parts in started if "'-m'" in parts and "sys.executable" in parts]
    assert len(modules) >= 4
    assert all(parts[parts.index("'-m'") - 1] == "'-P'" for parts in modules)
