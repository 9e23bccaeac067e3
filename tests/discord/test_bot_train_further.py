"""A second !train goes on with the model that speaks, on what is new."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot_harness import Scene, fake_trainer, rows, running_bot

from bot.loopback.world.world import FORUM

LEARNED = "SELECT version, channel_id, model_channel.messages FROM model_channel JOIN model USING"


def learned(scene: Scene) -> list[tuple[Any, ...]]:
    return scene.query(f"{LEARNED} (model_id) ORDER BY version, channel_id")


def model(scene: Scene, version: int) -> Path:
    return scene.folder / "data" / "models" / str(scene.guild.id) / f"{version}.safetensors"


def say_more(scene: Scene, count: int, *, start: int = 250) -> None:
    scene.world.fill_channel(scene.talk, rows(count, start=start, text="new {}"))


async def test_only_what_is_new_is_read_and_the_live_model_is_trained_on(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        pages = scene.pages()
        say_more(scene, 60)
        outcome = await scene.train()
        assert scene.pages() == pages + 1
    assert "**Trained** on 60 messages" in outcome
    assert "on top of version 1" in outcome
    assert "Read: <t:1704" in outcome
    assert learned(scene) == [(1, scene.talk.id, 250), (2, scene.talk.id, 310)]
    assert scene.query("SELECT COUNT(*) FROM job_known") == [(0,)]
    assert scene.left_texts() == []


async def test_the_training_is_given_the_live_models_file(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
    say_more(scene, 60)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60 messages\n`█")
        assert scene.corpus() == [f"new {number}" for number in range(250, 310)]
        (base,) = (scene.folder / "data" / "corpora").glob("*/base.safetensors")
        assert base.read_bytes() == model(scene, 1).read_bytes()
        # It is the job's own: whatever becomes of that version, the job goes on.
        model(scene, 1).unlink()
        scene.you.events.clear()
    async with running_bot(scene, fake_trainer("hold")):
        assert "on top of version 1" in await scene.outcome()


async def test_too_little_that_is_new_is_told_with_the_way_out(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        say_more(scene, 7)
        outcome = await scene.train()
        assert "Only 7 new messages" in outcome
        assert "`!train full #channel`" in outcome
        assert learned(scene) == [(1, scene.talk.id, 250)]
        say_more(scene, 50, start=257)
        assert "on 57 messages" in await scene.train()


async def test_full_starts_over_with_everything(scene: Scene) -> None:
    second = scene.world.add_channel(scene.guild, "second")
    scene.world.fill_channel(second, rows(70))
    async with running_bot(scene):
        await scene.train(scene.talk, second)
        say_more(scene, 10)
        outcome = await scene.train(how="full")
    assert "on 260 messages" in outcome
    assert "on top" not in outcome
    assert learned(scene) == [
        (1, scene.talk.id, 250),
        (1, second.id, 70),
        (2, scene.talk.id, 260),
    ]


async def test_another_channel_is_added_to_what_is_known(scene: Scene) -> None:
    second = scene.world.add_channel(scene.guild, "second")
    scene.world.fill_channel(second, rows(70))
    async with running_bot(scene):
        await scene.train()
        assert "on 70 messages" in await scene.train(second)
    assert learned(scene)[1:] == [(2, scene.talk.id, 250), (2, second.id, 70)]


async def test_a_failed_or_cancelled_training_moves_no_cursor(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("crash")):
        assert "❌" in await scene.train()
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        await scene.ask("!train cancel")
        await scene.outcome()
    assert learned(scene) == []
    assert scene.left_texts() == []
    async with running_bot(scene):
        assert "on 250 messages" in await scene.train()


async def test_what_is_known_goes_with_the_version_that_speaks(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        say_more(scene, 60)
        await scene.train()
    with closing(sqlite3.connect(scene.folder / "data" / "textgen.sqlite3")) as database:
        database.execute(
            "UPDATE guild SET model_id = (SELECT model_id FROM model WHERE version = 1)"
        )
        database.commit()
    async with running_bot(scene):
        outcome = await scene.train()
    assert "on 60 messages" in outcome  # read again, for version 1 does not know them
    assert "on top of version 1" in outcome
    assert learned(scene)[-1] == (3, scene.talk.id, 310)


async def test_a_missing_model_file_is_told(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        model(scene, 1).unlink()
        say_more(scene, 60)
        assert "Start over with `!train full #channel`" in await scene.train()


async def test_the_slash_command_full_is_the_same(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        channel = {"type": 7, "name": "channel", "value": str(scene.talk.id)}
        start = {"type": 1, "name": "full", "options": [channel]}
        await scene.you.run(scene.guild.id, scene.commands.id, "train", start)
        assert "on 250 messages" in await scene.outcome()


async def test_what_was_learned_in_an_nsfw_channel_stays_so_in_later_versions(
    scene: Scene,
) -> None:
    adult = scene.world.add_channel(scene.guild, "adult", nsfw=True)
    scene.world.fill_channel(adult, rows(60))
    forum = scene.world.add_channel(scene.guild, "adult-forum", kind=FORUM, nsfw=True)
    post = scene.world.add_thread(forum, "a post")
    scene.world.fill_channel(post, rows(60))
    async with running_bot(scene):
        await scene.train()
        assert "NSFW" not in await scene.ask("!generate")
        for channel in (adult, forum):
            await scene.train(channel)
            say_more(scene, 60, start=250 if channel is adult else 310)
            await scene.train()  # the newest training alone has seen nothing of the kind
            assert "learned from an NSFW channel" in await scene.ask("!generate")
            await scene.train(how="full")
            assert "NSFW" not in await scene.ask("!generate")
