"""However a training ends, no file of the data folder holds what was read for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from bot_harness import Scene, fake_trainer, rows, running_bot, until

CANARY = "my door code is four eight three one"
AUTHOR = "somebody_with_a_code"


def fill(scene: Scene) -> None:
    """Let one of the messages be the canary, by somebody of their own."""
    user = scene.world.add_user(AUTHOR)
    scene.world.add_member(scene.guild, user)
    said = list(rows(60))
    scene.world.fill_channel(scene.talk, [*said, {**said[0], "content": CANARY}])
    for message in scene.talk.messages:
        if message.content == CANARY:
            message.author = user


def holding(folder: Path, wanted: list[str]) -> list[str]:
    """Return the names of the files below a folder that hold one of these texts."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "textgen.sqlite3" for path in files)
    contents = [(path.name, path.read_bytes()) for path in files]
    return [name for name, content in contents for each in wanted if each.encode() in content]


def left(scene: Scene) -> list[str]:
    return holding(scene.folder / "data", [CANARY, AUTHOR, '"author"'])


@pytest.mark.parametrize(
    ("mode", "ending"), [("quick", "✅"), ("refuse", "❌"), ("crash", "❌"), ("starved", "❌")]
)
async def test_by_itself(scene: Scene, mode: str, ending: str) -> None:
    fill(scene)
    async with running_bot(scene, fake_trainer(mode)):
        assert (await scene.train()).startswith(ending)
        await until(lambda: not scene.left_texts())
        assert left(scene) == []
    assert left(scene) == []


async def test_by_an_admin(scene: Scene) -> None:
    fill(scene)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until(lambda: bool(left(scene)))  # the search can find it
        await scene.ask("!train cancel")
        assert (await scene.outcome()).startswith("🛑")
        await until(lambda: not scene.left_texts())
        assert left(scene) == []


async def test_by_sigkill_of_the_training_process(scene: Scene) -> None:
    fill(scene)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until(lambda: bool(left(scene)))
        killed: set[int] = set()
        while len(killed) < 2:  # once more with less, as if memory had run out
            await until(lambda: bool(children() - killed))
            for child in children() - killed:
                os.kill(child, signal.SIGKILL)
                killed.add(child)
        assert (await scene.outcome()).startswith("❌")
        await until(lambda: not scene.left_texts())
        assert left(scene) == []


def children() -> set[int]:
    """Return the numbers of the training processes that this test has started."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        try:
            if any("fake_trainer.py" in part for part in child.cmdline()):
                found.add(child.pid)
        except psutil.Error:
            continue
    return found


async def test_by_the_end_of_the_bot_and_a_cancellation_after_its_return(scene: Scene) -> None:
    fill(scene)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until(lambda: bool(left(scene)))
    assert left(scene)  # it goes on with them
    scene.you.events.clear()
    async with running_bot(scene, fake_trainer("quick")):
        assert (await scene.outcome()).startswith("✅")
        await until(lambda: not scene.left_texts())
        assert left(scene) == []
