"""textgen-bot as it is typed: one sentence for every failure, a clean stop, no TensorFlow."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from bot_harness import FAKE_TRAINER, START_S, open_scene, run_python, small_disk, start_python
from typed_bot import START, last_line

from bot.loopback.state.options import SandboxOptions

DEMO_WITHOUT_TRAINING = """
import sys
import bot.cli.demo
from bot.cli.main import main
from bot.training.local_trainer import LocalTrainer

usual = bot.cli.demo.open_bot
bot.cli.demo.open_bot = lambda settings, trainer: usual(settings, LocalTrainer(sys.argv[1:4]))
status = main(["demo", "--once", "--json"])
heavy = {"tensorflow", "keras"} & set(sys.modules)
assert not heavy, heavy
raise SystemExit(status)
"""


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, "DISCORD_TOKEN is missing"),
        ({"DISCORD_TOKEN": ""}, "DISCORD_TOKEN is missing"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, got 'loud'"),
        ({"DISCORD_TOKEN": "x", "DATA_DIR": "/dev/null/data"}, "DATA_DIR /dev/null/data"),
    ],
)
async def test_bad_settings_cost_one_sentence(
    tmp_path: Path, env: dict[str, str], expected: str
) -> None:
    status, out, err = await run_python(tmp_path, "-m", "bot", "run", **env)
    assert status == 1
    assert expected in last_line(err)
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("env_file", "expected"),
    [
        (b"TRAIN_BUDGET_S=soon\n", "TRAIN_BUDGET_S must be a number of seconds"),
        (b"PREFIX=far too long\n", "PREFIX must be 1 to 5 characters"),
        (b"PREFIX=\xff\xfe\n", ".env is not a UTF-8 text file"),
    ],
)
async def test_a_corrupt_env_file_costs_one_sentence(
    tmp_path: Path, env_file: bytes, expected: str
) -> None:
    (tmp_path / ".env").write_bytes(env_file)
    status, out, err = await run_python(tmp_path, "-m", "bot", "run", DISCORD_TOKEN="x")
    assert status == 1
    assert expected in err
    assert err.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "data").exists()


async def test_a_refused_token_costs_one_sentence(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        status, _, err = await run_python(
            tmp_path, "-c", START, scene.discord.url, "run", DISCORD_TOKEN="wrong-token"
        )
    assert status == 1
    assert "Discord refused DISCORD_TOKEN" in last_line(err)
    assert "Traceback" not in err
    assert "wrong-token" not in err


async def test_without_the_intent_it_runs_on_slash_commands_and_says_so(tmp_path: Path) -> None:
    options = SandboxOptions(rate_limits=False, message_content_intent=False)
    async with open_scene(tmp_path, options=options) as scene:
        token = scene.discord.bot_token
        process = await start_python(tmp_path, "-c", START, scene.discord.url, DISCORD_TOKEN=token)
        assert process.stderr is not None
        log = b""
        async with asyncio.timeout(START_S):
            while b"connected as" not in log:
                log += await process.stderr.readline()
            await scene.you.run(scene.guild.id, scene.commands.id, "generate")
            await scene.from_bot()
            process.send_signal(signal.SIGTERM)
            await process.communicate()
    assert process.returncode == 0
    assert b"Message Content Intent" in log
    assert b"Traceback" not in log


async def test_no_discord_costs_one_sentence(tmp_path: Path) -> None:
    status, _, err = await run_python(
        tmp_path, "-c", START, "http://127.0.0.1:9", "run", DISCORD_TOKEN="x"
    )
    assert status == 1
    assert "Discord cannot be reached" in last_line(err)
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_bot_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    async with open_scene(tmp_path) as scene:
        process = await start_python(
            tmp_path,
            *("-c", START, scene.discord.url),
            DISCORD_TOKEN=scene.discord.bot_token,
        )
        assert process.stderr is not None
        async with asyncio.timeout(START_S):
            while b"connected as" not in await process.stderr.readline():
                pass
            process.send_signal(number)
            _, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in err


async def test_a_channel_file_that_is_none_costs_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file.jsonl.gz").write_bytes(b"nonsense")
    arguments = ("-m", "bot", "demo", "--once", "--channel", "file.jsonl.gz")
    status, _, err = await run_python(tmp_path, *arguments)
    assert status == 1
    assert "file.jsonl.gz cannot be read" in last_line(err)
    assert "Traceback" not in err


async def test_the_demo_prints_its_address_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    process = await start_python(tmp_path, "-m", "bot", "demo")
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        line = await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert b"The page is at http://127.0.0.1:" in line
    assert process.returncode == 0
    assert b"Traceback" not in err


async def test_the_bots_process_never_imports_tensorflow_or_keras(tmp_path: Path) -> None:
    status, out, err = await run_python(
        tmp_path, "-c", DEMO_WITHOUT_TRAINING, sys.executable, str(FAKE_TRAINER), "quick"
    )
    assert status == 0, err
    assert '"collected": 1999' in out  # the other one is a command to another bot


async def test_a_demo_that_makes_nothing_better_prints_its_figures(tmp_path: Path) -> None:
    status, out, err = await run_python(
        tmp_path, "-c", DEMO_WITHOUT_TRAINING, sys.executable, str(FAKE_TRAINER), "worse"
    )
    assert status == 0, err
    result = json.loads(out)
    assert result["bits_per_char_after"] == 3.2
    assert len(result["samples"]) == 5


async def test_a_demo_whose_training_fails_says_so(tmp_path: Path) -> None:
    status, out, err = await run_python(
        tmp_path, "-c", DEMO_WITHOUT_TRAINING, sys.executable, str(FAKE_TRAINER), "crash"
    )
    assert status == 1
    assert out == ""
    assert "Training failed" in last_line(err)


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("models",)])
async def test_a_program_without_standard_output_says_no_more_than_that(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    closing = (
        "import os, sys; os.close(1); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    _, out, err = await run_python(tmp_path, "-c", closing, "-m", "bot", *arguments)
    assert out == ""
    assert "Traceback" not in err


async def test_the_doctor_speaks_where_there_is_ascii_alone(tmp_path: Path) -> None:
    env = {"PYTHONIOENCODING": "ascii", "PROXY": "http://127.0.0.1:9", "DISCORD_TOKEN": "x"}
    status, out, err = await run_python(tmp_path, "-m", "bot", "doctor", **env)
    assert (status, "Traceback" in err) == (1, False)
    assert "errors" in out


async def test_a_full_disk_is_named_at_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 300) as disk:
        env = {"DATA_DIR": str(disk / "data"), "DISCORD_TOKEN": "x", "PROXY": "http://127.0.0.1:9"}
        status, _, err = await run_python(tmp_path, "-m", "bot", **env)
    assert status == 1
    assert last_line(err).endswith("(database or disk is full): free some space on its disk.")
