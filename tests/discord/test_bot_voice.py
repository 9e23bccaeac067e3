"""Members agree that texts are written in their way, and take it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bot_harness import PAGE_ROUTE, WAIT_S, Scene, fake_trainer, open_scene, rows, running_bot
from random_checkpoints import random_checkpoint

from bot.loopback.person import Person
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import User
from bot.storage.author_tokens import MARKS
from textgen_core import save_checkpoint
from textgen_core.model.author_tokens import with_voices
from textgen_core.text.special_tokens import AUTHOR_TOKENS, plain

TRAINING = "🧠 **Training** on"


def base_with_voices(scene: Scene) -> Path:
    """Write a base model that knows all marks: the fake training's result is a copy of it."""
    path = scene.folder / "knowing.safetensors"
    save_checkpoint(
        with_voices(random_checkpoint(), [mark + "text" for mark in AUTHOR_TOKENS]), path
    )
    return path


def writer(scene: Scene, name: str, remainder: int, *, of: int = 3) -> User:
    """Return an account that can log in, who wrote every so manyth message."""
    user = scene.world.add_user(name)
    scene.world.add_member(scene.guild, user)
    for message in scene.talk.messages:
        if int(message.content.split()[-1]) % of == remainder:
            message.author = user
    return user


@asynccontextmanager
async def person_of(scene: Scene, user: User) -> AsyncIterator[Person]:
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


async def privacy(scene: Scene, user: User, *words: str) -> Payload:
    """Use a slash command and return what the person alone is shown."""
    options = [{"type": 3, "name": "state", "value": word} for word in words[1:]]
    how: Payload = {"type": 1, "name": words[0], "options": options}
    async with person_of(scene, user) as person:
        await person.run(scene.guild.id, scene.commands.id, "privacy", how)
        return await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))


async def voice(scene: Scene, user: User, state: str = "on") -> str:
    return str((await privacy(scene, user, "voice", state))["content"])


def marked(scene: Scene) -> dict[str, list[str]]:
    """Return the running training's messages by the marks that they begin with."""
    found: dict[str, list[str]] = {}
    for text in scene.corpus():
        mark = text[0] if text.startswith(AUTHOR_TOKENS) else ""
        found.setdefault(mark, []).append(plain(text))
    return found


async def until_training(scene: Scene, messages: int) -> None:
    await scene.from_bot("MESSAGE_UPDATE", f"{TRAINING} {messages:,} messages\n`█")


def test_the_database_has_room_for_as_many_marks_as_there_are() -> None:
    assert len(AUTHOR_TOKENS) == MARKS


async def test_half_the_messages_of_who_agreed_are_marked_and_no_others(scene: Scene) -> None:
    ann, bob = writer(scene, "ann", 0), writer(scene, "bob", 1)
    async with running_bot(scene, fake_trainer("hold")):
        assert "write like you" in await voice(scene, ann)
        assert "write like you" in await voice(scene, bob)
        await voice(scene, bob, "off")
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until_training(scene, 250)
        found = marked(scene)
    (mark,) = set(found) - {""}
    theirs = [text for text in found[mark] if int(text.split()[-1]) % 3 == 0]
    assert theirs == found[mark]
    assert 25 < len(theirs) < 59  # of 84
    assert len(found[""]) + len(theirs) == 250
    assert scene.query("SELECT user_id, mark FROM job_voice") == [
        (ann.id, AUTHOR_TOKENS.index(mark))
    ]


async def test_who_agreed_can_be_written_as_until_they_take_it_back(scene: Scene) -> None:
    ann, bob = writer(scene, "ann", 0), writer(scene, "bob", 1)
    async with running_bot(scene, base_model=base_with_voices(scene)):
        assert "I can't write like" in await scene.ask(f"!generate as <@{ann.id}>")
        await voice(scene, ann)
        assert "with the base model" in await scene.ask(f"!generate as <@{ann.id}>")
        await scene.train()
        assert scene.query("SELECT user_id FROM job_voice") == []
        answer = await scene.ask_message(f"!generate as <@{ann.id}> message --seed 1")
        assert answer["content"].startswith("message")
        assert answer["mentions"] == []
        assert not set(AUTHOR_TOKENS) & set(answer["content"])
        flagged = await scene.ask(f"!generate message --as <@{ann.id}> --seed 1")
        assert flagged == answer["content"]
        assert "I can't write like" in await scene.ask(f"!generate as <@{bob.id}>")
        assert "I can't write like" in await scene.ask(f"!generate as <@{ann.id}> --model base")
        held = (await privacy(scene, ann, "show"))["content"]
        assert "Members may ask me to write like you; 1 version" in held
        assert "Nobody can ask me to write" in await voice(scene, ann, "off")
        assert "I can't write like" in await scene.ask(f"!generate as <@{ann.id}>")
        assert "Members may ask" not in (await privacy(scene, ann, "show"))["content"]
    assert scene.query("SELECT user_id FROM model_voice") == [(None,)]
    assert scene.query("SELECT * FROM member_voice") == []


