"""Models are loaded once, swapped at once, and never in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bot_harness import make_base

from bot import inference as inference_module
from bot.data_folder import DataFolder
from bot.errors import UserError
from bot.inference import CACHED_ENGINES, Inference
from bot.storage.database import Database
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord, TrainMetrics
from textgen_core import Checkpoint, GenerationOptions, load_checkpoint

OPTIONS = GenerationOptions(seed=1, max_chars=20)
METRICS = TrainMetrics(messages=1, bits_per_char_before=1.0, bits_per_char_after=1.0, train_s=1.0)


def record(guild_id: int, path: str) -> ModelRecord:
    return ModelRecord(
        model_id=1,
        guild_id=guild_id,
        version=1,
        path=path,
        metrics=METRICS,
        created_at=datetime.now(UTC),
    )


@pytest.fixture
async def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the checkpoints that were read, in order."""
    names: list[str] = []

    def load(path: Path) -> Checkpoint:
        names.append(path.name)
        return load_checkpoint(path)

    monkeypatch.setattr(inference_module, "load_checkpoint", load)
    return names


@pytest.fixture
async def inference(tmp_path: Path) -> AsyncIterator[Inference]:
    database = await Database.open(tmp_path / "database")
    opened = Inference(ModelStore(database), DataFolder(tmp_path), make_base(tmp_path), threads=2)
    yield opened
    await opened.close()
    await database.close()


async def test_a_model_asked_for_by_many_is_read_once(
    inference: Inference, loaded: list[str]
) -> None:
    texts = await asyncio.gather(*(inference.generate(guild, OPTIONS) for guild in range(10)))
    assert len({text for (text,) in texts}) == 1
    assert loaded == ["base-0.safetensors"]


async def test_a_swap_shows_in_the_next_text(
    inference: Inference, tmp_path: Path, loaded: list[str]
) -> None:
    before = await inference.generate(1, OPTIONS)
    new = record(1, make_base(tmp_path, seed=3).name)
    assert await inference.sample(new, OPTIONS) != before
    inference.swap(new)
    assert await inference.generate(1, OPTIONS) == await inference.sample(new, OPTIONS)
    assert await inference.generate(2, OPTIONS) == before
    assert loaded == ["base-0.safetensors", "base-3.safetensors"]


async def test_models_that_nobody_used_lately_are_let_go(
    inference: Inference, tmp_path: Path, loaded: list[str]
) -> None:
    records = [
        record(guild, make_base(tmp_path, seed=guild).name)
        for guild in range(1, CACHED_ENGINES + 2)
    ]
    for each in records:
        await inference.sample(each, OPTIONS)
    await inference.sample(records[-1], OPTIONS)
    await inference.sample(records[0], OPTIONS)
    assert loaded.count("base-1.safetensors") == 2
    assert len(loaded) == len(records) + 1


async def test_a_damaged_file_is_told_and_read_again_once_mended(
    inference: Inference, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nonsense")
    inference.swap(record(1, broken.name))
    with pytest.raises(UserError, match="cannot be loaded"):
        await inference.generate(1, OPTIONS)
    broken.write_bytes(make_base(tmp_path).read_bytes())
    assert await inference.generate(1, OPTIONS)
