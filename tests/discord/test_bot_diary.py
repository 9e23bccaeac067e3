"""A server's versions over time, through the real client."""

from __future__ import annotations

import aiohttp
import pytest
from bot_harness import Scene, fake_trainer, running_bot

from bot.models.version_history import new_words
from bot.plots.renderer import PNG_BEGINS


async def test_the_diary_is_a_picture_with_words(scene: Scene) -> None:
    async with running_bot(scene):
        assert "no version here yet" in await scene.ask("!model log")
        assert (await scene.train()).startswith("✅")
    async with running_bot(scene, fake_trainer("worse")):
        scene.world.fill_channel(
            scene.talk,
            [
                {"author": "ann", "content": f"new {n}", "timestamp": "2025-01-01T00:00:00+00:00"}
                for n in range(60)
            ],
        )
        await scene.train()
        await scene.ask("!model use base")
        message = await scene.ask_message("!model log")
        (file,) = message["attachments"]
        assert file["filename"] == "diary.png"
        assert "Version 1, " in file["description"]
        assert "Version 2, " in file["description"]
        assert "it never talked" in file["description"]
        async with aiohttp.ClientSession() as session, session.get(file["url"]) as answer:
            assert (await answer.read()).startswith(PNG_BEGINS)
        assert "**1**" in message["content"]
        assert "never talked" in message["content"]
        assert "talked for" in message["content"]
    uses = scene.query("SELECT model_id IS NULL FROM model_use ORDER BY use_id")
    assert uses == [(0,), (1,)]


async def test_without_a_picture_the_words_are_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(scene) as bot:
        assert (await scene.train()).startswith("✅")
        monkeypatch.setattr(bot.services.diary._drawing, "_command", ("false",))
        message = await scene.ask_message("!model log")
        assert message["attachments"] == []
        assert message["content"].startswith("**My diary**")


def test_new_words_are_those_that_the_one_before_does_not_say() -> None:
    class Says:
        taste = None

        def __init__(self, *texts: str) -> None:
            self._texts = texts

        def generate(self, options: object) -> list[str]:
            return [*self._texts]

    after, before = Says("zorblax today", "hello zorblax"), Says("hello today")
    assert new_words(after, before) == ["zorblax"]  # type: ignore[arg-type]
    assert new_words(after, None)[0] == "zorblax"  # type: ignore[arg-type]
    chatty = Says("there there there", "have there zorblax", "have quuxly")
    words = new_words(chatty, None)  # type: ignore[arg-type]
    assert {*words[:2]} == {"zorblax", "quuxly"}  # what everybody says comes last
    assert words[2:] == ["there", "have"]
