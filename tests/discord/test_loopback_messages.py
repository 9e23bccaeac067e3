"""Messages, files, reactions, pins and permissions, by the unmodified client."""

import asyncio
import io

import aiohttp
import discord
import pytest

from bot.loopback.person import Person, RequestRefused
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.model import Overwrite
from bot.loopback.world.permissions import Permission

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0"


@pytest.fixture
def history(world, channel) -> list[int]:
    return [world.post(channel, world.you, f"m{number}").id for number in range(250)]


async def contents(messages) -> list[str]:
    return [message.content async for message in messages]


async def test_history_is_read_in_every_direction(connect, channel, history):
    texts = [f"m{number}" for number in range(250)]
    async with connect() as bot:
        seen = bot.get_channel(channel.id)
        at = discord.Object(history[120])
        assert await contents(seen.history(limit=None)) == texts[::-1]
        assert await contents(seen.history(limit=None, oldest_first=True)) == texts
        assert await contents(seen.history(limit=3)) == ["m249", "m248", "m247"]
        assert await contents(seen.history(limit=2, before=at)) == ["m119", "m118"]
        assert await contents(seen.history(limit=2, after=at)) == ["m121", "m122"]
        assert await contents(seen.history(limit=None, after=at)) == texts[121:]
        around = await contents(seen.history(limit=5, around=at))
        assert around == ["m122", "m121", "m120", "m119", "m118"]


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_a_page_has_1_to_100_messages(you, channel, limit):
    with pytest.raises(RequestRefused) as refused:
        await you.request("GET", f"/channels/{channel.id}/messages?limit={limit}")
    assert (refused.value.status, refused.value.code) == (400, 50035)


async def test_a_message_is_sent_edited_and_deleted_before_the_eyes_of_all(connect, you, channel):
    async with connect() as bot:
        sent = await bot.get_channel(channel.id).send("  first ")
        seen = await you.expect("MESSAGE_CREATE")
        await sent.edit(content="second")
        edited = await you.expect("MESSAGE_UPDATE")
        await sent.delete()
        deleted = await you.expect("MESSAGE_DELETE")
    assert (seen["content"], edited["content"]) == ("first", "second")
    assert seen["edited_timestamp"] is None
    assert edited["edited_timestamp"] is not None
    assert deleted["id"] == seen["id"]


async def test_an_event_goes_to_one_who_waits_for_it_and_is_kept_for_later(you, channel):
    def says(*contents):
        return you.expect("MESSAGE_CREATE", lambda data: data["content"] in contents)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(says("one", "two"))
        second = group.create_task(says("two", "three"))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await you.expect("MESSAGE_CREATE", lambda data: data["content"] == "two", timeout_s=0)
        for content in ("one", "four", "two"):
            await you.say(channel.id, content)
    assert (first.result()["content"], second.result()["content"]) == ("one", "two")
    assert (await says("four"))["content"] == "four"
    assert "MESSAGE_CREATE" not in [name for name, _ in you.events]


async def test_too_long_and_empty_messages_are_refused(connect, channel):
    async with connect() as bot:
        seen = bot.get_channel(channel.id)
        with pytest.raises(discord.HTTPException) as too_long:
            await seen.send("x" * 2001)
        with pytest.raises(discord.HTTPException) as empty:
            await seen.send(" ")
        await seen.send("x" * 2000)
    assert (too_long.value.status, too_long.value.code) == (400, 50035)
    assert (empty.value.status, empty.value.code) == (400, 50006)


async def test_mentions_ping_unless_that_is_refused(connect, world, guild, channel):
    role = world.add_role(guild, "helpers", mentionable=True)
    text = f"<@{world.you.id}> <@&{role.id}> @everyone"
    loud = world.add_role(guild, "loud", Permission.MENTION_EVERYONE)
    guild.members[world.bot.id].role_ids.append(loud.id)
    async with connect() as bot:
        seen = bot.get_channel(channel.id)
        pinging = await seen.send(text)
        silent = await seen.send(text, allowed_mentions=discord.AllowedMentions.none())
        chosen = await seen.send(
            text, allowed_mentions=discord.AllowedMentions(users=[], roles=True, everyone=False)
        )
        await silent.edit(content=text + "!")
        again = await seen.fetch_message(silent.id)
    assert [user.id for user in pinging.mentions] == [world.you.id]
    assert (pinging.role_mentions[0].id, pinging.mention_everyone) == (role.id, True)
    assert (silent.mentions, silent.role_mentions, silent.mention_everyone) == ([], [], False)
    assert (chosen.mentions, chosen.mention_everyone) == ([], False)
    assert [r.id for r in chosen.role_mentions] == [role.id]
    assert [user.id for user in again.mentions] == [world.you.id]  # an edit asks again


