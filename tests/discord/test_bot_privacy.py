"""Members see what is held of them, and decide what may be learned."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import Scene, fake_trainer, rows, running_bot

from bot.loopback.person import Person

TRAINING = "🧠 **Training** on"


@pytest.fixture
async def ann(scene: Scene) -> AsyncIterator[Person]:
    """A member without any permission of her own, who wrote every third message."""
    user = scene.world.add_user("ann")
    scene.world.add_member(scene.guild, user)
    for message in scene.talk.messages:
        if message.author.name == "person0":
            message.author = user
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


async def told(scene: Scene, person: Person, command: str) -> str:
    """Return what a slash command answers to the person alone."""
    name, what = command.split()
    await person.run(scene.guild.id, scene.commands.id, name, {"type": 1, "name": what})
    message = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
    return str(message["content"])


async def erased(scene: Scene, person: Person) -> str:
    """Ask to be forgotten, confirm what that costs, and return what is said then."""
    await person.run(scene.guild.id, scene.commands.id, "privacy", {"type": 1, "name": "erase"})
    question = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
    assert "for everyone" in question["content"]
    assert "version" in question["content"]
    await scene.press(question, "Make a model without me", person)
    answer = await person.expect("MESSAGE_UPDATE", lambda data: data["id"] == question["id"])
    return str(answer["content"])


def hers(texts: list[str]) -> list[str]:
    return [text for text in texts if int(text.split()[-1]) % 3 == 0]


async def test_a_member_sees_what_is_held_and_that_it_is_little(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        text = await told(scene, ann, "privacy show")
        assert "You haven't opted in or out" in text
        assert "I don't keep messages" in text
        assert "version" not in text
        await scene.train()
        text = await told(scene, ann, "privacy show")
        assert "1 version of this server's model may have learned" in text


async def test_who_opted_out_is_not_learned_and_may_come_back(scene: Scene, ann: Person) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        assert "I learn nothing you write" in await told(scene, ann, "privacy out")
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", f"{TRAINING} 166 messages\n`█")
        assert hers(scene.corpus()) == []
    async with running_bot(scene):  # the choice outlives a restart
        await scene.outcome()
        assert "You've opted out" in await told(scene, ann, "privacy show")
        assert "may learn" in await told(scene, ann, "privacy in")
        assert "on 250 messages" in await scene.train(how="full")


async def test_who_opts_out_marks_what_learned_before_as_stale(scene: Scene, ann: Person) -> None:
    async with running_bot(scene) as bot:
        await scene.train()
        first = await bot.services.models.current(scene.guild.id)
        assert first is not None
        assert not (await bot.services.staleness.of(first.model_id)).is_stale
        assert "marked it as out of date" in await told(scene, ann, "privacy out")
        assert (await bot.services.staleness.of(first.model_id)).is_stale
        assert "Out of date" in await scene.ask("!about")
        # What is trained further still knows what it began with.
        scene.world.fill_channel(scene.talk, rows(60, start=250))
        await scene.train()
        second = await bot.services.models.current(scene.guild.id)
        assert second is not None
        assert (await bot.services.staleness.of(second.model_id)).is_stale
        await scene.train(how="full")
        third = await bot.services.models.current(scene.guild.id)
        assert third is not None
        assert not (await bot.services.staleness.of(third.model_id)).is_stale
        assert "Out of date" not in await scene.ask("!about")


async def test_an_erasure_makes_the_model_anew_without_the_member(
    scene: Scene, ann: Person
) -> None:
    async with running_bot(scene):
        await scene.train()
    (former,) = (scene.folder / "data" / "models").rglob("*.safetensors")
    async with running_bot(scene, fake_trainer("hold")) as bot:
        text = await erased(scene, ann)
        assert "I'm making a new one without you (starting now)" in text
        while not list((scene.folder / "data" / "corpora").glob("*/corpus.jsonl")):
            await scene.ask("!ping")
        corpus = scene.corpus()
        assert len(corpus) == 166
        assert hers(corpus) == []
        assert former.exists()
        assert await bot.services.models.current(scene.guild.id) is not None
    async with running_bot(scene) as bot:
        while former.exists():
            await scene.ask("!ping")
        live = await bot.services.models.current(scene.guild.id)
        assert live is not None
        assert not (await bot.services.staleness.of(live.model_id)).is_stale
        assert "never in a model here" in await told(scene, ann, "privacy erase")


async def test_an_erasure_reaches_a_version_that_was_kept_aside(scene: Scene, ann: Person) -> None:
    async with running_bot(scene, fake_trainer("worse")) as bot:
        await scene.train()
        (former,) = await bot.services.models.versions(scene.guild.id)
        assert "I'm making a new one without you" in await erased(scene, ann)
        while await bot.services.models.find(scene.guild.id, str(former.version)) is not None:
            await scene.ask("!ping")
        (anew,) = await bot.services.models.versions(scene.guild.id)
        assert anew.metrics is not None
        assert anew.metrics.messages == 166
        # It is no better than the base model, which the server goes on with.
        assert await bot.services.models.current(scene.guild.id) is None


async def test_an_erasure_reaches_a_version_of_a_time_to_come(scene: Scene, ann: Person) -> None:
    """The machine's clock was a year ahead when it was made, and has been put right since."""
    async with running_bot(scene) as bot:
        await scene.train()
        async with bot.services.models._database.transaction() as connection:
            ahead = "2099-01-01T00:00:00.000+00:00"
            times = ("created_at", "started_at", "finished_at", "learned_since")
            changes = ", ".join(f"{column} = ?" for column in times)
            await connection.execute(f"UPDATE train_job SET {changes}", (ahead,) * 4)  # noqa: S608
            await connection.execute("UPDATE model SET created_at = ?", (ahead,))
        (former,) = await bot.services.models.versions(scene.guild.id)
        assert "I'm making a new one without you" in await erased(scene, ann)
        while await bot.services.models.find(scene.guild.id, str(former.version)) is not None:
            await scene.ask("!ping")


