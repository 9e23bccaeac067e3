"""The loopback Discord refuses what Discord refuses, and tells where as Discord does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from forbidden_bodies import (
    ANSWERS,
    COMMANDS,
    LONG,
    MESSAGES,
    SECOND_KIND,
    TEXT_DISPLAY,
    Row,
    asks,
    button,
    command,
    embed,
    menu,
    option,
    row,
    shown,
)

from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.interactions import Interaction, InteractionKind
from bot.loopback.world.model import Channel

Answer = tuple[int, Any]


def rows_of(table: list[Row]) -> list[Any]:
    return [pytest.param(place, body, id=name) for name, place, body in table]


def place_of(errors: dict[str, Any]) -> str:
    """Return the way to the innermost errors, each with a code and a sentence."""
    way = []
    while "_errors" not in errors:
        ((name, errors),) = errors.items()
        way.append(name)
    assert [set(error) for error in errors["_errors"]] == [{"code", "message"}]
    return ".".join(way)


class Bot:
    """Sends bodies as the bot would."""

    def __init__(self, loopback: LoopbackDiscord, http: aiohttp.ClientSession) -> None:
        self._loopback, self._http = loopback, http
        self._bot_id = loopback.world.bot.id

    async def send(self, method: str, path: str, body: object) -> Answer:
        url = f"{self._loopback.url}/api/v10{path}"
        headers = {"Authorization": f"Bot {self._loopback.bot_token}"}
        async with self._http.request(method, url, json=body, headers=headers) as response:
            return response.status, None if response.status == 204 else await response.json()

    async def post(self, channel: Channel, body: object) -> Answer:
        return await self.send("POST", f"/channels/{channel.id}/messages", body)

    async def put_commands(self, body: object) -> Answer:
        return await self.send("PUT", f"/applications/{self._bot_id}/commands", body)

    async def answer(self, channel: Channel, body: object) -> Answer:
        user, world = self._loopback.world.you, self._loopback.world
        used = Interaction(world.snowflakes.make(), InteractionKind.COMMAND, user, channel)
        self._loopback.backend.interactions.open(used, 900.0)
        return await self.send("POST", f"/interactions/{used.id}/{used.token}/callback", body)


@pytest.fixture
async def bot(loopback: LoopbackDiscord) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as http:
        yield Bot(loopback, http)


def check_refusal(answer: Answer, place: str) -> None:
    status, body = answer
    assert status == 400
    if not place:  # too many of them, whatever they are
        assert body["code"] == 30032
        return
    assert (body["code"], body["message"]) == (50035, "Invalid Form Body")
    assert place_of(body["errors"]) == place


@pytest.mark.parametrize(("place", "body"), rows_of(MESSAGES))
async def test_a_forbidden_message_is_refused(bot, channel, place, body) -> None:
    check_refusal(await bot.post(channel, body), place)
    assert len(channel.messages) == 0


@pytest.mark.parametrize(("place", "body"), rows_of(COMMANDS))
async def test_forbidden_commands_are_refused(bot, loopback, place, body) -> None:
    await bot.put_commands([command(name="before")])
    check_refusal(await bot.put_commands(body), place)
    kept = loopback.backend.commands.of(None).values()
    assert [one["name"] for one in kept] == ["before"]


@pytest.mark.parametrize(("place", "body"), rows_of(ANSWERS))
async def test_a_forbidden_answer_is_refused(bot, channel, place, body) -> None:
    check_refusal(await bot.answer(channel, body), place)


@pytest.mark.parametrize(
    "body",
    [
        {"content": LONG[:2000]},
        shown(*(row(*(button(5 * n + m) for m in range(5))) for n in range(5))),
        shown(row(button(label=LONG[:80], custom_id=LONG[:100]))),
        shown(row({"type": 2, "style": 5, "label": "go", "url": "https://example.org"})),
        shown(row(menu(options=[*map(option, range(25))], max_values=25, placeholder=LONG[:150]))),
        {"components": [TEXT_DISPLAY] * 40, "flags": SECOND_KIND},
        embed(title=LONG[:256], description=LONG[:4096]),
        {"content": "hi", "nonce": LONG[:25]},
        {"content": "hi", "allowed_mentions": {"parse": ["users"], "roles": ["1"]}},
    ],
)
async def test_what_is_just_allowed_is_taken(bot, channel, body) -> None:
    status, _ = await bot.post(channel, body)
    assert status == 200


async def test_commands_that_are_just_allowed_are_taken(bot) -> None:
    body = [
        command(name=f"go{n}", options=[asks(required=True), asks(name="b")]) for n in range(100)
    ]
    body += [{"type": kind, "name": f"Menu {n}"} for kind in (2, 3) for n in range(15)]
    body[0]["name"] = "поиск_語-1"
    body[1]["default_member_permissions"] = "32"
    assert (await bot.put_commands(body))[0] == 200


async def test_a_nonce_is_sent_once_where_that_is_asked_for(bot, channel) -> None:
    once = {"content": "once", "nonce": "n", "enforce_nonce": True}
    first, again = [await bot.post(channel, once) for _ in range(2)]
    other = await bot.post(channel, {**once, "nonce": "m"})
    loose = await bot.post(channel, {"content": "once", "nonce": "n"})
    assert first[1]["id"] == again[1]["id"]
    assert len({first[1]["id"], other[1]["id"], loose[1]["id"]}) == len(channel.messages) == 3


async def test_components_are_given_back_as_discord_does(bot, channel) -> None:
    users = {"type": 5, "custom_id": "u", "required": True}
    users["default_values"] = [{"type": "user", "id": 12}]
    _, message = await bot.post(channel, shown(row(button(emoji=None)), row(users)))
    (first, second) = message["components"]
    assert (first["id"], first["components"][0]["id"]) == (1, 2)
    assert "emoji" not in first["components"][0]
    assert second["components"] == [
        {
            "type": 5,
            "id": 4,
            "custom_id": "u",
            "default_values": [{"type": "user", "id": "12"}],
            "min_values": 1,
            "max_values": 1,
        }
    ]
