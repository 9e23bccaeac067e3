"""The token stays with the bot: in no log, file, process list or environment of its children."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from bot_harness import FAKE_TRAINER, REAL_TRAINING_S, WAIT_S, open_scene, start_python
from typed_bot import SERVE

POLL_S = 0.05


@dataclass(slots=True)
class Seen:
    """What others on the machine can see of the bot, and its children of its environment."""

    bot: psutil.Process
    command: list[str] = field(default_factory=list)
    children: dict[int, tuple[list[str], dict[str, str]]] = field(default_factory=dict)

    async def look(self) -> None:
        """Look at the bot and its children until cancelled."""
        while True:
            with contextlib.suppress(psutil.Error):
                self.command = self.bot.cmdline()
                for child in self.bot.children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        self._note(child)
            await asyncio.sleep(POLL_S)

    def _note(self, child: psutil.Process) -> None:
        command = child.cmdline()
        if command != self.command:  # else it is still on its way to be what it will be
            self.children[child.pid] = command, child.environ()

    def ran(self, name: str) -> bool:
        return any(name in part for command, _ in self.children.values() for part in command)


async def test_no_process_log_or_file_shows_the_token(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CONSENT=given\nLOG_LEVEL=DEBUG\n", encoding="utf-8")
    async with open_scene(tmp_path) as scene:
        token = scene.discord.bot_token
        serve = ("-c", SERVE, scene.discord.url, str(FAKE_TRAINER), "steps")
        process = await start_python(tmp_path, *serve, DISCORD_TOKEN=token)
        seen = Seen(psutil.Process(process.pid))
        looking = asyncio.create_task(seen.look())
        reading = asyncio.create_task(process.communicate())
        await scene.until_it_answers()
        # The host has agreed in .env, so nobody is asked.
        assert "starts in a moment" in await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.outcome(timeout_s=REAL_TRAINING_S)
        await scene.press(await scene.ask_message("!model info"), "Details")
        await scene.you.expect(
            "MESSAGE_UPDATE", lambda data: data["attachments"], timeout_s=REAL_TRAINING_S
        )
        await scene.ask("!generate --temperature hot")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WAIT_S):
            out, err = await reading
        looking.cancel()
    assert seen.ran("fake_trainer.py")
    assert seen.ran("bot.plots.loss_curve")
    assert token not in " ".join(seen.command)
    for command, environment in seen.children.values():
        assert token not in " ".join((*command, *environment.values()))
        assert "PATH" in environment
    assert b"train job 1" in err
    assert token.encode() not in out + err
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(files) > 2
    assert [path for path in files if token.encode() in path.read_bytes()] == []
