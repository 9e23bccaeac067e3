"""However a training ends, data folder and log hold nothing of what was said."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from bot_harness import Scene, fake_trainer, rows, running_bot

SECRET = "zanzibar heliotrope"
TOLD_AT = "SELECT COUNT(*) FROM train_job WHERE told_at IS NULL"
BAD_FILES = {
    "chat.txt": f"[01.02] ann> {SECRET}\n" * 30,  # a log of no form that is known
    "chat.json": f'[{{"{SECRET}": "{SECRET}"}}]',
    "chat.jsonl": f'{{"content": "{SECRET}"}}\n{SECRET}',
    "chat.csv": f"id,was,now\n1,{SECRET} one,two\n2,three {SECRET},four\n3,a b,c d\n",
    "few.txt": f"{SECRET}\n",
}
ASKED_ABOUT = {"chat.json", "chat.csv"}  # which column the text is in


def traces(folder: Path, wanted: str = SECRET) -> list[str]:
    """Return the files below a folder in which something stands, whole or in its first word."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "textgen.sqlite3" for path in found)
    word = wanted.split()[0].encode()
    return [path.name for path in found if word in path.read_bytes()]


@pytest.mark.parametrize("mode", ["quick", "crash", "refuse", "worse"])
async def test_a_channel_leaves_no_trace(
    scene: Scene, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    caplog.set_level(logging.INFO)
    told = scene.world.add_channel(scene.guild, "told")
    scene.world.fill_channel(told, rows(60, text=f"{SECRET} {{}}"))
    async with running_bot(scene, fake_trainer(mode)):
        assert (await scene.train(told))[:1] == ("✅" if mode in ("quick", "worse") else "❌")
        while scene.query(TOLD_AT) != [(0,)]:
            await scene.ask("!ping")
        assert traces(scene.folder / "data") == []
    assert traces(scene.folder / "data") == []
    assert SECRET not in caplog.text


@pytest.mark.parametrize("waits", [True, False], ids=["queued", "running"])
async def test_a_cancelled_training_leaves_no_trace(
    scene: Scene, caplog: pytest.LogCaptureFixture, waits: bool
) -> None:
    caplog.set_level(logging.INFO)
    lines = "\n".join(f"{SECRET} {number}" for number in range(60)).encode()
    async with running_bot(scene, fake_trainer("hold")):
        if waits:
            await scene.ask(f"!train <#{scene.talk.id}>")
            await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250")
        await scene.you.say(scene.commands.id, "!train file", files=[("said.txt", lines)])
        if not waits:
            await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60")
        else:
            await scene.from_bot("MESSAGE_CREATE", "⏳")
        assert traces(scene.folder / "data") != []
        await scene.ask("!train cancel")
        while scene.query(TOLD_AT) != [(0,)]:
            await scene.ask("!ping")
        assert traces(scene.folder / "data") == []
    assert SECRET not in caplog.text


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_refused_file_leaves_no_trace(
    scene: Scene, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """What is quoted of it stands in the answer, and nowhere else."""
    caplog.set_level(logging.INFO)
    async with running_bot(scene):
        content = BAD_FILES[name].encode()
        await scene.you.say(scene.commands.id, "!train file", files=[(name, content)])
        if name in ASKED_ABOUT:
            assert "zanzibar" in str(await scene.next_message())
        else:
            assert (await scene.outcome()).startswith(("❌", "💤"))
        await scene.ask("!train log")
        await scene.ask("!train status")
        assert traces(scene.folder / "data") == []
    assert traces(scene.folder / "data") == []
    assert "zanzibar" not in caplog.text
