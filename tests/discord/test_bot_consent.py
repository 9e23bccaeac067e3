"""Before a server is learned from somebody agrees, and its channels can be told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from bot_harness import PAGE_ROUTE, Scene, fake_trainer, rows, running_bot

from bot.loopback.person import Person
from bot.presentation.privacy import AGREE, AGREE_AND_TELL, DECLINE


@pytest.fixture
async def tom(scene: Scene) -> AsyncIterator[Person]:
    """A member who may train by a role, but does not manage the server."""
    user = scene.world.add_user("tom")
    crew = scene.world.add_role(scene.guild, "Crew")
    scene.world.add_member(scene.guild, user, roles=[crew])
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


def consents(scene: Scene) -> list[tuple[object, ...]]:
    return scene.query(
        "SELECT consented_by_id, consented_at FROM server WHERE consented_at IS NOT NULL"
    )


async def test_the_first_training_is_agreed_to_once_and_goes_on(scene: Scene) -> None:
    async with running_bot(scene, consent="ask"):
        question = await scene.ask_message(f"!train <#{scene.talk.id}>")
        for told in ("the channels or the file", "only while a training waits and runs", "rule 21"):
            assert told in question["content"]
        assert "Whoever hosts me is bound by that" in question["content"]
        assert scene.pages() == 0
        assert scene.query("SELECT * FROM train_job") == []
        await scene.press(question, AGREE)
        assert "✅ **Trained** on 250 messages" in await scene.outcome()
        ((by_id, at),) = consents(scene)
        assert by_id == scene.world.you.id
        assert at
        assert "250 messages" in await scene.train(how="full")


async def test_nobody_is_asked_about_what_would_be_refused(scene: Scene) -> None:
    async with running_bot(scene, consent="ask"):
        assert "banana" in await scene.ask(f"!train <#{scene.talk.id}> --last banana")
        question = await scene.ask_message(f"!train <#{scene.talk.id}> --last 20y")
        await scene.press(question, AGREE)
        assert "250 messages" in await scene.outcome()


async def test_nothing_is_read_where_nobody_agrees(scene: Scene, tom: Person) -> None:
    (crew,) = (role for role in scene.guild.roles.values() if role.name == "Crew")
    async with running_bot(scene, consent="ask"):
        await scene.ask(f"!settings roles <@&{crew.id}>")
        await tom.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        question = await scene.next_message()
        await scene.press(question, AGREE, tom)
        refused = await tom.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
        assert "Manage Server" in refused["content"]
        await scene.press(question, DECLINE)
        assert "I won't read anything" in str(
            (await scene.next_message("MESSAGE_UPDATE"))["content"]
        )
        assert scene.query("SELECT * FROM train_job") == []
    assert consents(scene) == []
    assert scene.pages() == 0


async def test_an_old_question_is_answered_after_a_restart(scene: Scene) -> None:
    async with running_bot(scene, consent="ask"):
        question = await scene.ask_message(f"!train <#{scene.talk.id}>")
    async with running_bot(scene, consent="ask"):
        await scene.press(question, AGREE)
        text = str((await scene.next_message("MESSAGE_UPDATE"))["content"])
        assert "Type the command again" in text
        await scene.train()


async def test_a_file_is_learned_after_the_question_too(scene: Scene) -> None:
    content = "\n".join(f"line {number} of a file" for number in range(60)).encode()
    async with running_bot(scene, consent="ask"):
        await scene.you.say(scene.commands.id, "!train file", files=[("chat.txt", content)])
        await scene.press(await scene.next_message(), AGREE)
        assert "on 60 messages" in await scene.outcome()


async def test_the_channels_are_told_once_where_that_is_wanted(scene: Scene) -> None:
    async with running_bot(scene, consent="ask"):
        question = await scene.ask_message(f"!train <#{scene.talk.id}>")
        await scene.press(question, AGREE_AND_TELL)
        await scene.outcome()
        await scene.train(how="full")
    told = [message for message in scene.talk.messages if message.author is scene.world.bot]
    assert len(told) == 1
    assert "!privacy out" in told[0].content


async def test_each_server_agrees_for_itself(scene: Scene) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    async with running_bot(scene, consent="ask"):
        question = await scene.ask_message(f"!train <#{scene.talk.id}>")
        await scene.press(question, AGREE)
        await scene.outcome()
        await scene.you.say(there.id, f"!train <#{there.id}>")
        await scene.from_bot("MESSAGE_CREATE", "**Before I learn here")
    assert len(consents(scene)) == 1


async def test_a_server_may_want_files_alone_or_who_agreed_alone(scene: Scene) -> None:
    you = scene.world.you
    for message in list(scene.talk.messages)[:60]:
        message.author = you
    async with running_bot(scene):
        await scene.ask("!settings learns files")
        assert "only learn from files" in await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.ask("!settings learns opt-in")
        assert "0 messages that I can use" in await scene.train()
        assert "Thanks, I may now learn" in await scene.ask("!privacy in")
        assert "on 60 messages" in await scene.train()
        assert "channel (everyone who" in await scene.ask("!settings learns nobody")


async def test_the_host_may_have_settled_it(scene: Scene) -> None:
    async with running_bot(scene, consent="given"):
        assert "starts in a moment" in await scene.ask(f"!train <#{scene.talk.id}>")
        assert "on 250 messages" in await scene.outcome()


async def test_where_files_alone_are_learned_no_history_is_read(scene: Scene) -> None:
    async with running_bot(scene):
        assert "I don't read channels" in await scene.ask("!settings learns files")
        for command in (f"!train <#{scene.talk.id}>", f"!train full <#{scene.talk.id}>"):
            assert "only learn from files" in await scene.ask(command)
        for command in ("!similar message", "!model map", f"<@{scene.world.bot.id}> hello there"):
            await scene.you.say(scene.talk.id, command)
            assert await scene.from_bot() != ""
    assert scene.pages() == 0


async def test_files_alone_stops_a_training_that_waits_or_reads(scene: Scene) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    scene.world.fill_channel(there, rows(60))
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
    async with running_bot(scene, fake_trainer("quick")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        await scene.you.say(there.id, f"!train <#{there.id}>")  # waits for the other
        await scene.from_bot()
        await scene.ask("!settings learns files")
        await scene.you.say(there.id, "!settings learns files")
        await scene.from_bot()
        gate.open()
        assert "only learn from files" in await scene.outcome()
        pages = scene.pages()
        assert "only learn from files" in await scene.outcome()
        assert scene.pages() == pages
        assert scene.left_texts() == []
    assert scene.query("SELECT COUNT(*) FROM model") == [(0,)]
