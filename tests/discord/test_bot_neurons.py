"""!model neurons as a person sees it, through the real client."""

from __future__ import annotations

import sys
from typing import Any

import aiohttp
import pytest
from bot_harness import Scene, running_bot
from random_checkpoints import random_checkpoint

from bot.loopback.wire.uploads import image_size
from textgen_core import base_weights_path, save_checkpoint

LINE = 'he said "see you @ann" and LEFT'


async def asked(scene: Scene, command: str) -> dict[str, Any]:
    """Return the message that the bot answers in the channel where people talk."""
    await scene.you.say(scene.talk.id, command)
    return dict(await scene.next_message())


async def size_of(message: dict[str, Any]) -> tuple[int, int]:
    (attachment,) = message["attachments"]
    async with aiohttp.ClientSession() as http, http.get(attachment["url"]) as answer:
        size = image_size(await answer.read())
    assert size is not None
    return size


async def test_a_line_is_seen_by_the_base_models_network(scene: Scene) -> None:
    async with running_bot(scene, base_model=base_weights_path()):
        message = await asked(scene, f"!model neurons {LINE}")
        assert message["content"].startswith("**The base model needed ")
        assert "The hardest character to guess was “" in message["content"]
        assert (await size_of(message))[0] == 800
        told = message["attachments"][0]["description"]
        assert told.startswith(f"The line “{LINE}”")
        assert "Unit 234 tells “quotes” (AUC " in told
        assert 'is active at “"see you @ann”' in told


async def test_a_line_goes_through_the_versions(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        for seed in (1, 2):
            await scene.train(how="full")
            record = await bot.services.models.current(scene.guild.id)
            assert record is not None
            path = scene.folder / "data" / record.path
            save_checkpoint(random_checkpoint(seed=seed), path)
        whole = await asked(scene, f"!model neurons {LINE}")
        assert whole["content"].startswith("**Version 2 needed ")
        first = await asked(scene, f"!model neurons 1 {LINE}")
        assert first["content"].startswith("**Version 1 needed ")
        assert (await size_of(first))[1] < (await size_of(whole))[1]
        own = await asked(scene, "!model neurons")
        assert own["content"].startswith("**Version 2 needed ")
        option = {"type": 3, "name": "version", "value": "9"}
        sub = {"type": 1, "name": "neurons", "options": [option]}
        await scene.you.run(scene.guild.id, scene.talk.id, "model", sub)
        assert "This server has no version “9”" in await scene.from_bot()


async def test_nothing_private_or_banned_is_shown(scene: Scene) -> None:
    async with running_bot(scene):
        message = await asked(scene, "!model neurons my key is AKIAIOSFODNN7EXAMPLE ok <@1> bye")
        told = message["attachments"][0]["description"]
        assert "AKIA" not in told
        assert "bye" in told
        await scene.ask("!settings words voldemort")
        refused = await asked(scene, "!model neurons hello Voldemort")
        assert "words in it that I never say" in refused["content"]
        assert not refused["attachments"]
        long = await asked(scene, "!model neurons " + "x" * 81)
        assert long["content"] == "That line has 81 characters. I can look at 80."


async def test_the_rules_of_writing_hold_and_failures_are_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (sys.executable, "-c", "raise SystemExit('no matplotlib here')")
    monkeypatch.setattr("bot.app.services.NEURONS", broken)
    async with running_bot(scene):
        assert "couldn't draw that" in (await asked(scene, "!model neurons hello"))["content"]
        await scene.ask(f"!talk deny <#{scene.talk.id}>")
        refused = await asked(scene, "!model neurons hello")
        assert "asked me not to write" in refused["content"]
