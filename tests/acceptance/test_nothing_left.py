"""After training, speaking and erasing, the data folder holds nothing of what people wrote."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest
from bot_harness import REAL_TRAINING_S, Scene, open_scene, running_bot, until

from bot.cli.demo import BUNDLED_CHANNEL
from bot.loopback.person import Person
from bot.loopback.world.fill import read_channel_file
from bot.loopback.world.model import User
from bot.training.local_trainer import LocalTrainer
from textgen_core.model.bundled import base_weights_path

MESSAGES = 2000
SAMPLED = 1000
LEAST_BYTES = 12  # shorter ones, such as "yes", stand in any file
BANNED = "a phrase that nobody may say"


def erased_member(scene: Scene) -> User:
    """Return an account, which can log in, of who wrote the second most messages."""
    user = scene.world.add_user("firefly_velvet_2")
    scene.world.add_member(scene.guild, user)
    for message in scene.talk.messages:
        if message.author.name == "firefly_velvet":
            message.author = user
    return user


def texts_of(scene: Scene) -> list[bytes]:
    """Return up to 1,000 of the messages."""
    said = {message.content for message in scene.talk.messages}
    long = sorted(text for text in said if len(text.encode()) >= LEAST_BYTES)
    chosen = random.Random(7).sample(long, min(SAMPLED, len(long)))
    assert len(chosen) > 300
    return [text.encode() for text in chosen]


def names_of(scene: Scene) -> list[bytes]:
    return [name.encode() for name in {message.author.name for message in scene.talk.messages}]


def ids_of(scene: Scene, ids: Iterable[int]) -> list[bytes]:
    """Return ids as SQLite has them, and as text has them."""
    return [form for found in ids for form in (found.to_bytes(8, "big"), str(found).encode())]


def found_in(folder: Path, wanted: list[bytes]) -> list[tuple[str, bytes]]:
    """Search every byte of every file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "textgen.sqlite3" for path in files)
    contents = [(path.name, path.read_bytes()) for path in files]
    return [(name, each) for name, content in contents for each in wanted if each in content]


async def until_rebuilt(scene: Scene, former: Path) -> None:
    """Return when a new version is there, the former one is gone, and all of it is told."""
    await until(lambda: is_rebuilt(scene, former), REAL_TRAINING_S)
    await until_told(scene)


def is_rebuilt(scene: Scene, former: Path) -> bool:
    return not (former.exists() or scene.left_texts())


async def until_told(scene: Scene) -> None:
    """Return when texts of new versions, which may be what somebody said, are needed no more."""
    await until(lambda: not scene.query("SELECT * FROM train_job WHERE told_at IS NULL"))


async def test_nothing_of_what_was_written_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    caplog.set_level(logging.INFO)
    async with open_scene(tmp_path, messages=0) as scene:
        messages = islice(read_channel_file(BUNDLED_CHANNEL), MESSAGES)
        scene.world.fill_channel(scene.talk, messages)
        member = erased_member(scene)
        said, names = texts_of(scene), names_of(scene)
        async with (
            Person(scene.discord.url, member.token or "") as person,
            running_bot(
                scene, LocalTrainer(), base_model=base_weights_path(), train_budget_s=5
            ) as bot,
        ):
            await scene.ask(f"!settings words {BANNED}")
            await scene.ask(f"!train <#{scene.talk.id}>")
            assert (await scene.outcome(timeout_s=REAL_TRAINING_S)).startswith("✅")
            await until_told(scene)
            (version,) = await bot.services.models.versions(scene.guild.id)
            assert found_in(data, [BANNED.encode()])  # the search can find something
            await scene.ask("!generate --n 10")
            assert found_in(data, said + names) == []

            shown = {"type": 1, "name": "erase"}
            await person.run(scene.guild.id, scene.commands.id, "privacy", shown)
            question = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
            await scene.press(question, "Make a model without me", person)
            answer = await person.expect(
                "MESSAGE_UPDATE", lambda data: data["id"] == question["id"]
            )
            assert "I'm making a new one without you" in answer["content"]
            await until_rebuilt(scene, data / version.path)
            await scene.ask("!generate --n 10")
            assert found_in(data, said + names) == []

            scene.discord.kick(scene.guild, scene.world.bot)
            await until(lambda: "is forgotten" in caplog.text)
            channels = [scene.talk.id, scene.commands.id]
            people = [member.id, scene.world.you.id]
            gone = ids_of(scene, [scene.guild.id, *channels, *people])
            assert found_in(data, [*said, *names, *gone, BANNED.encode()]) == []
        assert found_in(data, [*said, *names, *gone, BANNED.encode()]) == []
    logged = caplog.text.encode()
    assert [each for each in said + names if each in logged] == []
