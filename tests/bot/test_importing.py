"""`textgen-bot import`, ended in the middle, and given what is there already."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from pathlib import Path

import pytest
from bot_harness import START_S, run_python, start_python, until

TEXTS = "\n".join(f"line {number} of a file" for number in range(60)).encode()
ARGUMENTS = ("-m", "bot", "import")
TO = ("--guild", "1234567890", "--force")


def jobs(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder / "data" / "textgen.sqlite3") as database:
        return database.execute("SELECT file_name, status FROM train_job").fetchall()


def arrived(folder: Path) -> list[Path]:
    return [path for path in (folder / "data" / "corpora").rglob("*") if path.is_file()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_an_import_that_is_interrupted_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    source = tmp_path / "chat.txt"
    os.mkfifo(source)
    process = await start_python(tmp_path, *ARGUMENTS, "chat.txt", *TO)
    with await asyncio.to_thread(source.open, "wb", buffering=0) as pipe:
        pipe.write(TEXTS)
        await until(lambda: arrived(tmp_path), START_S)
        process.send_signal(number)
        _, err = await process.communicate()
    assert process.returncode == (-number if number == signal.SIGKILL else 130)
    assert b"Traceback" not in err
    assert jobs(tmp_path) == []
    assert (arrived(tmp_path) == []) == (number != signal.SIGKILL)
    source.unlink()
    source.write_bytes(TEXTS)
    status, out, err_text = await run_python(tmp_path, *ARGUMENTS, "chat.txt", *TO)
    assert (status, "Traceback" in err_text) == (0, False)
    assert "when the bot is started" in out
    assert jobs(tmp_path) == [("chat.txt", "queued")]
    assert "chat.txt" in [path.name for path in arrived(tmp_path)]


async def test_the_same_file_is_queued_once(tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_bytes(TEXTS)
    (tmp_path / "again.txt").write_bytes(TEXTS)
    status, _, _ = await run_python(tmp_path, *ARGUMENTS, "chat.txt", *TO)
    assert status == 0
    status, _, err = await run_python(tmp_path, *ARGUMENTS, "again.txt", *TO)
    assert status == 1
    assert "chat.txt" in err
    assert "Traceback" not in err
    assert jobs(tmp_path) == [("chat.txt", "queued")]
    assert len(arrived(tmp_path)) == 1
