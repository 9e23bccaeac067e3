"""Changes to servers while clients are connected reach the unmodified client."""

import asyncio

import aiohttp
import pytest

from bot.loopback.world.permissions import Permission


@pytest.fixture
async def bot(connect):
    async with connect() as connected:
        yield connected


def heard(bot, event: str) -> asyncio.Future:
    """Return what completes when the client has taken an event in."""
    return asyncio.ensure_future(bot.wait_for(event, timeout=5))


async def test_a_new_server_appears(bot, routed, world):
    joined = heard(bot, "guild_join")
    guild = world.add_guild("Another")
    routed.announce_guild(guild)
    await joined
    assert bot.get_guild(guild.id).name == "Another"


async def test_a_bot_that_is_thrown_out_loses_the_server(bot, routed, world, guild, you):
    left = heard(bot, "guild_remove")
    routed.kick(guild, world.bot)
    await left
    removed = await you.expect("GUILD_MEMBER_REMOVE")
    assert not bot.guilds
    assert removed["user"]["id"] == str(world.bot.id)


async def test_channels_come_and_go(bot, routed, world, guild):
    created = heard(bot, "guild_channel_create")
    channel = world.add_channel(guild, "new")
    routed.announce_channel(channel, "CHANNEL_CREATE")
    await created
    assert bot.get_channel(channel.id).name == "new"
    deleted = heard(bot, "guild_channel_delete")
    routed.delete_channel(channel)
    await deleted
    assert bot.get_channel(channel.id) is None


async def test_roles_and_their_bearers_change(bot, routed, world, guild):
    created = heard(bot, "guild_role_create")
    role = world.add_role(guild, "manager", Permission.MANAGE_GUILD)
    routed.announce_role(guild, role, "GUILD_ROLE_CREATE")
    await created
    updated = heard(bot, "member_update")
    member = guild.members[world.bot.id]
    member.role_ids.append(role.id)
    routed.announce_member(guild, member)
    await updated
    assert bot.get_guild(guild.id).me.guild_permissions.manage_guild


async def test_an_unknown_address_of_the_api_is_answered_in_json(loopback):
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{loopback.url}/api/v10/stage-instances") as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (404, 0)
    assert loopback.request_log.by_route["unknown"] == 1


async def test_a_garbled_request_for_members_closes_the_connection(loopback):
    url = f"{loopback.url}/gateway"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.send_json({"op": 2, "d": {"token": loopback.user_token}})
        await socket.send_json({"op": 8, "d": {"guild_id": "x"}})
        while not socket.closed:
            await asyncio.wait_for(socket.receive(), 5)
    assert socket.close_code == 4002
