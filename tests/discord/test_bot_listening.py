"""What was just said where the bot writes, through the real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from bot_harness import PAGE_ROUTE, WAIT_S, Scene, running_bot

from bot.app.client import TextgenBot
from bot.loopback.person import Person
from textgen_core import Engine


@pytest.fixture
def taken_up(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return what engines were given to take up, text after text."""
    given: list[list[str]] = []
    listening = Engine.listening

    def noted(engine: Engine, messages: Sequence[str], *counted: Any) -> Engine:
        given.append([*messages])
        return listening(engine, messages, *counted)

    monkeypatch.setattr(Engine, "listening", noted)
    return given


async def heard(bot: TextgenBot, scene: Scene) -> list[str]:
    return await bot.services.live_memory.heard(scene.guild.id, scene.talk.id)


async def test_a_text_takes_up_the_last_messages_of_its_channel(
    scene: Scene, taken_up: list[list[str]]
) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.talk.id, "the zorblax is late")
        await scene.you.say(scene.talk.id, "!generate")
        await scene.next_message()
        await scene.you.say(scene.commands.id, "!generate")  # where nothing was said
        await scene.next_message()
        assert [said[-1:] for said in taken_up] == [["the zorblax is late"]]
        assert len(taken_up[0]) == 50
        asked = scene.pages()
        await scene.you.say(scene.talk.id, "no zorblax today")
        await scene.you.say(scene.talk.id, "!generate")
        await scene.next_message()
        assert taken_up[-1][-2:] == ["the zorblax is late", "no zorblax today"]
        assert scene.pages() == asked  # Discord is asked once
        for exact in ("--seed 7", "--temperature 0.9", "--model base"):
            await scene.you.say(scene.talk.id, f"!generate {exact}")
            await scene.next_message()
        assert len(taken_up) == 2


@pytest.fixture
async def ann(scene: Scene) -> AsyncIterator[Person]:
    user = scene.world.add_user("ann")
    scene.world.add_member(scene.guild, user)
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


async def test_edits_deletions_and_opting_out_count_at_once(scene: Scene, ann: Person) -> None:
    path = f"/channels/{scene.talk.id}/messages"
    async with running_bot(scene) as bot:

        async def end_with(*texts: str) -> None:
            """Return when that was heard last; the bot handles events side by side."""
            async with asyncio.timeout(WAIT_S):
                while (await heard(bot, scene))[-len(texts) :] != [*texts]:
                    await scene.ask("!ping")

        last = (await heard(bot, scene))[-1]
        wrong = await scene.you.say(scene.talk.id, "the zorblxa is late")
        of_ann = await ann.say(scene.talk.id, "so is my bus")
        await end_with(wrong["content"], of_ann["content"])
        await scene.you.request("PATCH", f"{path}/{wrong['id']}", {"content": "the zorblax"})
        await end_with("the zorblax", of_ann["content"])
        out = {"type": 1, "name": "out"}
        await ann.run(scene.guild.id, scene.commands.id, "privacy", out)
        await end_with(last, "the zorblax")
        await scene.you.request("DELETE", f"{path}/{wrong['id']}")
        await end_with(last)


async def test_a_server_may_not_want_it(scene: Scene, taken_up: list[list[str]]) -> None:
    async with running_bot(scene) as bot:
        for setting in ("listens off", "learns files"):
            assert len(await heard(bot, scene)) == 50
            assert "❌" not in await scene.ask(f"!settings {setting}")
            assert await heard(bot, scene) == []
            await scene.you.say(scene.talk.id, "!generate")
            await scene.next_message()
            await scene.ask(f"!settings {setting.split()[0]} default")
        assert [said for said in taken_up if said] == []


async def test_commands_bots_and_what_is_private_are_not_heard(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await heard(bot, scene)
        await scene.you.say(scene.talk.id, "!help")
        await scene.next_message()
        await scene.you.say(scene.talk.id, "write to ann@example.com or call 202-555-0147")
        await scene.ask("!ping")
        last = (await heard(bot, scene))[-2:]
    assert last[0] == "message 249"
    assert "example" not in last[1]
    assert "555" not in last[1]


async def test_where_the_history_is_closed_texts_are_written_without(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        scene.discord.faults.fail(PAGE_ROUTE, times=10, status=403)
        assert await heard(bot, scene) == []
        await scene.you.say(scene.talk.id, "!generate")
        assert (await scene.next_message())["content"]
