"""The bot as a process of its own, killed in the middle and started again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from bot_harness import START_S, WAIT_S, Scene, make_base, open_scene
from bot_outside import bot_process

PAGE_ROUTE = "GET /channels/{channel_id}/messages"
MESSAGES = 1050


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=MESSAGES) as opened:
        make_base(tmp_path)
        yield opened


def collected_texts(scene: Scene) -> list[str]:
    (corpus,) = (scene.folder / "data" / "corpora").glob("*/corpus.jsonl")
    return corpus.read_text(encoding="utf-8").splitlines()


async def ask_for_training(scene: Scene) -> None:
    """Wait for the bot to answer, then train; it may be killed before it says that it will."""
    await scene.until_it_answers()
    await scene.you.say(scene.commands.id, f"!train <#{scene.talk.id}>")


@pytest.mark.parametrize("pages", [1, 5, 10])
async def test_killed_while_reading_it_loses_and_repeats_nothing(scene: Scene, pages: int) -> None:
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=pages)
    async with bot_process(scene, "hold") as kill:
        await ask_for_training(scene)
        async with asyncio.timeout(WAIT_S):
            await gate.reached.wait()
        await kill()
    # A page may have reached the file, and not the database, when the power went.
    (file,) = (scene.folder / "data" / "corpora").rglob(f"{scene.talk.id}.jsonl")
    with file.open("a", encoding="utf-8") as half_written:
        half_written.write('{"id":1,"content":"never committed"}\n{"id":2,"con')
    gate.open()
    scene.you.events.clear()
    async with bot_process(scene, "hold"):
        await scene.from_bot("MESSAGE_UPDATE", f"🧠 **Training** on {MESSAGES:,} messages\n`█")
        texts = collected_texts(scene)
    assert len(texts) == len(set(texts)) == MESSAGES
    assert "never committed" not in "".join(texts)


async def test_killed_while_training_it_goes_on_from_the_saved_state(scene: Scene) -> None:
    async with bot_process(scene, "hold") as kill:
        await ask_for_training(scene)
        await scene.from_bot("MESSAGE_UPDATE", f"🧠 **Training** on {MESSAGES:,} messages\n`█")
        assert scene.job_state() == ("training", MESSAGES)
        await kill()
    pages_read = scene.discord.request_log.by_route[PAGE_ROUTE]
    scene.you.events.clear()
    # In this mode only a child that finds its former state ends by itself.
    async with bot_process(scene, "hold"):
        outcome = await scene.outcome(timeout_s=START_S)  # the bot begins
    assert f"{MESSAGES:,} messages" in outcome
    assert scene.discord.request_log.by_route[PAGE_ROUTE] == pages_read
    assert scene.job_state() == ("done", MESSAGES)
    files = [path for path in (scene.folder / "data").rglob("*") if path.is_file()]
    assert [path for path in files if b"message 104" in path.read_bytes()] == []
    assert "MESSAGE_CREATE" not in [name for name, _ in scene.you.events]


async def test_the_training_process_does_not_outlive_a_killed_bot(scene: Scene) -> None:
    async with bot_process(scene, "deaf") as kill:
        await ask_for_training(scene)
        await scene.from_bot("MESSAGE_UPDATE", f"🧠 **Training** on {MESSAGES:,} messages\n`█")
        (trainer,) = [
            process
            for process in psutil.Process().children(recursive=True)
            if "fake_trainer.py" in " ".join(process.cmdline())
        ]
        await kill()
    await asyncio.to_thread(trainer.wait, WAIT_S)


def model_rows(scene: Scene) -> tuple[list[str], str | None]:
    """Return the paths of the versions that count, and of the one in use."""
    with sqlite3.connect(scene.folder / "data" / "textgen.sqlite3") as connection:
        paths = connection.execute("SELECT path FROM model WHERE published_at IS NOT NULL")
        live = connection.execute("SELECT path FROM guild JOIN model USING (model_id)").fetchone()
        return [row[0] for row in paths], live[0] if live else None


def model_files(scene: Scene) -> list[str]:
    data = scene.folder / "data"
    return [str(path.relative_to(data)) for path in (data / "models").rglob("*.*")]


@pytest.mark.parametrize(
    ("mode", "step"),
    [
        ("quick", "row"),
        ("quick", "file"),
        ("quick", "sample"),
        ("quick", "commit"),
        ("worse", "file"),
        ("worse", "commit"),
    ],
)
async def test_killed_while_publishing_it_ends_as_done(scene: Scene, step: str, mode: str) -> None:
    async with bot_process(scene, mode, step) as kill:
        await ask_for_training(scene)
        await kill()
    committed = step == "commit"
    assert scene.job_state()[0] == ("done" if committed else "training")
    scene.you.events.clear()
    async with bot_process(scene, mode):
        if not committed:
            assert (await scene.outcome()).startswith("✅")
        await scene.until_it_answers()
        assert "Trained" in await scene.ask("!train status")
        assert f"**1** · {MESSAGES:,} messages" in await scene.ask("!model")
        await scene.ask("!model use 1")
        assert "can't load" not in await scene.ask("!generate")
    paths, _ = model_rows(scene)
    assert paths == model_files(scene) == [f"models/{scene.guild.id}/1.safetensors"]
    assert scene.left_texts() == []
    assert scene.job_state() == ("done", MESSAGES)


@pytest.mark.parametrize(
    "moment",
    [
        "fsync:1",  # the first page of messages
        "fsync:2",
        "fsync:3",
        "rename:1",  # the corpus, put together
        "rename:2",  # the model, published
        "commit:2",
        "commit:3",
        "commit:5",
        "commit:7",
    ],
)
async def test_after_a_power_cut_nothing_half_written_is_taken_for_whole(
    scene: Scene, moment: str
) -> None:
    async with bot_process(scene, "steps", moment) as kill:
        await ask_for_training(scene)
        await kill()
    scene.you.events.clear()
    async with bot_process(scene, "steps"):
        assert f"{MESSAGES:,} messages" in await scene.outcome()
        await scene.until_it_answers()
        assert "can't load" not in await scene.ask("!generate")
    paths, live = model_rows(scene)
    assert paths == model_files(scene) == [live]
    assert scene.left_texts() == []
    assert scene.job_state() == ("done", MESSAGES)


async def test_killed_while_removing_old_versions_it_removes_them_later(scene: Scene) -> None:
    async with bot_process(scene, "quick", "drop", KEEP_VERSIONS="1") as kill:
        await scene.until_it_answers()
        for _ in range(2):
            await scene.train(how="full")
        # The third is published, and the first forgotten, when the power goes.
        await scene.you.say(scene.commands.id, f"!train full <#{scene.talk.id}>")
        await kill()
    assert len(model_files(scene)) == 3
    scene.you.events.clear()
    async with bot_process(scene, "quick", KEEP_VERSIONS="1"):
        await scene.until_it_answers()
        paths, live = model_rows(scene)
        assert sorted(paths) == sorted(model_files(scene))
        assert len(paths) == 2
        assert live == f"models/{scene.guild.id}/3.safetensors"
        assert "can't load" not in await scene.ask("!generate")
