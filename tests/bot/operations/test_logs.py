"""The log: lines for people or JSON, without tokens and without what people say."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from pathlib import Path

import pytest
from bot_harness import FAKE_TRAINER, WAIT_S, Scene, open_scene
from typed_bot import start_serving

from bot.config import load_settings
from bot.operations.log_setup import set_up_logging

ROOT = Path(__file__).parents[3]
PROMPT = "a prompt that nobody else types"


async def log_of_a_day(scene: Scene, mode: str, **env: str) -> str:
    """Let the bot train and talk, stop it, and return its log."""
    path = scene.folder / "log"
    process = await start_serving(scene, path, str(FAKE_TRAINER), mode, **env)
    await scene.until_it_answers()
    await scene.train()
    await scene.ask(f"!generate {PROMPT}")
    await scene.ask("!generate --temperature hot")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WAIT_S):
        assert await process.wait() == 0
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("mode", ["quick", "crash"])
async def test_the_log_holds_no_token_and_no_words_of_people(tmp_path: Path, mode: str) -> None:
    async with open_scene(tmp_path) as scene:
        log = await log_of_a_day(scene, mode, LOG_LEVEL="DEBUG")
        token = scene.discord.bot_token
        said = [PROMPT, *(f"message {number}" for number in range(250))]
    assert "train job 1" in log
    assert ("a last word on standard error" in log) == (mode == "crash")
    assert token not in log
    assert [text for text in said if text in log] == []


async def test_json_is_an_object_a_line_and_one_line_a_finished_job(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        lines = (await log_of_a_day(scene, "quick", LOG_FORMAT="json")).splitlines()
    records = [json.loads(line) for line in lines]
    assert all({"time", "level", "logger", "message"} <= record.keys() for record in records)
    assert [record for record in records if record["level"] == "WARNING"] == []
    (finished,) = [record for record in records if "job_s" in record]
    assert finished["train_job_id"] == 1
    assert finished["guild_id"] == scene.guild.id
    assert finished["status"] == "done"


@pytest.mark.parametrize("kind", ["text", "json"])
def test_what_libraries_let_slip_is_taken_out(
    kind: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    try:
        set_up_logging(load_settings(None, discord_token="a.bot.token", log_format=kind))
        address = "https://discord.com/api/v10/interactions/12/aW50ZXJhY3Rpb24tdG9rZW4/callback"
        logging.getLogger("discord.http").warning("%s failed for %s", address, "a.bot.token")
    finally:
        root.handlers = before
        root.setLevel(level)
    line = capsys.readouterr().err
    assert "a.bot.token" not in line
    assert "aW50ZXJhY3Rpb24tdG9rZW4" not in line
    assert "interactions/12/[removed]/callback failed for [removed]" in line
