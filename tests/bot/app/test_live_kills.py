"""A bot with a live channel, killed while people write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import START_S, Scene, make_base, open_scene, until
from bot_outside import bot_process

ROUNDS = 2


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as opened:
        make_base(tmp_path)
        yield opened


def counted(scene: Scene) -> list[int]:
    return [row[0] for row in scene.query("SELECT message_id FROM live_message")]


async def test_killed_while_people_write_it_loses_and_repeats_nothing(scene: Scene) -> None:
    said: list[int] = []

    async def say(text: str) -> None:
        said.append(int((await scene.you.say(scene.talk.id, text))["id"]))

    for number in range(ROUNDS):
        async with bot_process(scene, "quick") as kill:
            await scene.until_it_answers()
            if not number:
                await scene.ask(f"!train live <#{scene.talk.id}>")
            await say(f"the first of round {number}")
            await until(lambda: said[-1] in counted(scene))
            for again in range(20):
                await say(f"round {number}, message {again}")
            await kill()  # some of them count, and some were on their way
        await say(f"nobody hears round {number}")
    async with bot_process(scene, "quick"):
        await until(lambda: sorted(counted(scene)) == said, START_S)
