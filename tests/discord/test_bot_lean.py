"""The bot gets the least that Discord may send, and does all it can do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bot_harness import PAGE_ROUTE, Scene, fake_trainer, rows, running_bot
from judging import specification, tap_all
from lean import Lean

from bot.loopback.world.world import FORUM, VOICE_CHANNEL


@pytest.fixture(autouse=True)
def lean(judge: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lean]:
    """Strip all that the bot gets; something has to be stripped in every test."""
    tap = Lean(specification())
    tap_all(monkeypatch, tap)
    yield tap
    assert {"avatar_decoration_data", "banner", "topic", "nsfw"} & tap.taken


async def test_channels_threads_and_forums_are_learned(scene: Scene, lean: Lean) -> None:
    world = scene.world
    forum = world.add_channel(scene.guild, "forum", kind=FORUM)
    voice = world.add_channel(scene.guild, "voice", kind=VOICE_CHANNEL)
    places = [
        voice,
        world.add_thread(scene.talk, "active"),
        world.add_thread(forum, "a post"),
        world.add_thread(scene.talk, "archived", archived_ms=1_700_000_000_000),
    ]
    for number, place in enumerate(places):
        world.fill_channel(place, rows(60, text=f"place {number}, message {{}}"))
    async with running_bot(scene):
        outcome = await scene.train(scene.talk, forum, voice, options="--threads true")
        assert "**Trained** on 490 messages" in outcome
        world.fill_channel(places[1], rows(60, start=300, text="new {}"))
        assert "60 messages" in await scene.train(scene.talk, options="--threads true")
    assert "last_message_id" in lean.taken


async def test_commands_buttons_and_menus_are_answered(scene: Scene) -> None:
    async with running_bot(scene):
        message = await scene.ask_message("!generate hello --seed 4")
        await scene.press(message, "Another one")
        again = await scene.next_message()
        assert again["content"].startswith("hello")
        await scene.press(again, "More…")
        await scene.press(await scene.next_message(), "Delete")
        await scene.you.expect("MESSAGE_DELETE", lambda data: data["id"] == again["id"])
        said = await scene.you.say(scene.talk.id, "once upon a time")
        menu = ("Continue this message",)
        await scene.you.run(scene.guild.id, scene.talk.id, *menu, target_id=int(said["id"]))
        assert (await scene.from_bot()).startswith("once upon a time")
        assert "What you can ask" in await scene.ask("!help")


async def test_similar_messages_are_found_and_the_map_is_drawn(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.talk.id, "!similar message 7")
        assert "message 7" in await scene.from_bot()
        await scene.you.say(scene.talk.id, "!model map")
        shown = await scene.you.expect("MESSAGE_CREATE", lambda data: data["attachments"])
        assert shown["attachments"][0]["filename"].endswith(".png")


async def test_edits_and_deletions_are_heeded(scene: Scene) -> None:
    mine = [scene.world.post(scene.talk, scene.world.you, f"mine {n}") for n in range(3)]
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=2)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        path = f"/channels/{scene.talk.id}/messages"
        await scene.you.request("DELETE", f"{path}/{mine[0].id}")
        await scene.you.request("PATCH", f"{path}/{mine[1].id}", {"content": "changed"})
        await scene.ask("!about")
        gate.open()
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 252 messages\n`█")
        learned = scene.corpus()
        assert "mine 0" not in learned
        assert "changed" in learned
        await scene.ask("!train cancel")
        await scene.outcome()
