"""Files that come twice, come during a training, or were given up: nothing is learned twice."""

from __future__ import annotations

import asyncio
import os
import signal

from bot_harness import Scene, fake_trainer, run_python, running_bot, start_python, until

TEXTS = "\n".join(f"line {number} of a file" for number in range(60)).encode()
FILE = ("chat.txt", TEXTS)
STARTS = "starts in a moment"
IMPORT = ("-m", "bot", "import", "chat.txt", "--force", "--guild")


async def send(scene: Scene, command: str = "!train file", name: str = "chat.txt") -> str:
    """Send the file with a command and return the answer."""
    scene.you.events.clear()
    await scene.you.say(scene.commands.id, command, files=[(name, TEXTS)])
    return await scene.from_bot()


async def bring(scene: Scene) -> tuple[int, str, str]:
    """Import the file on the bot's machine."""
    (scene.folder / "chat.txt").write_bytes(TEXTS)
    return await run_python(scene.folder, *IMPORT, str(scene.guild.id))


def statuses(scene: Scene) -> list[str]:
    return [status for (status,) in scene.query("SELECT status FROM train_job ORDER BY 1")]


async def test_a_file_is_learned_once_however_it_comes(scene: Scene) -> None:
    async with running_bot(scene, train_max_a_day=1000):
        assert STARTS in await send(scene)
        assert (await scene.outcome()).startswith("✅")
        refused = await send(scene, name="renamed.txt")
        assert "already learned that file (`chat.txt`)" in refused
        assert "`--full`" in refused
        status, _, err = await bring(scene)
        assert status == 1
        assert "already learned that file (`chat.txt`)" in err
        assert "Traceback" not in err
        assert STARTS in await send(scene, "!train file --full")
        assert (await scene.outcome()).startswith("✅")
        await scene.ask("!model use base")
        assert STARTS in await send(scene)  # what speaks now has not learned it
        await scene.outcome()
    assert scene.left_texts() == []


async def test_a_file_that_is_being_learned_is_not_queued_again(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold"), train_max_a_day=1000):
        assert STARTS in await send(scene)
        await until(lambda: statuses(scene) == ["training"])
        assert "`chat.txt`" in await send(scene)
        status, _, err = await bring(scene)
        assert (status, "Traceback" in err) == (1, False)
        assert "`chat.txt`" in err
        assert statuses(scene) == ["training"]
        await scene.ask("!train cancel")
        assert (await scene.outcome()).startswith("🛑")
        assert STARTS in await send(scene)  # it was given up, so it is new again
        await until(lambda: "training" in statuses(scene))
        await scene.ask("!train cancel")
        await scene.outcome()


async def test_an_import_waits_for_the_training_that_runs(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold"), train_max_a_day=1000):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await until(lambda: statuses(scene) == ["training"])
        status, out, err = await bring(scene)
        assert (status, err) == (0, "")
        assert "It begins after 1 training that came before it" in out
        assert statuses(scene) == ["queued", "training"]
        assert "`chat.txt`" in await scene.ask("!train status")
        await scene.ask("!train cancel")
        await until(lambda: set(statuses(scene)) == {"cancelled"})
        await until(lambda: scene.left_texts() == [])


async def test_a_killed_import_leaves_nothing_after_the_next_start(scene: Scene) -> None:
    source = scene.folder / "chat.txt"
    os.mkfifo(source)
    async with running_bot(scene):
        process = await start_python(scene.folder, *IMPORT, str(scene.guild.id))
        with await asyncio.to_thread(source.open, "wb", buffering=0) as pipe:
            pipe.write(TEXTS)
            await until(scene.left_texts, 60)
            process.send_signal(signal.SIGKILL)
            await process.communicate()
        assert "Nothing is training" in await scene.ask("!train status")
    assert len(scene.left_texts()) == 1
    source.unlink()
    async with running_bot(scene):
        assert scene.left_texts() == []
        assert (await bring(scene))[0] == 0
        while "version 1" not in await scene.ask("!about") or scene.left_texts():
            pass
