"""Models that go out as files and come in, through the real client."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import aiohttp
import h5py
import pytest
from bot_harness import Scene, rows, running_bot
from legacy_models import LegacyModel
from random_checkpoints import random_checkpoint
from versions import attach, files, model_bytes, said_by, say

from bot.models import model_files
from textgen_core import SeenFilter, load_checkpoint, save_checkpoint
from textgen_core.legacy.model_files import container_of
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes


async def test_a_version_goes_out_as_a_file_and_comes_back_as_another(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        await scene.ask("!model rename 1 memes")
        await scene.you.say(scene.commands.id, "!model export memes")
        bot_id = str(scene.world.bot.id)
        message = await scene.you.expect(
            "MESSAGE_CREATE", lambda data: data["author"]["id"] == bot_id
        )
        (attachment,) = message["attachments"]
        assert attachment["filename"] == "memes-1.safetensors"
        async with aiohttp.ClientSession() as http, http.get(attachment["url"]) as answer:
            content = await answer.read()
        assert content == (scene.folder / "base-0.safetensors").read_bytes()
        answer_text = await attach(scene, "!model import twin", memes__safetensors=content)
        assert answer_text.startswith(
            "That is now version 2 (twin). To switch to it: `!model use 2`"
        )
        assert await say(scene, "--model twin") == said_by(content)
        assert "from a file" in await scene.ask("!model info twin")
        assert await scene.ask("!model use twin") == "I now talk with version 2 (twin)."
        assert "came as a file" in await scene.ask("!about")
        # It knows what the version knows that it was exported from.
        assert "Nothing new" in await scene.train()
        scene.world.fill_channel(scene.talk, rows(60, start=250))
        assert "52% better" in await scene.train()


async def test_a_file_that_goes_out_does_not_tell_what_was_said(scene: Scene) -> None:
    """The training process of these tests hands back the base model, with its open filter."""
    secret = "my door code is one two three and never tell"
    base = scene.folder / "knowing.safetensors"
    save_checkpoint(replace(random_checkpoint(), seen=SeenFilter.from_texts([secret])), base)
    async with running_bot(scene, base_model=base) as bot:
        await scene.train()
        record = await bot.services.models.current(scene.guild.id)
        assert record is not None
        kept = load_checkpoint(bot.services.folder.absolute(record.path)).seen
        assert kept is not None
        assert kept.seal is not None
        assert not kept.knows(secret).any()
        bot_id = str(scene.world.bot.id)
        await scene.you.say(scene.commands.id, "!model export")
        message = await scene.you.expect(
            "MESSAGE_CREATE",
            lambda data: data["author"]["id"] == bot_id and bool(data["attachments"]),
        )
        url = message["attachments"][0]["url"]
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            content = await answer.read()
    assert checkpoint_from_bytes(content).seen is None
    path = scene.folder / "data" / record.path
    path.write_bytes(base.read_bytes())  # as a version before this one left it
    async with running_bot(scene, base_model=base):
        closed = load_checkpoint(path).seen
    assert closed is not None
    assert closed.seal is not None


async def test_a_file_too_large_for_discord_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(scene) as bot:
        await scene.train()
        record = await bot.services.models.current(scene.guild.id)
        assert record is not None
        with (scene.folder / "data" / record.path).open("ab") as file:
            file.truncate(11 * 1024 * 1024)
        answer = await scene.ask("!model export")
    assert "too large to send (11.0 MiB; Discord takes 10 MiB here)" in answer


def linked_in_a_loop() -> bytes:
    """Return a weight file in which a group holds itself."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        group = file.create_group("g")
        group["again"] = group
    return content.getvalue()


@pytest.mark.parametrize(
    ("attached", "expected"),
    [
        ({}, "Something is missing: model"),
        ({"notes__txt": b"hello"}, "Attach a model"),
        ({"m__safetensors": b"nonsense"}, "I can't use m.safetensors as a model: it is cut short"),
        ({"m__hdf5": b"nonsense"}, "I can't use m.hdf5 as a model: it holds no weights"),
        ({"m__hdf5": b"nonsense", "m_vocab__json": b'{"<s>": 1}'}, "it holds no weights"),
        ({"m__hdf5": linked_in_a_loop(), "m_vocab__json": b'{"<s>": 1}'}, "as a model: 'g/again'"),
    ],
)
async def test_files_that_are_no_model_are_refused_in_one_sentence(
    scene: Scene, attached: dict[str, bytes], expected: str
) -> None:
    async with running_bot(scene):
        answer = await attach(scene, "!model import", **attached)
        assert expected in answer
        assert "\n" not in answer
        assert "**base**" in await scene.ask("!model")
    assert files(scene) == set()


