"""The bot where it may not read what is written: slash commands and mentions work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import Scene, open_scene, running_bot

from bot.loopback.state.options import SandboxOptions


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    options = SandboxOptions(rate_limits=False, message_content_intent=False)
    async with open_scene(tmp_path, options=options) as opened:
        yield opened


async def test_slash_commands_buttons_and_mentions_work(scene: Scene) -> None:
    async with running_bot(scene, message_content=False):
        await scene.you.say(scene.commands.id, "!generate")  # nothing of it is seen
        prompt = {"type": 3, "name": "prompt", "value": "hello"}
        await scene.you.run(scene.guild.id, scene.commands.id, "generate", prompt)
        message = await scene.next_message()
        assert message["content"].startswith("hello")
        await scene.press(message, "Another one")
        assert (await scene.next_message())["content"].startswith("hello")
        assert "I'm here" in await scene.ask(f"<@{scene.world.bot.id}> ping")
        said = await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> how are you?")
        answer = await scene.next_message()
        assert answer["message_reference"]["message_id"] == said["id"]
        other = await scene.you.say(scene.talk.id, "once upon a time")
        menu = "Continue this message"
        await scene.you.run(scene.guild.id, scene.talk.id, menu, target_id=int(other["id"]))
        assert (await scene.next_message())["content"].startswith("once upon a time")


async def test_it_tells_what_is_missing_and_where_to_switch_it_on(scene: Scene) -> None:
    async with running_bot(scene, message_content=False):
        for command in ("about", "help", "talk"):
            answer = await scene.ask(f"<@{scene.world.bot.id}> {command}")
            assert "don't have the Message Content Intent" in answer
            assert "https://discord.com/developers/applications" in answer
        refusal = await scene.ask(f"<@{scene.world.bot.id}> train <#{scene.talk.id}>")
        assert "I learn nothing" in refusal