async def test_a_reply_pings_only_when_wanted(connect, world, channel, you):
    said = await you.say(channel.id, "anyone?")
    async with connect() as bot:
        original = await bot.get_channel(channel.id).fetch_message(int(str(said["id"])))
        loud = await original.reply("me")
        quiet = await original.reply("me", mention_author=False)
    assert [user.id for user in loud.mentions] == [world.you.id]
    assert loud.reference.resolved.content == "anyone?"
    assert quiet.mentions == []


async def test_files_come_back_as_they_were_sent(connect, channel):
    async with connect() as bot:
        sent = await bot.get_channel(channel.id).send(
            "look",
            files=[
                discord.File(io.BytesIO(PNG), "a picture.png", description="tiny"),
                discord.File(io.BytesIO(b"<script>"), "page.html"),
            ],
            embed=discord.Embed(title="t").set_image(url="attachment://a_picture.png"),
        )
        picture, page = sent.attachments
        assert await picture.read() == PNG
        assert await page.read() == b"<script>"
        async with aiohttp.ClientSession() as http, http.get(page.url) as served:
            assert served.headers["Content-Type"] == "application/octet-stream"
            assert served.headers["Content-Disposition"].startswith("attachment")
    assert (picture.filename, picture.description) == ("a_picture.png", "tiny")
    assert (picture.width, picture.height, picture.content_type) == (3, 2, "image/png")
    assert sent.embeds[0].image.url == picture.url


class TestSmallFiles:
    @pytest.fixture
    def sandbox_options(self) -> SandboxOptions:
        return SandboxOptions(rate_limits=False, max_file_bytes=100)

    async def test_a_file_over_the_limit_is_refused(self, connect, channel):
        async with connect() as bot:
            with pytest.raises(discord.HTTPException) as refused:
                await bot.get_channel(channel.id).send(
                    file=discord.File(io.BytesIO(b"x" * 101), "a")
                )
        assert (refused.value.status, refused.value.code) == (413, 40005)


async def test_embeds_have_their_limits(connect, channel):
    async with connect() as bot:
        big = discord.Embed(description="x" * 4000)
        with pytest.raises(discord.HTTPException) as refused:
            await bot.get_channel(channel.id).send(embeds=[big, big])
        sent = await bot.get_channel(channel.id).send(embed=big)
    assert refused.value.code == 50035
    assert sent.embeds[0].description == "x" * 4000


async def test_reactions_are_counted(connect, you, channel, world):
    said = await you.say(channel.id, "nice")
    async with connect() as bot:
        message = await bot.get_channel(channel.id).fetch_message(int(str(said["id"])))
        await message.add_reaction("🎉")
        added = await you.expect("MESSAGE_REACTION_ADD")
        await you.request(
            "PUT", f"/channels/{channel.id}/messages/{message.id}/reactions/%F0%9F%8E%89/@me"
        )
        message = await message.fetch()
        reaction = message.reactions[0]
        assert (reaction.emoji, reaction.count, reaction.me) == ("🎉", 2, True)
        assert {user.id async for user in reaction.users()} == {world.bot.id, world.you.id}
        await message.remove_reaction("🎉", bot.user)
        removed = await you.expect("MESSAGE_REACTION_REMOVE")
    assert added["emoji"]["name"] == "🎉"
    assert removed["user_id"] == str(world.bot.id)


async def test_typing_is_seen(connect, you, channel, world):
    async with connect() as bot, bot.get_channel(channel.id).typing():
        seen = await you.expect("TYPING_START")
    assert seen["user_id"] == str(world.bot.id)


async def test_messages_are_pinned_and_unpinned(you, channel):
    said = await you.say(channel.id, "rules")
    path = f"/channels/{channel.id}/messages/pins"
    await you.request("PUT", f"{path}/{said['id']}")
    pinned = (await you.request("GET", path))["items"]
    await you.request("DELETE", f"{path}/{said['id']}")
    assert [item["message"]["content"] for item in pinned] == ["rules"]
    assert (await you.request("GET", path))["items"] == []


async def test_bulk_deletion_takes_recent_messages_of_anyone(connect, world, guild, channel, you):
    deleter = world.add_role(guild, "mod", Permission.MANAGE_MESSAGES)
    guild.members[world.bot.id].role_ids.append(deleter.id)
    for number in range(3):
        await you.say(channel.id, str(number))
    async with connect() as bot:
        await bot.get_channel(channel.id).purge(limit=3)
        gone = await you.expect("MESSAGE_DELETE_BULK")
    assert len(gone["ids"]) == 3
    assert len(channel.messages) == 0


