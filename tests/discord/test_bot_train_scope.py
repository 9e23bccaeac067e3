"""!train with limits, threads and forums, and several channels at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bot_harness import PAGE_ROUTE, Scene, fake_trainer, rows, running_bot

from bot.corpus.collector import AT_ONCE
from bot.loopback.world.model import Channel, Overwrite
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import FORUM

ARCHIVED_MS = 1_706_000_000_000


def recent_rows(count: int, *, days: float):
    """Return messages sent evenly over so many past days, up to an hour ago."""
    end = datetime.now(UTC) - timedelta(hours=1)
    for number in range(count):
        sent_at = end - timedelta(days=days) * (1 - (number + 1) / count)
        yield {"author": "ann", "timestamp": sent_at.isoformat(), "content": f"recent {number}"}


async def training_on(scene: Scene, command: str) -> list[str]:
    """Return the messages that a command's training is given."""
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(command)
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on ")
        return scene.corpus()


async def test_last_reads_only_what_is_young_enough(scene: Scene) -> None:
    scene.world.fill_channel(scene.talk, recent_rows(200, days=20))
    async with running_bot(scene):
        outcome = await scene.train(options="--last 10d")
        assert scene.pages() == 2  # the hundred, and none after them
    assert "**Trained** on 100 messages" in outcome
    assert "nothing before <t:" in outcome


async def test_max_reads_the_newest_from_the_end(scene: Scene) -> None:
    texts = await training_on(scene, f"!train <#{scene.talk.id}> --max 120")
    assert texts == [f"message {number}" for number in range(130, 250)]
    assert scene.pages() == 2


async def test_a_capped_history_is_never_told_as_the_whole(scene: Scene) -> None:
    async with running_bot(scene):
        outcome = await scene.train(options="--max 60")
    assert "**Trained** on 60 messages" in outcome
    assert "Read: <t:1704" in outcome
    assert "only the newest 60 messages of each channel" in outcome


async def test_a_capped_reading_goes_on_after_a_restart(scene: Scene) -> None:
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}> --max 220")
        await gate.reached.wait()
    gate.open()
    assert scene.query("SELECT messages FROM job_channel") == [(100,)]
    async with running_bot(scene, fake_trainer("hold")):
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 220 messages")
        assert scene.corpus() == [f"message {number}" for number in range(30, 250)]


async def test_what_is_new_can_be_capped_as_well(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        scene.world.fill_channel(scene.talk, rows(80, start=250))
        assert "on 80 messages" in await scene.train(options="--max 100")
        scene.world.fill_channel(scene.talk, rows(80, start=330))
        assert "on 55 messages" in await scene.train(options="--max 55")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--last soon", "as a duration"),
        ("--last 0d", "choose from 1 h"),
        ("--max many", "a whole number from 0 to 100,000,000, as in `--max 1000`"),
        ("#nowhere --last 3d", "find that channel"),
    ],
)
async def test_bad_limits_are_answered_in_one_sentence(
    scene: Scene, options: str, expected: str
) -> None:
    async with running_bot(scene):
        answer = await scene.ask(f"!train <#{scene.talk.id}> {options}")
    assert expected in answer
    assert "\n" not in answer


def with_threads(scene: Scene) -> list[Channel]:
    """Give the talkative channel 130 archived threads and an active one of 2 messages each."""
    threads = [
        scene.world.add_thread(scene.talk, f"old {n}", archived_ms=ARCHIVED_MS + n)
        for n in range(130)
    ]
    threads.append(scene.world.add_thread(scene.talk, "active"))
    for number, thread in enumerate(threads):
        scene.world.fill_channel(thread, rows(2, start=1000 + 2 * number, text="threaded {}"))
    return threads


async def test_threads_are_read_on_request(scene: Scene) -> None:
    with_threads(scene)
    async with running_bot(scene):
        assert "on 250 messages" in await scene.train()
        outcome = await scene.train(how="full", options="--threads")
    assert "on 512 messages" in outcome
    assert "with 131 threads" in outcome


async def test_threads_that_are_known_cost_no_request(scene: Scene) -> None:
    threads = with_threads(scene)
    async with running_bot(scene):
        await scene.train(options="--threads")
        scene.world.fill_channel(threads[0], rows(60, start=5000))
        pages = scene.pages()
        assert "on 60 messages" in await scene.train(options="--threads")
        assert scene.pages() - pages <= 2  # the thread with news, and the channel


