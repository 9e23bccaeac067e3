"""Rate limits, counters and planned failures, as the unmodified client meets them."""

import asyncio
import time

import aiohttp
import discord
import pytest

from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.state.rate_limits import Limit, RateLimiter, RateLimits

HISTORY = "GET /channels/{channel_id}/messages"
SEND = "POST /channels/{channel_id}/messages"


def quick(**limits: Limit) -> SandboxOptions:
    return SandboxOptions(limits=RateLimits(**limits))


def test_the_least_time_for_many_requests_follows_from_the_limit():
    assert RateLimits().history.minimum_s(500) == 495.0
    assert [Limit(5, 5.0).minimum_s(n) for n in (0, 1, 5, 6, 10, 11)] == [0, 0, 0, 5, 5, 10]


def test_buckets_belong_to_one_account_route_and_channel():
    limiter = RateLimiter(RateLimits(history=Limit(1, 60.0), other=Limit(1, 60.0)))
    assert limiter.check(1, "history", HISTORY, "10").retry_after_s is None
    assert limiter.check(1, "history", HISTORY, "11").retry_after_s is None
    assert limiter.check(2, "history", HISTORY, "10").retry_after_s is None
    assert limiter.check(1, "other", "GET /a", "").retry_after_s is None
    assert limiter.check(1, "other", "GET /b", "").retry_after_s is None
    refused = limiter.check(1, "history", HISTORY, "10")
    assert 59 < (refused.retry_after_s or 0) <= 60.1
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.headers["X-RateLimit-Scope"] == "user"


def test_the_global_limit_is_said_to_be_global():
    limiter = RateLimiter(RateLimits(everything=Limit(2, 60.0)))
    for channel in ("1", "2"):
        assert limiter.check(1, "send", SEND, channel).retry_after_s is None
    refused = limiter.check(1, "send", SEND, "3")
    assert refused.is_global
    assert refused.headers["X-RateLimit-Global"] == "true"
    assert refused.refusal()["global"] is True
    assert limiter.check(1, "webhook", "POST /w", "t").retry_after_s is None


class TestHistory:
    @pytest.fixture
    def sandbox_options(self) -> SandboxOptions:
        return quick(history=Limit(2, 0.15))

    async def test_the_client_waits_for_the_bucket_and_gets_no_429(
        self, connect, routed, world, channel
    ):
        for number in range(500):
            world.post(channel, world.you, str(number))
        async with connect() as bot:
            begun_s = time.monotonic()
            pages = [m async for m in bot.get_channel(channel.id).history(limit=500)]
            took_s = time.monotonic() - begun_s
        requests = routed.request_log.by_route[HISTORY]
        assert len(pages) == 500
        assert took_s >= routed.options.limits.history.minimum_s(requests) == 0.3
        assert routed.request_log.rate_limited == 0


class TestSending:
    @pytest.fixture
    def sandbox_options(self) -> SandboxOptions:
        return quick(send=Limit(1, 60.0))

    async def test_a_429_has_discords_headers_and_body(self, loopback, channel):
        headers = {"Authorization": f"Bot {loopback.bot_token}"}
        url = f"{loopback.url}/api/v10/channels/{channel.id}/messages"
        async with aiohttp.ClientSession(headers=headers) as http:
            async with http.post(url, json={"content": "a"}) as passed:
                assert passed.headers["X-RateLimit-Limit"] == "1"
                assert passed.headers["X-RateLimit-Remaining"] == "0"
                assert 0 < float(passed.headers["X-RateLimit-Reset-After"]) <= 60.001
            async with http.post(url, json={"content": "b"}) as refused:
                body = await refused.json()
        assert refused.status == 429
        assert 0 < body["retry_after"] <= 60.01
        assert body["global"] is False
        assert refused.headers["Content-Type"] == "application/json"
        assert loopback.request_log.invalid == loopback.request_log.rate_limited == 1
        assert [message.content for message in channel.messages] == ["a"]

    async def test_people_are_not_limited(self, loopback, you, channel):
        for number in range(4):
            await you.say(channel.id, str(number))
        assert loopback.request_log.rate_limited == 0


class TestSendingAgain:
    @pytest.fixture
    def sandbox_options(self) -> SandboxOptions:
        return quick(send=Limit(1, 0.3))

    async def test_the_client_gets_everything_through(self, connect, channel):
        async with connect() as bot:
            seen = bot.get_channel(channel.id)
            await asyncio.gather(*(seen.send(str(number)) for number in range(4)))
        assert {message.content for message in channel.messages} == set("0123")


class TestFaults:
    async def test_the_client_survives_a_failure_of_the_server(self, connect, routed, channel):
        async with connect() as bot:
            routed.faults.fail(SEND, status=502)
            await bot.get_channel(channel.id).send("at last")
        assert routed.request_log.by_status[502] == 1
        assert [message.content for message in channel.messages] == ["at last"]

    async def test_a_planned_error_is_given_as_often_as_planned(self, connect, routed, channel):
        async with connect() as bot:
            routed.faults.fail(SEND, times=2, status=404)
            for _ in range(2):
                with pytest.raises(discord.NotFound):
                    await bot.get_channel(channel.id).send("lost")
            await bot.get_channel(channel.id).send("found")
        assert len(channel.messages) == 1

    async def test_a_gate_holds_requests_until_it_is_opened(self, connect, routed, channel):
        async with connect() as bot:
            gate = routed.faults.hold(SEND, after=1)
            seen = bot.get_channel(channel.id)
            await seen.send("before")
            sending = asyncio.create_task(seen.send("behind"))
            await asyncio.wait_for(gate.reached.wait(), 30)
            assert [message.content for message in channel.messages] == ["before"]
            gate.open()
            await asyncio.wait_for(sending, 30)
        assert [message.content for message in channel.messages] == ["before", "behind"]

    async def test_a_delay_holds_an_answer_back(self, connect, routed, channel):
        async with connect() as bot:
            routed.faults.delay(SEND, 0.05)
            begun_s = time.monotonic()
            await bot.get_channel(channel.id).send("slow")
        assert time.monotonic() - begun_s >= 0.05


async def test_stopping_frees_the_port_at_once(world):
    async with LoopbackDiscord(world) as server:
        port = int(server.url.rpartition(":")[2])
    async with LoopbackDiscord(world, SandboxOptions(port=port)) as again:
        assert again.url.endswith(f":{port}")