class TestPermissions:
    """What Discord answers one who may not."""

    async def test_an_unseen_channel_gives_missing_access(self, connect, world, guild):
        hidden = world.add_channel(
            guild, "hidden", overwrites=[Overwrite(world.bot.id, 1, deny=Permission.VIEW_CHANNEL)]
        )
        async with connect() as bot:
            seen = bot.get_channel(hidden.id)
            with pytest.raises(discord.Forbidden) as reading:
                await contents(seen.history())
            with pytest.raises(discord.Forbidden) as writing:
                await seen.send("x")
        assert (reading.value.code, writing.value.code) == (50001, 50001)

    async def test_history_without_the_permission_is_empty(self, connect, world, channel):
        world.post(channel, world.you, "old")
        channel.overwrites.append(Overwrite(world.bot.id, 1, deny=Permission.READ_MESSAGE_HISTORY))
        async with connect() as bot:
            assert await contents(bot.get_channel(channel.id).history()) == []

    async def test_sending_without_the_permission_is_forbidden(self, connect, world, channel):
        channel.overwrites.append(Overwrite(world.bot.id, 1, deny=Permission.SEND_MESSAGES))
        async with connect() as bot:
            with pytest.raises(discord.Forbidden) as refused:
                await bot.get_channel(channel.id).send("x")
        assert refused.value.code == 50013

    async def test_files_need_their_permission(self, connect, world, channel):
        channel.overwrites.append(Overwrite(world.bot.id, 1, deny=Permission.ATTACH_FILES))
        async with connect() as bot:
            with pytest.raises(discord.Forbidden) as refused:
                await bot.get_channel(channel.id).send(file=discord.File(io.BytesIO(b"x"), "a"))
        assert refused.value.code == 50013

    async def test_only_ones_own_messages_can_be_edited(self, connect, you, channel):
        said = await you.say(channel.id, "mine")
        async with connect() as bot:
            message = await bot.get_channel(channel.id).fetch_message(int(str(said["id"])))
            with pytest.raises(discord.Forbidden) as editing:
                await message.edit(content="yours")
            with pytest.raises(discord.Forbidden) as deleting:
                await message.delete()
        assert (editing.value.code, deleting.value.code) == (50005, 50013)

    async def test_a_changed_overwrite_is_announced(self, connect, routed, world, channel):
        async with connect() as bot:
            changed = asyncio.Event()

            async def on_guild_channel_update(before, after) -> None:
                changed.set()

            bot.add_listener(on_guild_channel_update)
            channel.overwrites.append(Overwrite(world.bot.id, 1, deny=Permission.SEND_MESSAGES))
            routed.announce_channel(channel)
            await asyncio.wait_for(changed.wait(), 5)
            seen = bot.get_channel(channel.id)
            assert not seen.permissions_for(seen.guild.me).send_messages

    async def test_unknown_things_are_not_found(self, connect, channel):
        async with connect() as bot:
            with pytest.raises(discord.NotFound) as no_message:
                await bot.get_channel(channel.id).fetch_message(123)
            with pytest.raises(discord.NotFound) as no_channel:
                await bot.fetch_channel(123)
        assert (no_message.value.code, no_channel.value.code) == (10008, 10003)

    async def test_a_stranger_does_not_see_the_server(self, loopback, world, guild, channel):
        stranger = world.add_user("stranger")
        async with Person(loopback.url, str(stranger.token)) as person:
            with pytest.raises(RequestRefused) as server:
                await person.request("GET", f"/guilds/{guild.id}")
            with pytest.raises(RequestRefused) as message:
                await person.say(channel.id, "let me in")
        assert (server.value.code, message.value.code) == (10004, 50001)


class TestWithoutContent:
    @pytest.fixture
    def sandbox_options(self) -> SandboxOptions:
        return SandboxOptions(rate_limits=False, message_content_intent=False)

    async def test_pages_of_history_are_blank_too(self, connect, new_bot, world, channel):
        world.post(channel, world.you, "secret")
        world.post(channel, world.bot, "own")
        async with connect(new_bot()) as bot:
            assert await contents(bot.get_channel(channel.id).history()) == ["own", ""]


async def test_answers_are_bare_json(loopback, channel, world):
    headers = {"Authorization": f"Bot {loopback.bot_token}"}
    url = f"{loopback.url}/api/v10/channels/{channel.id}/messages"
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.get(url) as good, http.get(f"{url}/1") as bad:
            kinds = [good.headers["Content-Type"], bad.headers["Content-Type"]]
        async with http.post(url, data=b"{broken") as broken:
            answer = (broken.status, (await broken.json())["code"])
        async with http.post(url, json={"content": 7}) as wrong:
            wrong_answer = (wrong.status, (await wrong.json())["code"])
    assert kinds == ["application/json", "application/json"]
    assert answer == (400, 50109)
    assert wrong_answer == (400, 50035)