async def test_whoever_opts_out_is_told_of_wherever_the_version_is(
    scene: Scene, ann: Person
) -> None:
    async with running_bot(scene):
        await scene.train()
        for command in ("!model info", "!train status", "!about"):
            assert "Out of date" not in await scene.ask(command)
        await told(scene, ann, "privacy out")
        for command in ("!model info", "!train status", "!about"):
            assert "1 member opted out" in await scene.ask(command)
        await told(scene, ann, "privacy in")
        assert "Out of date" not in await scene.ask("!model info")


async def test_an_erasure_says_what_it_can_do_where_a_server_learns_from_files(
    scene: Scene, ann: Person
) -> None:
    content = "\n".join(f"line {number}" for number in range(80)).encode()
    async with running_bot(scene) as bot:
        await scene.ask("!settings learns files")
        await scene.you.say(scene.commands.id, "!train full", files=[("lines.txt", content)])
        await scene.from_bot()
        await scene.outcome()
        text = await told(scene, ann, "privacy erase")
        assert "I can't make a new one by myself" in text
        assert "it came from files" in text
        assert "Ask an admin to delete it" in text
        assert await bot.services.worker.open(scene.guild.id) == []
        live = await bot.services.models.current(scene.guild.id)
        assert live is not None
        assert (await bot.services.staleness.of(live.model_id)).is_stale
        assert "Out of date" in await scene.ask("!model info")


