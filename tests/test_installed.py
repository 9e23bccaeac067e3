"""What a wheel lays down hides nothing of other projects, and lacks nothing of this one."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CHILD = """
import subprocess, sys
from textgen_bot import use_own_packages
use_own_packages()
command = (sys.executable, "-P", "-m", "bot.operations.healthcheck")
raise SystemExit(subprocess.run(command).returncode)
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a folder laid out as an installed wheel is, with another project's `bot` in it."""
    own = tmp_path / "textgen_bot"
    shutil.copytree(ROOT / "textgen_bot", own)
    for name in ("bot", "cogs"):
        (own / name).symlink_to(ROOT / name)
    (tmp_path / "textgen_core").symlink_to(ROOT / "textgen_core")
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "__init__.py").write_text("NAME = 'theirs'\n")
    return tmp_path


def run(site: Path, *arguments: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(site), "HEALTH_ADDRESS": ""}
    done = subprocess.run(
        (sys.executable, *arguments), cwd=site, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_another_projects_bot_is_still_found(site: Path) -> None:
    assert run(site, "-c", "import textgen_core, bot; print(bot.NAME)") == "theirs"


def test_the_command_and_its_children_find_their_own(site: Path) -> None:
    assert run(site, "-m", "textgen_bot", "--version").startswith("textgen-bot ")
    assert run(site, "-c", CHILD) == "HEALTH_ADDRESS is empty"
    assert run(site, "-m", "textgen_bot.bot.operations.healthcheck") == "HEALTH_ADDRESS is empty"


def test_a_wheel_holds_every_package_and_file_under_two_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("setuptools")
    given: dict[str, Any] = {}
    monkeypatch.setattr("setuptools.setup", given.update)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["setup.py"])
    runpy.run_path(str(ROOT / "setup.py"))

    packages, folders = set(given["packages"]), given["package_dir"]
    assert {name.partition(".")[0] for name in packages} == {"textgen_core", "textgen_bot"}
    inside = {"bot": "textgen_bot.bot", "cogs": "textgen_bot.cogs", "textgen_core": "textgen_core"}
    for top, name in inside.items():
        assert folders.get(name, name) == top
        for face in (ROOT / top).rglob("__init__.py"):
            below = face.parent.relative_to(ROOT / top).parts
            assert ".".join((name, *below)) in packages
    taken = {
        path
        for name, patterns in given["package_data"].items()
        for pattern in patterns
        for path in (ROOT / folders.get(name, name)).glob(pattern)
    }
    for folder, kinds in {
        "bot": (".po", ".sql", ".html", ".js", ".css", ".svg", ".gz", ".typed"),
        "textgen_core": (".gz", ".html", ".js", ".css", ".wasm", ".wat", ".typed"),
        "weights": (".safetensors",),
    }.items():
        lying = {path for path in (ROOT / folder).rglob("*") if path.suffix in kinds}
        assert lying <= taken
