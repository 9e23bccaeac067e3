"""The judge that every test sits under: it knows the specification, and is not asleep."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from accepted_differences import IN_ANSWERS, IN_REQUESTS
from broken_bodies import Breaker
from judge import Judge
from judging import specification
from trim import REQUESTS, requests_of

from bot.loopback.server import ROUTES
from bot.loopback.state.taps import Exchange
from bot.loopback.wire.api_errors import ApiError
from bot.loopback.wire.request_schemas import RequestSchemas, check_body
from bot.loopback.world.model import User

BOT = User(1, "bot", bot=True)
SEND = "/channels/{channel_id}/messages"
LIMITS = {f"X-RateLimit-{name}": "1" for name in ("Limit", "Remaining", "Reset", "Bucket")}
HEADERS = {**LIMITS, "X-RateLimit-Reset-After": "1"}
AUTHOR = {
    "id": "1",
    "username": "bot",
    "discriminator": "0",
    "global_name": None,
    "avatar": None,
    "public_flags": 0,
    "flags": 0,
    "primary_guild": None,
}
MESSAGE: dict[str, Any] = {
    "id": "3",
    "channel_id": "2",
    "author": AUTHOR,
    "type": 0,
    "content": "hi",
    "timestamp": "2026-03-01T12:00:00.000000+00:00",
    "edited_timestamp": None,
    "tts": False,
    "mention_everyone": False,
    "pinned": False,
    "flags": 0,
    **{name: [] for name in ("mentions", "mention_roles", "attachments", "embeds", "components")},
}


def changed(whole: dict[str, Any], way: str, value: object) -> dict[str, Any]:
    """Return a copy in which one field is another, or gone for None."""
    made = deepcopy(whole)
    *path, last = way.split(".")
    place: Any = made
    for name in path:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


def faults(sent: Any, answer: Any, *, status: int = 200, **more: Any) -> list[str]:
    headers = more.pop("headers", HEADERS)
    query = more.pop("query", {})
    judge = Judge(specification(), **more)
    judge.answer(Exchange(BOT, "POST", SEND, {}, query, sent, status, headers, answer))
    assert judge.heard == 1
    return judge.faults


def test_what_the_specification_allows_is_no_fault() -> None:
    assert faults({"content": "hi", "nonce": 5}, MESSAGE) == []


@pytest.mark.parametrize("name", [*MESSAGE, *(f"author.{name}" for name in AUTHOR)])
def test_an_answer_without_a_required_field_is_a_fault(name: str) -> None:
    (fault,) = faults({"content": "hi"}, changed(MESSAGE, name, None))
    assert f'"{name.rpartition(".")[2]}" is a required property' in fault
    assert "answer to the bot" in fault


@pytest.mark.parametrize(
    ("way", "value"),
    [
        *(("colour", 1), ("author.nick", "b"), ("author.id", 1), ("flags", "0"), ("type", 99)),
        *(("timestamp", "yesterday"), ("edited_timestamp", 5), ("components", [{"type": 1}])),
    ],
)
def test_an_answer_with_a_strange_field_or_type_is_a_fault(way: str, value: object) -> None:
    assert faults({"content": "hi"}, changed(MESSAGE, way, value))


@pytest.mark.parametrize(
    "sent",
    [
        *({"text": "hi"}, {"content": 5}, {"embeds": [{"colour": 1}]}, {"nonce": "x" * 26}, []),
        {"allowed_mentions": {"parse": ["everybody"]}},
        {"components": [{"type": 1, "components": []}]},
    ],
)
def test_a_request_that_is_against_it_is_a_fault_even_if_it_was_refused(sent: Any) -> None:
    refused = {"code": 50035, "message": "Invalid Form Body"}
    assert faults(sent, MESSAGE)
    assert faults(sent, refused, status=400)
    assert faults(sent, refused, status=400, bot_errs=False) == []  # the test had tried it


def test_an_unknown_query_status_or_missing_header_is_a_fault() -> None:
    assert faults({}, MESSAGE, query={"wait": "1"}) == [f"POST {SEND}: unknown query wait"]
    assert "no answer 201" in faults({}, MESSAGE, status=201)[0]
    assert "no header X-RateLimit-Bucket" in "".join(faults({}, MESSAGE, headers={}))


def test_an_event_is_looked_at_like_an_answer() -> None:
    judge = Judge(specification())
    judge.event(BOT, "MESSAGE_CREATE", {**MESSAGE, "guild_id": "9"})
    assert judge.faults == []
    judge.event(BOT, "MESSAGE_CREATE", changed(MESSAGE, "author.flags", None))
    judge.event(BOT, "MESSAGE_CREATED", MESSAGE)
    judge.event(User(2, "you"), "MESSAGE_CREATED", MESSAGE)  # people's clients get others
    assert judge.faults == [
        'MESSAGE_CREATE: author: "flags" is a required property',
        "MESSAGE_CREATED: unknown event",
    ]


def refusal_of(schemas: RequestSchemas, schema: Any, body: Any) -> tuple[int, int] | None:
    try:
        schemas.check(schema, body, "")
    except ApiError as refusal:
        return refusal.status, refusal.code
    return None


@pytest.mark.parametrize(
    ("operation", "least"),
    [
        ("PUT /applications/{application_id}/commands", 400),
        ("POST /channels/{channel_id}/messages", 600),
        ("POST /channels/{channel_id}/messages/bulk-delete", 8),
        ("POST /users/@me/channels", 10),
        ("POST /interactions/{interaction_id}/{token}/callback", 1500),
    ],
)
def test_whatever_the_specification_forbids_is_refused(operation: str, least: int) -> None:
    """The loopback Discord's own reading of it against a library's."""
    schemas = RequestSchemas(requests_of(specification().document))
    breaker, schema = Breaker(schemas), schemas.bodies[operation]
    method, path = operation.split(" ")
    judged = specification().operation(method, path, {})
    whole = breaker.whole(schema)
    schemas.check(schema, whole, "")
    tried = 0
    for broken in breaker.breaks(schema, whole):
        body = broken.body(whole)
        if specification().requests.allows(judged.body, body):
            continue  # such as a number where a text or a number may stand
        tried += 1
        assert refusal_of(schemas, schema, body) == (400, 50035), (broken.place, broken.how)
    assert tried >= least


def test_of_alternatives_that_have_no_type_the_one_is_meant_that_knows_the_fields() -> None:
    with pytest.raises(ApiError) as refusal:
        check_body("POST /webhooks/{application_id}/{token}", {"content": "hi", "username": ""})
    assert "username" in (refusal.value.errors or {})


def test_requests_are_refused_by_the_same_specification() -> None:
    assert json.loads(REQUESTS.read_text()) == requests_of(specification().document)


def test_all_addresses_but_those_of_peoples_clients_are_in_it() -> None:
    unknown = {
        route.name
        for route in ROUTES
        if specification().operation(route.method, route.path, {}) is None
        and specification().operation(route.method, route.path, {"user_id": "@me"}) is None
    }
    assert unknown == {
        "GET /guilds/{guild_id}/application-command-index",
        "GET /users/@me/channels",
        "POST /interactions",
    }


def test_differences_are_few_and_each_has_its_reason() -> None:
    accepted = {difference.schema for difference in (*IN_REQUESTS, *IN_ANSWERS)}
    assert len(accepted) <= 12
    assert all(len(difference.why) > 20 for difference in (*IN_REQUESTS, *IN_ANSWERS))


async def test_whatever_a_test_does_is_judged(judge, you, channel, loopback) -> None:
    await you.say(channel.id, "hi")
    assert judge.heard == 1
    assert judge.faults == []