async def test_an_erasure_says_how_many_trainings_come_before(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        await scene.train()
    async with running_bot(scene, fake_trainer("hold")):
        scene.world.fill_channel(scene.talk, rows(60, start=250))
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", TRAINING)
        assert "1 training comes first" in await erased(scene, ann)
        assert "already in the queue" in await told(scene, ann, "privacy erase")


async def test_an_erasure_deletes_nothing_before_it_is_confirmed_and_told(
    scene: Scene, ann: Person
) -> None:
    notices = scene.world.add_channel(scene.guild, "notices")
    async with running_bot(scene) as bot:
        await scene.train()
        await scene.ask("!model rename 1 memes")
        await scene.ask(f"!settings announce <#{notices.id}>")
        await ann.run(scene.guild.id, scene.commands.id, "privacy", {"type": 1, "name": "erase"})
        question = await ann.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
        assert "version 1 (memes)" in question["content"]
        assert await bot.services.worker.open(scene.guild.id) == []
        await scene.press(question, "Make a model without me", ann)
        notice = await scene.from_bot("MESSAGE_CREATE", "A member asked me to forget them")
        assert "version 1 (memes)" in notice
        while await bot.services.models.find(scene.guild.id, "1") is not None:
            await scene.ask("!ping")


async def test_an_erasure_without_a_model_is_done_at_once(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        assert "never in a model here" in await told(scene, ann, "privacy erase")
        assert await scene.ask("!train status") != ""
    ((user_id, choice),) = scene.query("SELECT user_id, choice FROM member_choice")
    assert choice == "out"
    assert user_id != scene.world.bot.id


async def test_who_opted_out_is_left_out_of_files_that_name_authors(
    scene: Scene, ann: Person
) -> None:
    ann_id = next(user.id for user in scene.world.users.values() if user.name == "ann")
    export = {
        "messages": [
            {
                "type": "Default",
                "content": f"text {number}",
                "author": {"id": str(ann_id if number % 3 == 0 else 7), "isBot": False},
            }
            for number in range(150)
        ]
    }
    lines = [
        {"content": f"text {number}", "author_id": ann_id if number % 3 == 0 else 7}
        for number in range(150)
    ]
    files = {
        "export.json": json.dumps(export),
        "lines.jsonl": "\n".join(json.dumps(line) for line in lines),
    }
    async with running_bot(scene):
        await told(scene, ann, "privacy out")
        for name, content in files.items():
            await scene.you.say(scene.commands.id, "!train full", files=[(name, content.encode())])
            await scene.from_bot()
            assert "on 100 messages" in await scene.outcome()


async def test_choices_hold_in_their_server_alone(scene: Scene, ann: Person) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    scene.world.add_member(elsewhere, scene.world.users[int(ann_id(scene))])
    async with running_bot(scene):
        await told(scene, ann, "privacy out")
        await ann.run(elsewhere.id, there.id, "privacy", {"type": 1, "name": "show"})
        message = await ann.expect("MESSAGE_CREATE", lambda data: "What I hold" in data["content"])
        assert "You haven't opted in or out" in message["content"]


def ann_id(scene: Scene) -> int:
    return next(user.id for user in scene.world.users.values() if user.name == "ann")


async def test_privacy_is_asked_so_many_times_a_minute(scene: Scene, ann: Person) -> None:
    async with running_bot(scene):
        texts = [await told(scene, ann, "privacy show") for _ in range(7)]
        assert "hit the limit" in texts[-1]
        assert all("hit the limit" not in text for text in texts[:-1])


async def test_banned_words_are_not_learned(scene: Scene) -> None:
    scene.world.fill_channel(scene.talk, rows(20, text="the Voldemort thing {}", start=250))
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask("!settings words voldemort")
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", f"{TRAINING} 250 messages\n`█")
        assert not any("Voldemort" in text for text in scene.corpus())


def open_to_others(folder: Path) -> list[str]:
    """Return the files that somebody else on the machine could look into."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.stat().st_mode & 0o077 == 0 or path.name == "cache":
            continue  # nor what is in it, where it is a folder; fonts are nobody's secret
        found += open_to_others(path) if path.is_dir() else [path.name]
    return found


async def test_what_is_kept_can_be_read_by_the_bots_user_alone(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
    assert (scene.folder / "data").stat().st_mode & 0o077 == 0


async def test_in_a_folder_open_to_others_only_the_lock_is_theirs_to_see(scene: Scene) -> None:
    """Such as a volume that somebody else has made."""
    data = scene.folder / "data"
    (data / "models").mkdir(parents=True)
    for path in (data, data / "models"):
        path.chmod(0o755)
    (data / "textgen.sqlite3").touch(mode=0o644)  # as earlier versions left it
    async with running_bot(scene):
        await scene.train()
        assert open_to_others(data) == ["lock"]
    scene.you.events.clear()
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train full <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", f"{TRAINING} 250 messages\n`█")
        assert scene.corpus() != []
        assert open_to_others(data) == ["lock"]
    assert open_to_others(data) == ["lock"]
