"""Models are loaded once, swapped at once, and never in the event loop."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bot_harness import WAIT_S, make_base

from bot.errors import UserError
from bot.models import engine_cache
from bot.models.engine_cache import ModelCache
from bot.models.inference import Inference
from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord, TrainMetrics
from textgen_core import Checkpoint, Engine, GenerationOptions, load_checkpoint
from textgen_core.model.filter_key import FilterKey

CACHED = 3  # models that there is room for
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

    monkeypatch.setattr(engine_cache, "load_checkpoint", load)
    return names


@pytest.fixture
async def inference(tmp_path: Path) -> AsyncIterator[Inference]:
    database = await Database.open(tmp_path / "database")
    cache = ModelCache(CACHED * Engine(load_checkpoint(make_base(tmp_path))).nbytes)
    opened = Inference(
        ModelStore(database), DataFolder(tmp_path), make_base(tmp_path), cache, threads=2
    )
    yield opened
    await opened.close()
    await database.close()


async def test_a_model_asked_for_by_many_is_read_once(
    inference: Inference, loaded: list[str]
) -> None:
    texts = await asyncio.gather(*(inference.generate(guild, OPTIONS) for guild in range(10)))
    assert len({text for (text,) in texts}) == 1
    assert loaded == ["base-0.safetensors"]


async def test_who_waits_for_a_turn_holds_no_model(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: weakref.WeakSet[Engine] = weakref.WeakSet()
    most = 0

    def engine(checkpoint: Checkpoint, filter_key: FilterKey | None) -> Engine:
        nonlocal most
        made = Engine(checkpoint, filter_key)
        alive.add(made)
        most = max(most, len(alive))
        return made

    monkeypatch.setattr(engine_cache, "Engine", engine)
    for guild in range(1, 21):
        inference.swap(record(guild, make_base(tmp_path, seed=guild).name))
    await asyncio.gather(*(inference.generate(guild, OPTIONS) for guild in range(1, 21)))
    threads = 2
    assert CACHED <= most <= CACHED + threads + 1  # one that is let go of may still be there


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


async def test_texts_go_on_while_another_version_is_loaded(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes; and the first text of the new version waits for nothing."""
    await inference.generate(1, OPTIONS)
    begun, go_on = threading.Event(), threading.Event()
    new = record(1, make_base(tmp_path, seed=3).name)
    loads: list[str] = []

    def load(path: Path) -> Checkpoint:
        loads.append(path.name)
        begun.set()
        assert go_on.wait(WAIT_S)
        return load_checkpoint(path)

    monkeypatch.setattr(engine_cache, "load_checkpoint", load)
    loading = asyncio.create_task(inference.sample(new, OPTIONS))
    assert await asyncio.to_thread(begun.wait, WAIT_S)
    texts = await asyncio.gather(*(inference.generate(1, OPTIONS) for _ in range(20)))
    assert not loading.done()
    go_on.set()
    sample = await loading
    inference.swap(new)
    assert await inference.generate(1, OPTIONS) == sample
    assert sample not in texts
    assert loads == ["base-3.safetensors"]


