"""The game of whose line it is, through the real client."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import Scene, open_scene, rows, running_bot

from bot.loopback.person import Person
from bot.loopback.wire.json_fields import Payload


def lines_of(message: Payload) -> list[str]:
    return [line[len("**1** ") :] for line in message["content"].split("\n\n")[1:5]]


def is_of_people(line: str) -> bool:
    return re.fullmatch(r"message \d+ of that day", line) is not None


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=0) as opened:
        opened.world.fill_channel(opened.talk, rows(9, text="message {} of that day"))
        yield opened


async def ask_in_talk(scene: Scene) -> Payload:
    await scene.you.say(scene.talk.id, "!guess")
    return await scene.next_message()


async def test_a_round_is_played_shown_and_counted(scene: Scene) -> None:
    user = scene.world.add_user("ann")
    scene.world.add_member(scene.guild, user)
    async with running_bot(scene), Person(scene.discord.url, user.token or "") as ann:
        question = await ask_in_talk(scene)
        lines = lines_of(question)
        (mine,) = [number for number, line in enumerate(lines, 1) if not is_of_people(line)]
        await scene.press(question, "Show me")
        assert "Guess first" in await scene.from_bot()
        wrong = 1 + mine % 4
        await scene.press(question, str(wrong))
        assert await scene.from_bot() == (
            f"You say {wrong}. Press another number to change your mind."
        )
        await scene.press(question, str(mine))
        await scene.from_bot()
        await scene.press(question, str(wrong), ann)
        await ann.expect("MESSAGE_CREATE", lambda seen: seen["flags"] & 64)
        await scene.press(question, "Show me", ann)
        told = await scene.from_bot("MESSAGE_UPDATE")
        assert told.startswith(f"🕵️ **Number {mine} was mine.** Found by <@{scene.world.you.id}>.")
        assert told.count("👤") == 3
        assert "1 of 2 guesses (50%). Blind luck gets 25%." in told
        unfinished = await ask_in_talk(scene)
    assert scene.query("SELECT guesses_right, guesses FROM server") == [(1, 2)]
    async with running_bot(scene):  # which knows no rounds of before
        await scene.press(unfinished, "1")
        assert "That round is over" in await scene.from_bot()


async def test_who_opted_out_is_in_no_round_and_too_little_is_told(scene: Scene) -> None:
    for message in scene.talk.messages:
        message.author = scene.world.you
    async with running_bot(scene):
        assert len(lines_of(await ask_in_talk(scene))) == 4
        await scene.you.run(
            scene.guild.id, scene.commands.id, "privacy", {"type": 1, "name": "out"}
        )
        await scene.from_bot()
        assert "Too little was said here" in (await ask_in_talk(scene))["content"]
        await scene.ask("!settings learns files")
        assert "Too little" not in (await ask_in_talk(scene))["content"]
