"""Shell blocks of README and of two pages, run as they stand, without a network.

Only the time that a training may take is shortened.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.demo import BUNDLED_CHANNEL

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = {"textgen": "textgen_core", "textgen-bot": "bot"}
PAGES = ("README.md", "docs/configuration.md", "docs/library.md")
TEXT = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
BLOCKS = [
    "\n".join(line.removeprefix(indent) for line in block.splitlines())
    for indent, block in re.findall(r"^( *)```sh\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that README speaks of, and its programs on the PATH."""
    for name, module in PROGRAMS.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        program.chmod(0o755)
    shutil.copy(ROOT / ".env.example", tmp_path)
    shutil.copy(BUNDLED_CHANNEL, tmp_path / "chat.jsonl.gz")
    (tmp_path / "other.txt").write_text("hello there\nhow are you\n", encoding="utf-8")
    return tmp_path


def test_there_are_blocks_to_run() -> None:
    text = "\n".join(BLOCKS)
    assert "textgen train" in text
    assert "textgen-bot backup" in text
    assert ".env" in text


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0][:40])
def test_a_block_runs(folder: Path, block: str) -> None:
    script = re.sub(r"--budget-s \d+", "--budget-s 5", block)
    done = subprocess.run(
        ("sh", "-eux", "-c", script),
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