async def test_a_model_that_is_too_large_is_not_even_fetched(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_files, "MAX_IMPORT_BYTES", 1024 * 1024)
    async with running_bot(scene):
        content = bytes(1024 * 1024 + 1)
        answer = await attach(scene, "!model import", m__safetensors=content)
        assert answer == "m.safetensors is too large (1.0 MiB). I take models up to 1 MiB."


async def test_a_model_with_numbers_that_are_none_is_refused(scene: Scene) -> None:
    checkpoint = random_checkpoint()
    content = checkpoint_to_bytes(checkpoint)
    broken = content[:-4] + b"\xff\xff\xff\x7f"  # not a number, in the last array
    async with running_bot(scene):
        answer = await attach(scene, "!model import", m__safetensors=broken)
    assert "not finite" in answer


async def test_textgenrnns_files_become_a_version(scene: Scene, tmp_path: Path) -> None:
    weights = LegacyModel().write(tmp_path)
    config = json.dumps({"rnn_layers": 2, "rnn_size": 8, "dim_embeddings": 5, "max_length": 40})
    async with running_bot(scene):
        answer = await attach(
            scene,
            "!model import old",
            my_config__json=config.encode(),
            my_vocab__json=(tmp_path / "tiny_vocab.json").read_bytes(),
            my_weights__hdf5=weights.read_bytes(),
        )
        assert answer.startswith("That is now version 1 (old).")
        assert "I can't tell what it learned" in answer
        await scene.ask("!model use old")
        assert "I can't tell what it learned" in await say(scene)
        assert "I can now use version 1 (old)" in await scene.ask("!model vouch old")
        assert "nobody needs to vouch" in await scene.ask("!model vouch old")
        assert await say(scene)
        assert await scene.ask("!model use 1") == "I now talk with version 1 (old)."


async def test_weights_without_a_vocabulary_are_asked_for_it(scene: Scene, tmp_path: Path) -> None:
    weights = LegacyModel().write(tmp_path)
    packaged = LegacyModel(tokens=("<s>", *map(chr, range(0x4E00, 0x4E00 + 463))))
    async with running_bot(scene):
        answer = await attach(scene, "!model import", my_weights__hdf5=weights.read_bytes())
        assert answer == "Attach the vocabulary of my_weights.hdf5 too, its _vocab.json."
        alone = packaged.write(tmp_path / "alone").read_bytes()
        answer = await attach(scene, "!model import old", my_weights__hdf5=alone)
        assert answer.startswith("That is now version 1 (old).")
        own = container_of(random_checkpoint())
        answer = await attach(scene, "!model import own", own_weights__hdf5=own)
        assert answer.startswith("That is now version 2 (own).")


async def test_a_taken_name_keeps_nothing_of_the_file(scene: Scene) -> None:
    async with running_bot(scene):
        content = model_bytes(3)
        await attach(scene, "!model import voice", m__safetensors=content)
        answer = await attach(scene, "!model import VOICE", m__safetensors=content)
        assert "already called VOICE" in answer
        assert files(scene) == {"1.safetensors"}


async def test_a_killed_import_leaves_nothing(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await scene.train()
        await bot.services.models.add(
            guild_id=scene.guild.id, path_of=lambda _: "models/x/2.safetensors"
        )
    folder = scene.folder / "data" / "models" / str(scene.guild.id)
    for name in ("2.safetensors", ".3.safetensors.half"):
        (folder / name).write_bytes(b"half")
    async with running_bot(scene):
        assert (await scene.ask("!model")).count("\n") == 1
    assert files(scene) == {"1.safetensors"}
    with sqlite3.connect(scene.folder / "data" / "textgen.sqlite3") as connection:
        assert connection.execute("SELECT COUNT(*) FROM model").fetchone() == (1,)
