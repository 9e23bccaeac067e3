"""Chats of other programs, sent to the bot: what is learned of them, and what is said."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from bot_harness import Scene, fake_trainer, running_bot

from bot.loopback.person import Person
from textgen_core.text.special_tokens import MENTION

TEXTS = [f"line {number} of a chat" for number in range(60)]
IDS = ["111111111111111111", "222222222222222222"]
NAMES = ["ann", "bob"]


def exporter_csv(gone: str = "9") -> bytes:
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL)
    rows.writerow(["AuthorID", "Author", "Date", "Content", "Attachments", "Reactions"])
    for number, text in enumerate(TEXTS):
        who = number % 2
        rows.writerow([IDS[who], NAMES[who], "2024-01-01T10:00:00+00:00", text, "", ""])
    for text in TEXTS:
        rows.writerow([gone, "gone", "2024-01-01T10:00:00+00:00", f"secret {text}", "", ""])
        rows.writerow(["5", "MEE6#4876", "2024-01-01T10:00:00+00:00", "beep boop", "", ""])
    rows.writerow([IDS[0], "ann", "2024-01-01T10:00:00+00:00", "Joined the server.", "", ""])
    return out.getvalue().encode()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for part in range(3):
            messages = [
                {"type": "Default", "content": f"{text} @Bob B",
                 "mentions": [{"nickname": "Bob B"}],
                 "author": {"id": IDS[0], "name": "ann", "isBot": False}}
                for text in TEXTS[20 * part : 20 * part + 20]
            ]  # fmt: skip
            made.writestr(f"chat [part {part}].json", json.dumps({"messages": messages}))
    return out.getvalue()


async def learned(
    scene: Scene, *files: tuple[str, bytes], command: str = "!train file"
) -> list[str]:
    """Send files and return what the training is given of them."""
    await scene.you.say(scene.commands.id, command, files=list(files))
    await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on")
    return scene.corpus()


async def opt_out(scene: Scene, name: str) -> str:
    """Let a member type `!privacy out`, and return their id."""
    gone = scene.world.add_user(name)
    scene.world.add_member(scene.guild, gone)
    async with Person(scene.discord.url, gone.token) as person:
        await person.say(scene.commands.id, "!privacy out")
        await scene.from_bot()
    return str(gone.id)


async def test_bots_notices_and_who_opted_out_are_left_out_of_a_table(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        gone = await opt_out(scene, "gone")
        assert await learned(scene, ("chat.csv", exporter_csv(gone))) == TEXTS


async def test_who_opted_out_is_known_by_name_where_a_file_has_no_ids(scene: Scene) -> None:
    lines = [f"[10:{number % 60:02}] <{NAMES[number % 2]}> {text}" for number, text in
             enumerate(TEXTS)]  # fmt: skip
    lines += [f"[11:{number % 60:02}] <Gone> secret {number}" for number in range(60)]
    async with running_bot(scene, fake_trainer("hold")):
        await opt_out(scene, "gone")
        assert await learned(scene, ("irc.log", "\n".join(lines).encode())) == TEXTS


async def test_the_messages_say_what_a_file_was(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!train file", files=[("chat.csv", exporter_csv())])
        outcome = await scene.outcome()
        assert "DiscordChatExporter CSV, 120 messages of 3 people" in outcome


async def test_the_parts_of_an_archive_are_one_chat_with_marks_for_names(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        texts = await learned(scene, ("export.zip", archive()))
        assert texts == [f"{text} {MENTION}" for text in TEXTS]


async def test_several_files_are_read_one_behind_the_other(scene: Scene) -> None:
    first, second = "\n".join(TEXTS).encode(), "\n".join(f"more {t}" for t in TEXTS).encode()
    async with running_bot(scene, fake_trainer("hold")):
        texts = await learned(scene, ("z.txt", first), ("a.txt", second))
        assert texts == [*TEXTS, *(f"more {text}" for text in TEXTS)]


TABLE = "when,was,now\n" + "".join(f"2024,{text},{text} now\n" for text in TEXTS)
FIELDS = json.dumps([{"was": text, "now": f"{text} now"} for text in TEXTS])


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("notes.csv", TABLE, [("when", "2024"), ("was", TEXTS[0]), ("now", f"{TEXTS[0]} now")]),
        ("notes.json", FIELDS, [("was", TEXTS[0]), ("now", f"{TEXTS[0]} now")]),
    ],
)
async def test_a_column_is_chosen_in_a_menu_by_who_sent_the_file(
    scene: Scene, name: str, content: str, shown: list[tuple[str, str]]
) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.you.say(scene.commands.id, "!train file", files=[(name, content.encode())])
        asked = await scene.next_message()
        assert f"I can't tell where the text is in `{name}`" in asked["content"]
        (menu,) = asked["components"][0]["components"]
        assert [(one["label"], one["description"]) for one in menu["options"]] == shown
        assert scene.query("SELECT COUNT(*) FROM train_job") == [(0,)]
        assert scene.left_texts() == []
        other = scene.world.add_user("other")
        scene.world.add_member(scene.guild, other)
        now = menu["options"][-1]["value"]
        async with Person(scene.discord.url, other.token) as person:
            await person.press(asked, menu["custom_id"], now, kind=3)
            hidden = await person.expect("MESSAGE_CREATE", lambda seen: seen["flags"] & 64)
            assert "who sent the file, can choose" in hidden["content"]
        await scene.you.press(asked, menu["custom_id"], now, kind=3)
        await scene.from_bot("MESSAGE_UPDATE", f"I'm taking the text of `{name}` from **now**.")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on")
        assert scene.corpus() == [f"{text} now" for text in TEXTS]


async def test_a_column_is_taken_by_its_name(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        texts = await learned(
            scene, ("notes.csv", TABLE.encode()), command="!train file --column WAS"
        )
        assert texts == TEXTS


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("chat.json", b'{"a": {"b": 1}}', "no list of messages in this JSON; its fields are “a”"),
        ("log.txt", b"2024-01-01 10:00 hello\n" * 60, "a log of no form that I know"),
        ("chat.txt", b"%PDF-1.4", "chat.txt is a PDF document"),
        ("chat.zip", b"PK\x03\x04nonsense", "chat.zip cannot be read"),
    ],
)
async def test_files_of_no_known_form_are_refused_with_what_was_seen(
    scene: Scene, name: str, content: bytes, sentence: str
) -> None:
    async with running_bot(scene, fake_trainer("refuse")):
        await scene.you.say(scene.commands.id, "!train file", files=[(name, content)])
        outcome = await scene.outcome()
        assert sentence in outcome
        assert scene.left_texts() == []


async def test_a_file_is_not_learned_twice_by_mistake(scene: Scene) -> None:
    file = ("chat.txt", "\n".join(TEXTS).encode())
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!train file", files=[file])
        assert (await scene.outcome()).startswith("✅")
        await scene.from_bot()
        again = ("other.txt", file[1])
        scene.you.events.clear()
        await scene.you.say(scene.commands.id, "!train file", files=[again])
        assert "I've already learned that file (`chat.txt`)" in await scene.from_bot()
        assert scene.left_texts() == []
        scene.you.events.clear()
        await scene.you.say(scene.commands.id, "!train file --full", files=[again])
        assert "of the file `other.txt`" in await scene.outcome()
