"""Files of messages instead of channels: attached, or imported on the bot's machine."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from bot_harness import Scene, fake_trainer, make_base, rows, run_python, running_bot

from bot.loopback.world.model import Attachment
from bot.operations.import_file import import_file
from bot.runtime.data_folder import DataFolder

TEXTS = [f"line {number} of a file" for number in range(60)]
RECORDS = [
    *({"content": text} for text in TEXTS),
    {"content": "beep", "bot": True},
    {"content": "!generate is a command"},
    {"content": "   "},
]
LINES = "\n".join(json.dumps(record) for record in RECORDS).encode()
EXPORT = {
    "messages": [
        *({"type": "Default", "content": text, "author": {"isBot": False}} for text in TEXTS),
        {"type": "Default", "content": "beep", "author": {"isBot": True}},
        {"type": "GuildMemberJoin", "content": "joined", "author": {"isBot": False}},
    ]
}
FILES = {
    "chat.txt": "\n".join(TEXTS).encode(),
    "chat.csv": ("Author,Content\n" + "\n".join(f'ann,"{text}"' for text in TEXTS)).encode(),
    "chat.jsonl": LINES,
    "chat.jsonl.gz": gzip.compress(LINES),
    "export.json": json.dumps(EXPORT).encode(),
}


async def train_on(scene: Scene, name: str, content: bytes, command: str = "!train file") -> str:
    """Send a file and return how the training ended."""
    await scene.you.say(scene.commands.id, command, files=[(name, content)])
    await scene.from_bot()
    return await scene.outcome()


@pytest.mark.parametrize("name", FILES)
async def test_every_kind_of_file_is_learned_without_its_bots(scene: Scene, name: str) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.you.say(scene.commands.id, "!train", files=[(name, FILES[name])])
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60 messages\n`█")
        assert scene.corpus() == TEXTS
        for path in (scene.folder / "data" / "corpora").rglob("*.jsonl"):
            assert path.stat().st_mode & 0o777 == 0o600
    async with running_bot(scene, fake_trainer("hold")):
        outcome = await scene.outcome()
        assert f"of the file `{name}`" in outcome
        assert scene.left_texts() == []
    assert scene.pages() == 0


async def test_a_file_adds_to_what_is_known_unless_full(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        assert "on top of version 1" in await train_on(scene, "chat.txt", FILES["chat.txt"])
        scene.world.fill_channel(scene.talk, rows(60, start=250))
        assert "on 60 messages" in await scene.train()
        full = await train_on(scene, "chat.txt", FILES["chat.txt"], "!train full")
        assert "on top of" not in full
        assert "on 310 messages" in await scene.train()


async def test_the_slash_command_takes_a_file(scene: Scene) -> None:
    async with running_bot(scene):
        option = {"type": 11, "name": "file", "value": "0"}
        command = {"type": 1, "name": "file", "options": [option]}
        files = [("chat.txt", FILES["chat.txt"])]
        await scene.you.run(scene.guild.id, scene.commands.id, "train", command, files=files)
        assert "on 60 messages" in await scene.outcome()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("chat.pdf", b"%PDF", "can't learn from that kind of file"),
        ("chat.txt", b"x" * ((1 << 20) + 1), "up to 1 MiB"),
    ],
)
async def test_unfit_files_are_refused_before_they_are_queued(
    scene: Scene, name: str, content: bytes, expected: str
) -> None:
    async with running_bot(scene, max_file_mb=1):
        await scene.you.say(scene.commands.id, "!train file", files=[(name, content)])
        assert expected in await scene.from_bot()
        assert scene.left_texts() == []
    assert scene.query("SELECT COUNT(*) FROM train_job") == [(0,)]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("chat.txt", "\n".join(TEXTS[:9]).encode(), "9 messages that I can use"),
        ("chat.txt", b"\x00\x01\xff", "chat.txt is not text"),
        ("chat.jsonl", b'{"content": "one"}\nnonsense', "chat.jsonl, line 2: not JSON"),
        ("chat.jsonl.gz", b"nonsense", "chat.jsonl.gz is damaged"),
        ("chat.jsonl.gz", FILES["chat.jsonl.gz"][:-20], "chat.jsonl.gz is damaged"),
        (
            "export.json",
            b'{"messages": [',
            "export.json is neither a list of messages nor DiscordChatExporter's JSON",
        ),
    ],
)
async def test_damaged_files_are_told_in_a_sentence(
    scene: Scene, name: str, content: bytes, expected: str
) -> None:
    async with running_bot(scene):
        outcome = await train_on(scene, name, content)
        assert outcome.startswith(("❌", "💤"))
        assert expected in outcome
        assert scene.left_texts() == []


async def test_a_packed_file_that_grows_beyond_measure_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.corpus.file_messages.MAX_UNPACKED_BYTES", 1 << 22)
    async with running_bot(scene):
        outcome = await train_on(scene, "chat.txt.gz", gzip.compress(b"\n" * (1 << 23)))
        assert "too large: unpacked" in outcome
        assert scene.left_texts() == []


async def test_no_attachment_is_asked_for(scene: Scene) -> None:
    async with running_bot(scene):
        assert "no file to learn from" in await scene.ask("!train file")


async def test_what_a_file_does_not_go_with_is_refused(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("refuse")):
        for command, answer in {
            f"!train <#{scene.talk.id}>": "go together",
            "!train --last 30d": "are for channels",
            "!train full --max 100": "are for channels",
        }.items():
            file = ("chat.txt", FILES["chat.txt"])
            await scene.you.say(scene.commands.id, command, files=[file])
            assert answer in await scene.from_bot()


async def test_an_attachment_that_has_gone_is_asked_for_again(scene: Scene) -> None:
    class Forgetful(dict[int, Attachment]):
        def __setitem__(self, key: int, value: Attachment) -> None:
            pass

    scene.discord.backend.files = Forgetful()
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!train file", files=[("chat.txt", b"text")])
        assert "Attach it again" in await scene.from_bot()
        assert scene.left_texts() == []


async def test_a_file_is_kept_over_a_restart(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        files = [("chat.txt", FILES["chat.txt"])]
        await scene.you.say(scene.commands.id, "!train file", files=files)
        assert "on the file `chat.txt`: 1 other training comes first" in await scene.from_bot()
    async with running_bot(scene):
        assert "on 250 messages" in await scene.outcome()
        assert "on 60 messages" in await scene.outcome()
        assert scene.left_texts() == []


async def test_the_file_of_a_training_that_was_taken_back_is_deleted(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        files = [("chat.txt", FILES["chat.txt"])]
        await scene.you.say(scene.commands.id, "!train file", files=files)
        await scene.from_bot()
        assert len([path for path in scene.left_texts() if path.name == "chat.txt"]) == 1
        assert "Stopping 2 trainings" in await scene.ask("!train cancel")
        assert await scene.outcome() == await scene.outcome()
        assert scene.left_texts() == []


async def test_a_running_bot_takes_up_what_is_imported(scene: Scene) -> None:
    source = scene.folder / "history.jsonl"
    source.write_bytes(LINES)
    async with running_bot(scene):
        arguments = ("-m", "bot", "import", "history.jsonl", "--guild", str(scene.guild.id))
        status, _, err = await run_python(scene.folder, *arguments)
        assert status == 1
        assert "I've never seen a server" in err
        arguments = (*arguments, "--force")
        status, out, err = await run_python(scene.folder, *arguments)
        assert (status, err) == (0, "")
        assert "begins in a moment" in out
        while "version 1" not in await scene.ask("!about") or scene.left_texts():
            pass
        assert "`history.jsonl`" in await scene.ask("!train status")
    assert source.read_bytes() == LINES


async def test_a_stopped_bot_begins_with_what_was_imported(scene: Scene) -> None:
    source = scene.folder / "history.txt"
    source.write_bytes(FILES["chat.txt"])
    folder = DataFolder(scene.folder / "data")
    job = await import_file(folder, source, guild_id=scene.guild.id, fresh=True, force=True)
    assert (job.place, job.bot_is_running) == (0, False)
    async with running_bot(scene):
        while "version 1" not in await scene.ask("!about") or scene.left_texts():
            pass


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nowhere.txt", "--guild", "1"), "nowhere.txt: No such file"),
        (("base-0.safetensors", "--guild", "1"), "can't learn from that kind of file"),
        (("chat.txt", "--guild", "here"), "must be a server's id"),
    ],
)
async def test_bad_imports_cost_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    make_base(tmp_path)
    status, _, err = await run_python(tmp_path, "-m", "bot", "import", *arguments)
    assert status != 0
    assert expected in err
    assert "Traceback" not in err
