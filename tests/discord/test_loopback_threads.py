"""Threads of the loopback Discord, as the unmodified client sees them."""

from __future__ import annotations

import discord
import pytest

from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import FORUM, PRIVATE_THREAD


async def test_active_threads_come_with_the_server(connect, world, guild, channel):
    active = world.add_thread(channel, "active")
    world.add_thread(channel, "archived", archived_ms=1_700_000_000_123)
    async with connect() as bot:
        seen = bot.get_guild(guild.id)
        assert [thread.id for thread in seen.threads] == [active.id]
        assert seen.threads[0].parent.id == channel.id
        assert [thread.id for thread in await seen.active_threads()] == [active.id]


async def test_archived_threads_are_paged_the_last_archived_first(connect, world, channel):
    made = [world.add_thread(channel, f"t{n}", archived_ms=1_700_000_000_007 + n) for n in range(5)]
    world.add_thread(channel, "active")
    async with connect() as bot:
        found = bot.get_channel(channel.id)
        listed = [thread.id async for thread in found.archived_threads(limit=None)]
        page = await bot.http.get_public_archived_threads(channel.id, None, 2)
        before = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        rest = await bot.http.get_public_archived_threads(channel.id, before, 2)
    assert listed == [thread.id for thread in reversed(made)]
    assert [int(thread["id"]) for thread in page["threads"]] == listed[:2]
    assert [int(thread["id"]) for thread in rest["threads"]] == listed[2:4]
    assert page["has_more"]


async def test_archived_threads_need_the_history(connect, world, guild, channel):
    for role in guild.roles.values():
        role.permissions &= ~Permission.READ_MESSAGE_HISTORY
    async with connect() as bot:
        with pytest.raises(discord.Forbidden):
            await bot.http.get_public_archived_threads(channel.id, None, 50)


async def test_a_forum_has_posts_and_no_messages(connect, world, guild):
    forum = world.add_channel(guild, "forum", kind=FORUM)
    post = world.add_thread(forum, "a question")
    world.post(post, world.you, "how?")
    async with connect() as bot:
        seen = bot.get_channel(forum.id)
        assert isinstance(seen, discord.ForumChannel)
        assert [message.content async for message in seen.threads[0].history()] == ["how?"]
        with pytest.raises(discord.HTTPException, match="50024"):
            await bot.http.logs_from(forum.id, 100)


async def test_a_thread_is_talked_in_and_goes_with_its_channel(
    connect, routed, world, guild, channel, you
):
    thread = world.add_thread(channel, "active")
    other = world.add_thread(channel, "another")
    async with connect() as bot:
        await bot.get_channel(thread.id).send("hello")
        assert (await you.expect("MESSAGE_CREATE"))["channel_id"] == str(thread.id)
        gone = bot.wait_for("thread_delete", timeout=5)
        routed.delete_channel(other)
        assert (await gone).id == other.id
        assert [each.id for each in bot.get_guild(guild.id).threads] == [thread.id]
        routed.delete_channel(channel)
        with pytest.raises(discord.NotFound):
            await bot.http.logs_from(thread.id, 100)


async def test_who_joins_a_thread_is_told_and_listed(connect, world, channel, you):
    thread = world.add_thread(channel, "active")
    async with connect() as bot:
        seen = bot.get_channel(thread.id)
        joined = bot.wait_for("thread_join", timeout=5)
        await seen.join()
        assert (await joined).id == thread.id
        told = await you.expect("THREAD_MEMBERS_UPDATE")
        assert (told["member_count"], told["added_members"][0]["user_id"]) == (2, str(bot.user.id))
        assert {member.id for member in await seen.fetch_members()} == {world.you.id, bot.user.id}
        assert (await seen.fetch_member(world.you.id)).id == world.you.id
        await seen.leave()
        assert (await you.expect("THREAD_MEMBERS_UPDATE"))["removed_member_ids"] == [
            str(bot.user.id)
        ]
        with pytest.raises(discord.NotFound):
            await seen.fetch_member(bot.user.id)


async def test_a_private_thread_is_for_who_is_in_it(connect, world, guild, channel):
    thread = world.add_thread(channel, "secret", kind=PRIVATE_THREAD)
    world.add_thread(channel, "old secret", kind=PRIVATE_THREAD, archived_ms=1_700_000_000_000)
    async with connect() as bot:
        assert bot.get_channel(thread.id) is None
        with pytest.raises(discord.Forbidden):
            await bot.http.logs_from(thread.id, 100)
        assert [each async for each in bot.get_channel(channel.id).archived_threads()] == []
        world.add_role(guild, "keeper", Permission.MANAGE_THREADS)
        guild.members[bot.user.id].role_ids.append(list(guild.roles)[-1])
        assert await bot.http.logs_from(thread.id, 100) == []