async def test_a_forum_means_its_posts(scene: Scene) -> None:
    forum = scene.world.add_channel(scene.guild, "forum", kind=FORUM)
    for number in range(3):
        archived_ms = ARCHIVED_MS if number else None
        post = scene.world.add_thread(forum, f"post {number}", archived_ms=archived_ms)
        scene.world.fill_channel(post, rows(30, start=100 * number, text="post {}"))
    async with running_bot(scene):
        assert "on 90 messages" in await scene.train(forum)


async def test_a_thread_deleted_meanwhile_is_done_without(scene: Scene) -> None:
    threads = with_threads(scene)
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=2)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}> --threads")
        await gate.reached.wait()
        for thread in threads[100:]:
            scene.discord.delete_channel(thread)
        gate.open()
        outcome = await scene.outcome()
    assert "on 450 messages" in outcome
    assert "with 100 threads" in outcome


async def test_slash_options_are_the_same(scene: Scene) -> None:
    with_threads(scene)
    async with running_bot(scene):
        options = [
            {"type": 7, "name": "channel", "value": str(scene.talk.id)},
            {"type": 5, "name": "threads", "value": True},
            {"type": 4, "name": "max", "value": 100},
        ]
        start = {"type": 1, "name": "start", "options": options}
        await scene.you.run(scene.guild.id, scene.commands.id, "train", start)
        assert "on 362 messages" in await scene.outcome()
        since = {"type": 3, "name": "last", "value": "2w"}
        start = {"type": 1, "name": "full", "options": [options[0], since]}
        await scene.you.run(scene.guild.id, scene.commands.id, "train", start)
        assert "0 messages that I can use" in await scene.outcome()


async def test_several_channels_are_read_at_once_but_not_all(scene: Scene) -> None:
    channels = [scene.world.add_channel(scene.guild, f"room-{n}") for n in range(AT_ONCE + 2)]
    for channel in channels:
        scene.world.fill_channel(channel, rows(150))
    most = 0
    gate = scene.discord.faults.hold(PAGE_ROUTE)
    meet = scene.discord.faults.meet
    waiting = 0

    async def counting(route: str) -> int | None:
        nonlocal waiting, most
        if route != PAGE_ROUTE:
            return await meet(route)
        waiting += 1
        most = max(most, waiting)
        if waiting == AT_ONCE:
            gate.open()
        try:
            return await meet(route)
        finally:
            waiting -= 1

    scene.discord.faults.meet = counting  # type: ignore[method-assign]
    async with running_bot(scene):
        assert "on 900 messages" in await scene.train(*channels)
    assert most == AT_ONCE


async def test_a_right_taken_away_meanwhile_is_told_and_leaves_nothing(scene: Scene) -> None:
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        # Discord answers with an empty page from now on, which is not the channel's end.
        for role in scene.guild.roles.values():
            role.permissions &= ~Permission.READ_MESSAGE_HISTORY
        gate.open()
        outcome = await scene.outcome()
        assert outcome.startswith("❌")
        assert "not allowed to read the history" in outcome
        assert scene.left_texts() == []
    assert scene.query("SELECT COUNT(*) FROM model") == [(0,)]


async def test_a_channel_hidden_meanwhile_is_told_and_leaves_nothing(scene: Scene) -> None:
    second = scene.world.add_channel(scene.guild, "second")
    scene.world.fill_channel(second, rows(250))
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=3)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}> <#{second.id}>")
        await gate.reached.wait()
        everyone = scene.guild.id
        second.overwrites.append(Overwrite(everyone, 0, deny=Permission.VIEW_CHANNEL))
        gate.open()
        outcome = await scene.outcome()
        assert f"not allowed to read the history of <#{second.id}>" in outcome
        assert scene.left_texts() == []


async def test_a_channel_deleted_after_it_was_read_is_told(scene: Scene) -> None:
    second = scene.world.add_channel(scene.guild, "second")
    scene.world.fill_channel(second, rows(50))
    async with running_bot(scene):
        gate = scene.discord.faults.hold(PAGE_ROUTE, after=3)
        await scene.ask(f"!train <#{scene.talk.id}> <#{second.id}>")
        await gate.reached.wait()
        shown = "(1 of 2 done)"
        await scene.you.expect("MESSAGE_UPDATE", lambda data: shown in str(data["content"]))
        scene.discord.delete_channel(second)
        gate.open()
        assert f"I can't find <#{second.id}>" in await scene.outcome()
        assert scene.left_texts() == []
