"""A full disk costs a sentence, and nothing that was there before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bot_harness import (
    REAL_TRAINING_S,
    Scene,
    fill_up,
    open_scene,
    rows,
    running_bot,
    small_disk,
)

from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord
from bot.training.local_trainer import LocalTrainer

DISK_KB = 1024
LONG = "message {} " + "x" * 1500


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    with small_disk(tmp_path / "data", DISK_KB):
        async with open_scene(tmp_path, messages=0) as opened:
            # Enough text that its removal leaves the database room to write the outcome.
            opened.world.fill_channel(opened.talk, rows(60, text="message {} " + "x " * 400))
            yield opened


async def voice_of_a_first_model(scene: Scene) -> str:
    """Train, and return what the new model says."""
    assert "✅" in await scene.train()
    return await scene.ask("!generate --seed 1")


async def expect_that_nothing_is_lost(scene: Scene, voice: str) -> None:
    """Check the voice, that no texts are left, and that training works again."""
    assert "disk" in await scene.ask("!train status")
    assert await scene.ask("!generate --seed 1") == voice
    data = scene.folder / "data"
    assert list((data / "corpora").rglob("*")) == []
    files = [path for path in data.rglob("*") if path.is_file()]
    assert [path for path in files if b"x x x x" in path.read_bytes()] == []
    (data / "ballast").unlink(missing_ok=True)
    assert "✅" in await scene.train(how="full")


async def test_full_while_collecting(scene: Scene) -> None:
    wordy = scene.world.add_channel(scene.guild, "wordy")
    scene.world.fill_channel(wordy, rows(1_000, text=LONG))
    async with running_bot(scene):
        voice = await voice_of_a_first_model(scene)
        outcome = await scene.train(wordy)
        assert outcome.startswith("❌")
        assert "The disk of the bot's machine is full" in outcome
        assert "\n" not in outcome
        await expect_that_nothing_is_lost(scene, voice)


async def test_full_while_the_checkpoint_is_written(scene: Scene) -> None:
    async with running_bot(scene):
        voice = await voice_of_a_first_model(scene)
    scene.you.events.clear()
    # The real training process, which notices when it puts the checkpoint down.
    async with running_bot(scene, LocalTrainer(), train_budget_s=5):
        await scene.ask(f"!train full <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60 messages")
        await asyncio.to_thread(fill_up, scene.folder / "data")
        outcome = await scene.outcome(timeout_s=REAL_TRAINING_S)
        assert outcome.startswith("❌")
        assert "The disk is full" in outcome
        assert "\n" not in outcome
    async with running_bot(scene):
        await expect_that_nothing_is_lost(scene, voice)


async def test_full_when_the_database_is_written(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(scene):
        voice = await voice_of_a_first_model(scene)
        add = ModelStore.add

        async def add_on_a_full_disk(store: ModelStore, **version: Any) -> ModelRecord:
            await asyncio.to_thread(fill_up, scene.folder / "data")
            # As much at once as no write-ahead log has room for already.
            long_name = version | {"path_of": lambda _: "x" * 2_000_000}
            return await add(store, **long_name)

        monkeypatch.setattr(ModelStore, "add", add_on_a_full_disk)
        outcome = await scene.train(how="full")
        monkeypatch.undo()
        assert outcome.startswith("❌")
        assert "The disk of the bot's machine is full" in outcome
        await expect_that_nothing_is_lost(scene, voice)
