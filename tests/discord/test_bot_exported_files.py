"""Exports of other services through `!train file`: said by name, learned without their noise."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable

import pytest
from bot_harness import Scene, running_bot

TEXTS = [f"the pizza is here nr{number}" for number in range(60)]
Record = Callable[[int, str], dict[str, object]]


def skype(number: int, text: str) -> dict[str, object]:
    return {"messagetype": "RichText", "originalarrivaltime": "2023-01-01T10:00:00Z",
            "from": f"8:live:{number % 2}", "displayName": None, "content": text}  # fmt: skip


def matrix(number: int, text: str) -> dict[str, object]:
    return {"type": "m.room.message", "sender": f"@{number % 2}:x.org",
            "content": {"msgtype": "m.text", "body": text}}  # fmt: skip


def pidgin() -> str:
    said = "".join(
        f'<font color="#16569E"><font size="2">(10:15:42)</font> <b>ann{number % 2}:</b></font> '
        f"{text}<br/>\n"
        for number, text in enumerate(TEXTS)
    )
    return f"<html><body><h3>Conversation with bob at Mon</h3>\n{said}</body></html>"


def listed(record: Record) -> list[dict[str, object]]:
    return [record(number, text) for number, text in enumerate(TEXTS)]


def packed(name: str, data: bytes) -> bytes:
    """Return a .tar with one file in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


FILES = {
    "messages.json": ("Skype", {"conversations": [{"MessageList": listed(skype)}]}),
    "export.json": ("Matrix", {"room_name": "R", "messages": listed(matrix)}),
    "bob.html": ("Pidgin HTML", pidgin()),
}


@pytest.mark.parametrize("name", FILES)
async def test_an_export_is_learned_by_its_name(scene: Scene, name: str) -> None:
    form, content = FILES[name]
    data = (content if isinstance(content, str) else json.dumps(content)).encode()
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!train file", files=[(name, data)])
        assert f"{form}, 60 messages of 2 people" in await scene.outcome()


async def test_an_export_in_tar_is_learned(scene: Scene) -> None:
    form, content = FILES["messages.json"]
    data = packed("messages.json", json.dumps(content).encode())
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!train file", files=[("ann_export.tar", data)])
        assert f"{form}, 60 messages of 2 people" in await scene.outcome()