async def test_texts_go_on_while_another_version_is_tried(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    generate = Engine.generate

    def slow(engine: Engine, options: GenerationOptions) -> list[str]:
        if options.seed == 99:
            begun.set()
            assert go_on.wait(WAIT_S)
        return generate(engine, options)

    monkeypatch.setattr(Engine, "generate", slow)
    tried = record(1, make_base(tmp_path, seed=3).name)
    samples = [
        asyncio.create_task(inference.sample(tried, GenerationOptions(seed=99))) for _ in range(3)
    ]
    assert await asyncio.to_thread(begun.wait, WAIT_S)
    await asyncio.gather(*(inference.generate(1, OPTIONS) for _ in range(20)))
    assert not any(sample.done() for sample in samples)
    go_on.set()
    await asyncio.gather(*samples)


async def test_a_version_that_does_not_load_in_time_holds_up_no_other_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def load(path: Path) -> Checkpoint:
        if path.name == "base-1.safetensors":
            released.wait(WAIT_S)
        return load_checkpoint(path)

    monkeypatch.setattr(engine_cache, "load_checkpoint", load)
    first, second = make_base(tmp_path, seed=1), make_base(tmp_path, seed=2)
    database = await Database.open(tmp_path / "database")
    opened = Inference(
        ModelStore(database),
        DataFolder(tmp_path),
        make_base(tmp_path),
        ModelCache(2**30),
        load_deadline_s=3,
    )
    Engine(load_checkpoint(second)).generate(OPTIONS)  # compiles, which may take longer
    slow = asyncio.create_task(opened.sample(record(1, first.name), OPTIONS))
    await asyncio.sleep(0)
    assert await opened.sample(record(2, second.name), OPTIONS)  # behind it in the line
    with pytest.raises(UserError, match="Version 1 takes longer than 3 s to load"):
        await slow
    released.set()
    await opened.close()
    await database.close()


async def test_a_text_that_has_begun_ends_in_its_own_voice(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its version may be deleted meanwhile."""
    old, new = [record(1, make_base(tmp_path, seed=seed).name) for seed in (3, 4)]
    voices = [await inference.sample(version, OPTIONS) for version in (old, new)]
    begun, go_on = threading.Semaphore(0), threading.Event()
    generate = Engine.generate

    def slow(engine: Engine, options: GenerationOptions) -> list[str]:
        begun.release()
        assert go_on.wait(WAIT_S)
        return generate(engine, options)

    monkeypatch.setattr(Engine, "generate", slow)
    inference.swap(old)
    asked = [asyncio.create_task(inference.generate(1, OPTIONS)) for _ in range(20)]
    for _ in range(2):  # are written now, the others wait for a turn
        assert await asyncio.to_thread(begun.acquire, timeout=WAIT_S)
    inference.swap(new)
    (tmp_path / old.path).unlink()
    go_on.set()
    assert await asyncio.gather(*asked) == [voices[0]] * 2 + [voices[1]] * 18
    assert await inference.generate(1, OPTIONS) == voices[1]


async def test_a_question_to_the_database_that_is_late_does_not_undo_a_swap(
    inference: Inference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first text of a server asks which version it speaks with; a swap comes between."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def current(store: ModelStore, guild_id: int) -> None:
        asked.set()
        await answer.wait()

    monkeypatch.setattr(ModelStore, "current", current)
    new = record(1, make_base(tmp_path, seed=3).name)
    voice = await inference.sample(new, OPTIONS)
    first = asyncio.create_task(inference.generate(1, OPTIONS))
    await asked.wait()
    inference.swap(new)
    answer.set()
    assert await first == voice
    assert await inference.generate(1, OPTIONS) == voice


async def test_a_forgotten_server_speaks_with_the_base_model(
    inference: Inference, tmp_path: Path, loaded: list[str]
) -> None:
    folder = tmp_path / "models" / "1"
    folder.mkdir(parents=True)
    base = await inference.generate(1, OPTIONS)
    for seed in (3, 4):  # the number of a version begins anew when the server comes back
        path = make_base(tmp_path, seed=seed).rename(folder / "1.safetensors")
        own = record(1, str(path.relative_to(tmp_path)))
        assert await inference.sample(own, OPTIONS) != base
        inference.swap(own)
        inference.forget(1)
        assert await inference.generate(1, OPTIONS) == base
    assert loaded == ["base-0.safetensors", "1.safetensors", "1.safetensors"]


async def test_models_that_nobody_used_lately_are_let_go(
    inference: Inference, tmp_path: Path, loaded: list[str]
) -> None:
    records = [
        record(guild, make_base(tmp_path, seed=guild).name) for guild in range(1, CACHED + 2)
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
    with pytest.raises(UserError, match="can't load"):
        await inference.generate(1, OPTIONS)
    broken.write_bytes(make_base(tmp_path).read_bytes())
    assert await inference.generate(1, OPTIONS)


async def test_a_model_larger_than_the_cache_still_speaks(tmp_path: Path) -> None:
    path = make_base(tmp_path)
    cache = ModelCache(1000)
    for _ in range(2):
        assert cache.engine(path).generate(OPTIONS)
    assert (len(cache), cache.nbytes) == (0, 0)


async def test_a_model_that_was_dropped_while_it_was_loaded_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def load(path: Path) -> Checkpoint:
        begun.set()
        assert go_on.wait(WAIT_S)
        return load_checkpoint(path)

    monkeypatch.setattr(engine_cache, "load_checkpoint", load)
    path, cache = make_base(tmp_path), ModelCache(2**30)
    with ThreadPoolExecutor(1) as executor:
        loading = asyncio.wrap_future(executor.submit(cache.engine, path))
        assert await asyncio.to_thread(begun.wait, WAIT_S)
        cache.drop_folder(path.parent)
        go_on.set()
        assert (await loading).generate(OPTIONS)
        assert len(cache) == 0
        cache.engine(path)
    assert len(cache) == 1
