"""Channels that are learned from as people write, through the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from bot_harness import PAGE_ROUTE, Scene, running_bot, until

from bot.app.client import TextgenBot
from bot.loopback.person import Person
from bot.loopback.wire.json_fields import Payload
from bot.models.texts import generate_texts
from textgen_core.generation.counted_speech import CountedSpeech

PHRASE = "the zorblax is late today, as ever"
OTHER = "no zorblax today"


@pytest.fixture
async def ann(scene: Scene) -> AsyncIterator[Person]:
    user = scene.world.add_user("ann")
    scene.world.add_member(scene.guild, user)
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


async def live(scene: Scene) -> None:
    answer = await scene.ask(f"!train live <#{scene.talk.id}>")
    assert "as people write" in answer, answer


def counted(scene: Scene) -> set[int]:
    """Return the messages that count."""
    return {row[0] for row in scene.query("SELECT message_id FROM live_message")}


async def until_counted(scene: Scene, *messages: Payload) -> None:
    ids = {int(message["id"]) for message in messages}
    await until(lambda: counted(scene) == ids)


async def both_say(scene: Scene, ann: Person, text: str) -> tuple[Payload, Payload]:
    """Have two people write the same, and wait until it counts."""
    mine = await scene.you.say(scene.talk.id, text)
    hers = await ann.say(scene.talk.id, text)
    await until_counted(scene, mine, hers)
    return mine, hers


async def speech(bot: TextgenBot, scene: Scene) -> CountedSpeech:
    """Return what texts are given in the talkative channel."""
    services = bot.services
    found = await services.live_speech.of(scene.guild.id, frozenset({scene.talk.id}))
    assert found is not None
    return found


async def is_taken_up(bot: TextgenBot, scene: Scene) -> bool:
    return (await speech(bot, scene)).ngrams is not None


async def edit(scene: Scene, person: Person, message: Payload, text: str) -> None:
    path = f"/channels/{scene.talk.id}/messages/{message['id']}"
    await person.request("PATCH", path, {"content": text})


async def delete(scene: Scene, person: Person, message: Payload) -> None:
    await person.request("DELETE", f"/channels/{scene.talk.id}/messages/{message['id']}")


async def test_what_two_people_write_counts_within_a_second(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        assert "learn only when someone asks" in await scene.ask("!settings")
        await scene.you.say(scene.talk.id, PHRASE)
        await live(scene)
        assert f"<#{scene.talk.id}>" in await scene.ask("!settings")
        assert "Live learning is on" in await scene.ask("!privacy")
        assert counted(scene) == set()  # what was said before is not asked for
        first = await scene.you.say(scene.talk.id, PHRASE)
        again = await scene.you.say(scene.talk.id, PHRASE)
        await until_counted(scene, first, again)
        assert not await is_taken_up(bot, scene)  # one person said it, however often
        third = await ann.say(scene.talk.id, f"ok, {PHRASE}")
        await until_counted(scene, first, again, third)
        assert await is_taken_up(bot, scene)
        assert (await speech(bot, scene)).repeats(f"well, {PHRASE} again: so what")
        await scene.you.say(scene.talk.id, "!generate --length 20")
        assert (await scene.next_message())["content"]
        answer = await scene.ask("!train live off")
        assert "no longer learn" in answer
        assert counted(scene) == set()
        await ann.say(scene.talk.id, PHRASE)
        assert "don't learn from any channel" in await scene.ask("!train live")
        await bot.services.live_journal.settle()
        assert counted(scene) == set()


async def test_edits_and_deletions_take_back_what_they_gave(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        mine, hers = await both_say(scene, ann, PHRASE)
        assert await is_taken_up(bot, scene)
        await edit(scene, ann, hers, "!help")  # a command is none that counts
        await until_counted(scene, mine)
        assert not await is_taken_up(bot, scene)
        await edit(scene, ann, hers, PHRASE)
        await until_counted(scene, mine, hers)
        assert await is_taken_up(bot, scene)
        await delete(scene, scene.you, mine)
        await until_counted(scene, hers)
        assert not await is_taken_up(bot, scene)


async def test_defaults_end_it_and_nothing_of_before_comes_back(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        await both_say(scene, ann, PHRASE)
        assert await is_taken_up(bot, scene)
        await bot.services.servers.reset(scene.guild.id)
        assert counted(scene) == set()
        await live(scene)
        assert not await is_taken_up(bot, scene)


async def test_commands_bots_and_other_channels_do_not_count(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        await scene.you.say(scene.talk.id, "!generate --length 10")
        await scene.next_message()
        await scene.you.say(scene.commands.id, PHRASE)
        await ann.say(scene.talk.id, "?play something")
        kept = await ann.say(scene.talk.id, "write to ann@example.com")
        await until_counted(scene, kept)
        await bot.services.live_journal.settle()
        assert counted(scene) == {int(kept["id"])}


async def test_opting_out_and_erasure_reach_the_counts(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        mine, _ = await both_say(scene, ann, PHRASE)
        out = {"type": 1, "name": "out"}
        await ann.run(scene.guild.id, scene.commands.id, "privacy", out)
        await until_counted(scene, mine)
        assert not await is_taken_up(bot, scene)
        await ann.say(scene.talk.id, OTHER)
        last = await scene.you.say(scene.talk.id, OTHER)
        await until_counted(scene, mine, last)
        await scene.ask("!privacy erase")
        await until_counted(scene)


async def test_where_members_have_to_agree_only_theirs_counts(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        mine, hers = await both_say(scene, ann, PHRASE)
        assert await is_taken_up(bot, scene)
        await scene.ask("!settings learns opt-in")
        assert not await is_taken_up(bot, scene)  # what was counted before as well
        await scene.ask("!privacy in")
        last = await scene.you.say(scene.talk.id, OTHER)
        await ann.say(scene.talk.id, OTHER)
        await until_counted(scene, mine, hers, last)
        assert not await is_taken_up(bot, scene)


async def test_a_restart_reads_what_was_missed(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        await live(scene)
        mine = await scene.you.say(scene.talk.id, PHRASE)
        hers = await ann.say(scene.talk.id, PHRASE)
        gone = await ann.say(scene.talk.id, OTHER)
        await until_counted(scene, mine, hers, gone)
        kept = scene.query("SELECT counts FROM live_message ORDER BY message_id")
    await delete(scene, ann, gone)
    await edit(scene, ann, hers, "something else that she said")
    missed = [await ann.say(scene.talk.id, f"nothing of it {number}") for number in range(120)]
    async with running_bot(scene) as bot:
        await until_counted(scene, mine, hers, *missed)
        assert not await is_taken_up(bot, scene)  # she no longer says what you say
        now = scene.query("SELECT counts FROM live_message ORDER BY message_id")
        assert not set(now) & set(kept)


async def test_what_a_version_has_learned_counts_no_longer_beside_it(
    scene: Scene, ann: Person
) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        await both_say(scene, ann, PHRASE)
        assert (await scene.train()).startswith("✅")
        assert not await is_taken_up(bot, scene)
        await until_counted(scene)
        await both_say(scene, ann, OTHER)
        assert await is_taken_up(bot, scene)


async def test_nothing_of_a_hidden_or_nsfw_channel_is_told_elsewhere(
    scene: Scene, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[CountedSpeech | None] = []

    def noted(*engines: Any, counted: CountedSpeech | None = None, **more: Any) -> list[str]:
        given.append(counted)
        return generate_texts(*engines, counted=counted, **more)

    monkeypatch.setattr("bot.models.inference.generate_texts", noted)
    scene.talk.nsfw = True
    async with running_bot(scene):
        await live(scene)
        await both_say(scene, ann, PHRASE)
        await scene.ask("!generate --length 20")
        await scene.you.say(scene.talk.id, "!generate --length 20")
        await scene.next_message()
        assert [one is not None for one in given] == [False, True]


async def test_nothing_readable_lies_on_the_disk(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        await live(scene)
        await both_say(scene, ann, PHRASE)
    for path in (scene.folder / "data").rglob("*"):
        if path.is_file():
            assert b"zorblax" not in path.read_bytes()
    authors = scene.query("SELECT speaker FROM live_message")
    assert len(set(authors)) == 2
    ids = {str(scene.world.you.id).encode(), scene.world.you.id.to_bytes(8, "little")}
    assert not any(user_id in author for (author,) in authors for user_id in ids)


async def test_a_server_that_reads_files_alone_keeps_no_counts(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await live(scene)
        mine = await scene.you.say(scene.talk.id, PHRASE)
        await until_counted(scene, mine)
        await scene.ask("!settings learns files")
        await until_counted(scene)
        refused = await scene.ask(f"!train live <#{scene.talk.id}>")
        assert "as people write" not in refused
        await ann.say(scene.talk.id, PHRASE)
        await bot.services.live_journal.settle()
        assert counted(scene) == set()


async def test_a_channel_that_cannot_be_read_keeps_its_counts(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        await live(scene)
        mine = await scene.you.say(scene.talk.id, PHRASE)
        await until_counted(scene, mine)
    scene.discord.faults.fail(PAGE_ROUTE, times=10, status=403)
    async with running_bot(scene) as bot:
        hers = await ann.say(scene.talk.id, PHRASE)
        await until_counted(scene, mine, hers)
        await bot.services.live_journal.settle()
