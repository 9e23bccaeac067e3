"""What the bot has the loopback Discord show, and whom each of it might ping."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.loopback.http.app import Call
from bot.loopback.wire.json_fields import Fields
from bot.loopback.wire.uploads import Upload


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that was sent, or that a message was changed to.

    Attributes:
        way: method and first part of the address, such as "POST webhooks".
        allowed: its `allowed_mentions`; without them Discord pings whomever the text names.
    """

    way: str
    allowed: object

    @property
    def may_ping(self) -> bool:
        """Say whether somebody could be pinged by it."""
        if not isinstance(self.allowed, dict) or self.allowed.get("parse") != []:
            return True
        return any(self.allowed.get(name) for name in ("users", "roles", "replied_user"))


def note_sent(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Return a list which every text that the bot sends from now on comes into."""
    sent: list[Sent] = []
    read = Call.body

    async def body(call: Call) -> tuple[Fields, list[Upload]]:
        fields, uploads = await read(call)
        if call.user is call.backend.world.bot:
            shown = fields.child("data") or fields
            if shown.values.get("content"):
                first = call.request.path.removeprefix("/api/v10/").split("/")[0]
                way = f"{call.request.method} {first}"
                sent.append(Sent(way, shown.values.get("allowed_mentions")))
        return fields, uploads

    monkeypatch.setattr(Call, "body", body)
    return sent
