"""Logging in, intents, resuming and shards, by the unmodified client."""

import asyncio
import json
import time

import aiohttp
import discord
import pytest
from discord.ext import commands

from bot.loopback.http import gateway
from bot.loopback.http.gateway import ACK_DELAY_S
from bot.loopback.person import Person
from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.model import Channel, Overwrite
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import World


async def test_the_client_knows_server_channel_and_members(connect, world, guild, channel):
    world.add_member(guild, world.add_user("mia"), nick="Mi")
    async with connect() as bot:
        seen = bot.get_guild(guild.id)
        assert seen.name == "Test server"
        assert seen.owner_id == world.you.id
        assert {member.display_name for member in seen.members} == {"you", "textgen", "Mi"}
        assert bot.get_channel(channel.id).permissions_for(seen.me).send_messages
        assert not seen.me.guild_permissions.manage_guild


async def test_many_members_arrive_in_chunks(connect, world, guild):
    for number in range(2_300):
        world.add_member(guild, world.add_user(f"user{number}", can_log_in=False))
    async with connect() as bot:
        assert len(bot.get_guild(guild.id).members) == 2_302


async def test_a_wrong_token_is_refused(new_bot, routed):
    bot = new_bot()
    with pytest.raises(discord.LoginFailure):
        await bot.login("no such token")
    await bot.close()
    assert routed.request_log.invalid == 1


async def test_the_gateway_refuses_a_wrong_token(loopback):
    assert await close_code(loopback, {"token": "wrong", "intents": 0}) == 4004


async def test_unknown_intents_are_refused(loopback):
    answer = await close_code(loopback, {"token": loopback.bot_token, "intents": 1 << 40})
    assert answer == 4013


async def test_events_before_the_login_are_refused(loopback):
    assert await close_code(loopback, None, op=8) == 4003


async def test_whoever_sends_more_than_discord_allows_is_disconnected(loopback):
    """Also one who reads nothing, whose answers would pile up."""
    heartbeat = json.dumps({"op": 1, "d": None})
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{loopback.url}/gateway") as flood:
        for _ in range(gateway.EVENTS + 50):
            await flood.send_str(heartbeat)
        while not (await flood.receive()).type.name.startswith("CLOS"):
            pass
        assert flood.close_code == 4008


async def test_more_clients_than_there_may_be_are_turned_away(world, monkeypatch):
    options = SandboxOptions(connections=3)
    monkeypatch.setattr(gateway, "LOGIN_S", 0.3)
    async with LoopbackDiscord(world, options) as server, aiohttp.ClientSession() as http:
        url = f"{server.url}/gateway"
        idle = [await http.ws_connect(url) for _ in range(3)]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await http.ws_connect(url)
        for socket in idle:  # who does not log in makes room for others
            await socket.receive_json()
            await socket.receive()
            assert socket.close_code == 4003
        async with Person(server.url, server.user_token):
            pass


async def close_code(loopback: LoopbackDiscord, data: object, op: int = 2) -> int | None:
    url = f"{loopback.url}/gateway"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.receive_json()
        await socket.send_json({"op": op, "d": data})
        await socket.receive()
        return socket.close_code


@pytest.mark.parametrize("intent", ["message_content", "members", "presences"])
async def test_a_privileged_intent_that_is_switched_off_closes_4014(new_bot, world, intent):
    options = SandboxOptions(message_content_intent=False, members_intent=False)
    async with LoopbackDiscord(world, options) as server:
        with server.client_routes():
            bot = new_bot(**{intent: True})
            with pytest.raises(discord.PrivilegedIntentsRequired):
                await bot.start(server.bot_token)
            await bot.close()


async def test_a_dropped_connection_is_resumed_without_losing_a_message(
    new_bot, routed, connect, you, channel
):
    bot = new_bot(message_content=True)
    heard: list[str] = []
    all_heard = asyncio.Event()
    resumed = asyncio.Event()

    @bot.event
    async def on_message(message: discord.Message) -> None:
        heard.append(message.content)
        if len(heard) == 3:
            all_heard.set()

    @bot.event
    async def on_resumed() -> None:
        resumed.set()

    async with connect(bot), asyncio.timeout(30):
        await you.say(channel.id, "one")
        await you.expect("MESSAGE_CREATE")
        drop_bot(routed, code=4000)
        await you.say(channel.id, "two")
        await resumed.wait()
        await you.say(channel.id, "three")
        await all_heard.wait()
    assert heard == ["one", "two", "three"]