async def test_the_slash_command_and_its_buttons_write_as_somebody(scene: Scene) -> None:
    ann = writer(scene, "ann", 0)
    async with running_bot(scene, base_model=base_with_voices(scene)):
        await voice(scene, ann)
        await scene.train()
        options = [
            {"type": 3, "name": "prompt", "value": "so"},
            {"type": 6, "name": "as", "value": str(ann.id)},
        ]
        await scene.you.run(scene.guild.id, scene.commands.id, "generate", *options)
        answer = await scene.next_message()
        assert answer["content"].startswith("so")
        await scene.press(answer, "Another one")
        answer = await scene.next_message()
        assert answer["content"].startswith("so")
        await voice(scene, ann, "off")
        await scene.press(answer, "Another one")
        assert "I can't write like" in (await scene.next_message())["content"]


async def test_who_has_left_is_not_written_as(scene: Scene) -> None:
    ann = writer(scene, "ann", 0)
    async with running_bot(scene, base_model=base_with_voices(scene)):
        await voice(scene, ann)
        await scene.train()
        answer = await scene.ask_message(f"!generate as <@{ann.id}> so")
        scene.discord.kick(scene.guild, ann)
        await scene.press(answer, "Another one")
        assert "no longer in this server" in (await scene.next_message())["content"]
    assert scene.query("SELECT * FROM member_voice") == []
    assert scene.query("SELECT user_id FROM model_voice") == [(None,)]


@pytest.mark.parametrize("how", ["out", "erase"])
async def test_opting_out_ends_it_at_once(scene: Scene, how: str) -> None:
    ann = writer(scene, "ann", 0)
    async with running_bot(scene, base_model=base_with_voices(scene)):
        await voice(scene, ann)
        await scene.train()
        await privacy(scene, ann, how)
        assert "I can't write like" in await scene.ask(f"!generate as <@{ann.id}>")
        assert scene.query("SELECT * FROM member_voice") == []
        assert "opted out" in await voice(scene, ann)
        assert scene.query("SELECT * FROM member_voice") == []


async def test_the_switch_under_privacy_turns_it_for_who_presses(scene: Scene) -> None:
    ann = writer(scene, "ann", 0)
    async with running_bot(scene), person_of(scene, ann) as person:

        async def shown() -> Payload:
            how: Payload = {"type": 1, "name": "show"}
            await person.run(scene.guild.id, scene.commands.id, "privacy", how)
            return await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))

        for label, state in (("Allow texts in my style", 1), ("No more texts in my style", 0)):
            await scene.press(await shown(), label, person)
            await person.expect("MESSAGE_CREATE", lambda data: "write like you" in data["content"])
            assert scene.query("SELECT COUNT(*) FROM member_voice") == [(state,)]


async def test_later_versions_keep_the_marks_and_never_give_one_twice(scene: Scene) -> None:
    ann, bob = writer(scene, "ann", 0), writer(scene, "bob", 1)
    async with running_bot(scene, base_model=base_with_voices(scene)):
        await voice(scene, ann)
        await scene.train()
        await voice(scene, ann, "off")
        await voice(scene, bob)
        scene.world.fill_channel(scene.talk, rows(150, start=250))
        for message in scene.talk.messages:
            if int(message.content.split()[-1]) % 3 == 1:
                message.author = bob
        await scene.train()
        assert scene.query("SELECT mark, user_id FROM model_voice WHERE model_id = 2") == [
            (0, None),
            (1, bob.id),
        ]
        # He wrote nothing since, and can still be written as.
        scene.world.fill_channel(scene.talk, rows(60, start=402, text="by others {}"))
        await scene.train()
        assert (1, bob.id) in scene.query(
            "SELECT mark, user_id FROM model_voice WHERE model_id = 3"
        )
        # A model from the beginning has all marks to give.
        await scene.train(how="full")
        assert scene.query("SELECT mark, user_id FROM model_voice WHERE model_id = 4") == [
            (0, bob.id)
        ]


