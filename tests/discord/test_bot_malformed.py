"""Discord's answers are not what they should be: trainings and starts go on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import bot_harness
import discord
import pytest
from bot_harness import QUICKLY, Scene, fake_trainer, running_bot, until
from judging import tap_all

from bot.loopback.state.taps import Answer, Exchange, Tap

EDIT = ("PATCH", "/channels/{channel_id}/messages/{message_id}")
POST = ("POST", "/channels/{channel_id}/messages")
COMMANDS = ("PUT", "/applications/{application_id}/commands")
MALFORMED = [{}, {"id": None}, [], {"id": "1", "author": 5}, {"message": "hi", "type": "x"}]


class Malformed(Tap):
    """Gives the bot something else in place of an answer, a few times."""

    def __init__(self) -> None:
        self.route = ("", "")
        self.given: Any = None
        self.times = 0

    def plan(self, route: tuple[str, str], given: Any, times: int) -> None:
        self.route, self.given, self.times = route, given, times

    def answer(self, exchange: Exchange) -> Answer:
        """Return the answer, or what is planned in its place."""
        if not exchange.user.bot or (exchange.method, exchange.path) != self.route:
            return exchange.answer
        if self.times <= 0 or exchange.status != 200:
            return exchange.answer
        self.times -= 1
        return self.given  # type: ignore[no-any-return]


@pytest.fixture
def malformed(judge: object, monkeypatch: pytest.MonkeyPatch) -> Malformed:
    tap = Malformed()
    tap_all(monkeypatch, tap)
    return tap


def untold(scene: Scene) -> list[Any]:
    return scene.query("SELECT 1 FROM train_job WHERE told_at IS NULL")


@pytest.mark.parametrize("given", MALFORMED)
async def test_a_malformed_answer_to_an_edit_is_outlived(
    malformed: Malformed, scene: Scene, given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is lost is one edit of the progress; the last words are said again."""
    monkeypatch.setattr(bot_harness, "QUICKLY", replace(QUICKLY, tell_again_s=(0.05,) * 20))
    async with running_bot(scene, fake_trainer()):
        malformed.plan(EDIT, given, times=4)
        assert (await scene.train()).startswith("✅")
        await until(lambda: not untold(scene))
        assert malformed.times <= 3
        assert "250 messages" in await scene.ask("!model")


@pytest.mark.parametrize("given", [*MALFORMED, [{}], [{"name": 5, "id": "x"}], "nonsense"])
async def test_a_malformed_answer_to_the_commands_does_not_stop_the_start(
    malformed: Malformed, scene: Scene, given: Any, caplog: pytest.LogCaptureFixture
) -> None:
    malformed.plan(COMMANDS, given, times=1)
    async with running_bot(scene):
        assert "What you can ask" in await scene.ask("!help")
    if given:  # else it says that there are no commands
        assert "did not take the slash commands" in caplog.text
        assert scene.query("SELECT 1 FROM bot_fact WHERE name = 'commands_told_to_discord'") == []


@pytest.mark.parametrize(
    "error", [aiohttp.ServerDisconnectedError(), TimeoutError(), ConnectionResetError(104, "gone")]
)
async def test_a_connection_that_breaks_while_commands_are_told_does_not_stop_the_start(
    scene: Scene, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(discord.app_commands.CommandTree, "sync", broken)
    async with running_bot(scene):
        assert "What you can ask" in await scene.ask("!help")