def drop_bot(server: LoopbackDiscord, code: int) -> None:
    for session in server.backend.sessions_of(server.world.bot):
        assert session.connection is not None
        session.connection.close(code)


async def test_reconnect_is_obeyed(new_bot, routed, connect):
    bot = new_bot()
    resumed = asyncio.Event()

    @bot.event
    async def on_resumed() -> None:
        resumed.set()

    async with connect(bot), asyncio.timeout(30):
        routed.ask_to_reconnect()
        await resumed.wait()


async def test_a_resume_of_an_unknown_session_is_invalid(loopback):
    url = f"{loopback.url}/gateway"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.receive_json()
        data = {"token": loopback.bot_token, "session_id": "gone", "seq": 5}
        await socket.send_json({"op": 6, "d": data})
        answer = await socket.receive_json()
    assert (answer["op"], answer["d"]) == (9, False)


async def test_a_heartbeat_is_acknowledged(loopback):
    url = f"{loopback.url}/gateway"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        hello = await socket.receive_json()
        assert hello["d"]["heartbeat_interval"] == 41_250
        began = time.monotonic()
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json())["op"] == 11
        # Sooner, it could overtake the client's own note of when it sent the heartbeat.
        assert time.monotonic() - began >= ACK_DELAY_S


class QuickShards(commands.AutoShardedBot):
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Log in at once; Discord wants 5 s between shards."""


async def test_servers_are_spread_over_shards(new_bot, world: World):
    guilds = [world.add_guild(f"Server {number}") for number in range(4)]
    async with LoopbackDiscord(world, SandboxOptions(shards=2)) as server:
        with server.client_routes():
            bot = new_bot(kind=QuickShards)
            running = asyncio.create_task(bot.start(server.bot_token))
            async with asyncio.timeout(30):
                await wait_ready(bot)
            held = {guild.id: bot.get_guild(guild.id).shard_id for guild in guilds}
            sharding = {session.shard for session in server.backend.sessions.values()}
            await bot.close()
            await running
    assert held == {guild.id: (guild.id >> 22) % 2 for guild in guilds}
    assert sharding == {(0, 2), (1, 2)}


async def wait_ready(bot: commands.Bot) -> None:
    ready = asyncio.Event()
    bot.add_listener(as_listener(ready), "on_ready")
    await ready.wait()


def as_listener(event: asyncio.Event):
    async def listener() -> None:
        event.set()

    return listener


async def test_content_is_withheld_without_the_intent(
    new_bot, connect, loopback, world, you, channel
):
    bot = new_bot()
    heard: list[discord.Message] = []
    both = asyncio.Event()

    @bot.event
    async def on_message(message: discord.Message) -> None:
        heard.append(message)
        if len(heard) == 2:
            both.set()

    async with connect(bot), asyncio.timeout(30):
        await you.say(channel.id, "a secret", embeds=[{"title": "hidden"}])
        await you.say(channel.id, f"for you <@{world.bot.id}>")
        await both.wait()
    assert (heard[0].content, heard[0].embeds) == ("", [])
    assert heard[1].content.startswith("for you")


async def test_direct_messages_show_their_content(new_bot, connect, world, you):
    bot = new_bot()
    heard = asyncio.get_running_loop().create_future()

    @bot.event
    async def on_message(message: discord.Message) -> None:
        if not message.author.bot:
            heard.set_result(message)

    async with connect(bot), asyncio.timeout(30):
        direct = await you.request(
            "POST", "/users/@me/channels", {"recipients": [str(world.bot.id)]}
        )
        await you.say(int(str(direct["id"])), "psst")
        message = await heard
        assert isinstance(message.channel, discord.DMChannel)
        await message.channel.send("heard")
        answer = await you.expect("MESSAGE_CREATE", lambda m: m["author"]["bot"])
    assert message.content == "psst"
    assert answer["content"] == "heard"


async def test_events_reach_only_those_who_see_the_channel(loopback, world, guild, channel, you):
    mia = world.add_user("mia")
    world.add_member(guild, mia)
    hidden: Channel = world.add_channel(
        guild, "staff", overwrites=[Overwrite(guild.id, 0, deny=Permission.VIEW_CHANNEL)]
    )
    async with Person(loopback.url, str(mia.token)) as person:
        created = await person.expect("GUILD_CREATE")
        await you.say(hidden.id, "not for mia")
        await you.say(channel.id, "for all")
        first = await person.expect("MESSAGE_CREATE")
    assert [c["name"] for c in created["channels"]] == ["general"]
    assert first["content"] == "for all"