async def test_sixteen_who_wrote_most_get_a_mark_and_of_too_few_messages_none(
    tmp_path: Path,
) -> None:
    async with open_scene(tmp_path, messages=2000) as scene:
        writers = [writer(scene, f"w{place}", place, of=20) for place in range(19)]
        few = [message for message in scene.talk.messages if message.author is writers[0]]
        for message in few[:70]:  # 30 are left, of which some 15 are told apart
            message.author = scene.world.you
        async with running_bot(scene, fake_trainer("hold")) as bot:
            for user in writers:
                await bot.services.privacy.set_voice(scene.guild.id, user.id, allowed=True)
            await scene.ask(f"!train <#{scene.talk.id}>")
            await until_training(scene, 2000)
            found = marked(scene)
        counts = {mark: len(texts) for mark, texts in found.items() if mark}
        known = dict(scene.query("SELECT user_id, mark FROM job_voice WHERE mark IS NOT NULL"))
    assert len(counts) == len(known) == MARKS
    assert writers[0].id not in known
    assert min(counts.values()) >= 20


async def test_taking_it_back_while_a_training_reads_leaves_no_mark(scene: Scene) -> None:
    ann, bob = writer(scene, "ann", 0), writer(scene, "bob", 1)
    async with running_bot(scene, fake_trainer("hold")):
        await voice(scene, ann)
        await voice(scene, bob)
        gate = scene.discord.faults.hold(PAGE_ROUTE, after=2)
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        await voice(scene, ann, "off")
    gate.open()
    async with running_bot(scene, fake_trainer("hold")):  # numbers outlive a restart
        await until_training(scene, 250)
        found = marked(scene)
    (mark,) = set(found) - {""}
    assert all(int(text.split()[-1]) % 3 == 1 for text in found[mark])
    assert len(found[mark]) > 20


async def test_taking_it_back_while_a_model_learns_ends_it_before_it_begins(scene: Scene) -> None:
    ann = writer(scene, "ann", 0)
    async with running_bot(scene, fake_trainer("hold"), base_model=base_with_voices(scene)):
        await voice(scene, ann)
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until_training(scene, 250)
        await voice(scene, ann, "off")
    async with running_bot(scene, fake_trainer("hold"), base_model=base_with_voices(scene)):
        async with asyncio.timeout(WAIT_S):
            while "Trained" not in await scene.ask("!train status"):
                continue
        assert "I can't write like" in await scene.ask(f"!generate as <@{ann.id}>")
    assert scene.query("SELECT mark, user_id FROM model_voice") == [(0, None)]


async def test_messages_that_look_marked_are_nobodys(scene: Scene) -> None:
    """Somebody writes the very characters that stand for others."""
    ann = writer(scene, "ann", 0)
    forged = [AUTHOR_TOKENS[0] + "\U00100000\U00100001", "\U00100000"]
    for message in scene.talk.messages:
        number = int(message.content.split()[-1])
        if number % 3 == 1:
            message.content = forged[number % 2] + message.content
    async with running_bot(scene, fake_trainer("hold")):
        await voice(scene, ann)
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until_training(scene, 250)
        found = marked(scene)
    (mark,) = set(found) - {""}
    assert all(int(text.split()[-1]) % 3 == 0 for text in found[mark])
    assert all(text.startswith("message") for texts in found.values() for text in texts)


async def test_files_that_name_authors_are_marked_too(scene: Scene) -> None:
    ann = writer(scene, "ann", 0)
    lines = (
        f'{{"content": "line {number}", "author_id": "{ann.id if number % 2 else 1}"}}'
        for number in range(200)
    )
    content = "\n".join(lines).encode()
    async with running_bot(scene, fake_trainer("hold")):
        await voice(scene, ann)
        await scene.you.say(scene.commands.id, "!train file", files=[("f.jsonl", content)])
        await until_training(scene, 200)
        found = marked(scene)
    (mark,) = set(found) - {""}
    assert all(int(text.split()[-1]) % 2 for text in found[mark])
    assert 25 < len(found[mark]) < 75


async def test_it_may_be_typed_as_well(scene: Scene) -> None:
    async with running_bot(scene):
        for state, agreed in (("on", 1), ("off", 0)):
            assert "write like you" in await scene.ask(f"!privacy voice {state}")
            assert scene.query("SELECT COUNT(*) FROM member_voice") == [(agreed,)]
