"""Slash commands, completion, context menus and hidden answers, end to end."""

import asyncio
import io

import aiohttp
import discord
import pytest
from discord import app_commands
from discord.ext import commands

from bot.loopback.person import Person, RequestRefused
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.permissions import Permission

STRING, INTEGER, USER, CHANNEL, ROLE = 3, 4, 6, 7, 8


def option(kind: int, name: str, value: object, **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, "value": value, **more}


@pytest.fixture
def bot(new_bot) -> commands.Bot:
    return new_bot(members=True, message_content=True)


async def test_a_command_is_offered_and_answered(connect, bot, you, use, world, guild):
    @bot.tree.command()
    async def echo(interaction: discord.Interaction, text: str, times: int = 1) -> None:
        """Say it."""
        await interaction.response.send_message(text * times)

    async with connect(bot):
        await bot.tree.sync()
        await you.expect("GUILD_APPLICATION_COMMAND_INDEX_UPDATE")
        offered = await you.commands(guild.id)
        answer = await use("echo", option(STRING, "text", "ha"), option(INTEGER, "times", 3))
        await you.expect("INTERACTION_CREATE")
        await you.expect("INTERACTION_SUCCESS")
    assert offered["echo"]["description"] == "Say it."
    assert answer["content"] == "hahaha"
    assert answer["author"]["id"] == str(world.bot.id)
    assert answer["interaction_metadata"]["user"]["id"] == str(world.you.id)
    assert answer["interaction"]["name"] == "echo"


async def test_commands_of_a_server_keep_their_ids_when_synced_again(connect, bot, guild):
    @bot.tree.command(guild=discord.Object(guild.id))
    async def here(interaction: discord.Interaction) -> None:
        """Only here."""

    async with connect(bot):
        target = discord.Object(guild.id)
        first = await bot.tree.sync(guild=target)
        second = await bot.tree.sync(guild=target)
        assert [c.id for c in first] == [c.id for c in second]
        assert await bot.tree.fetch_commands() == []
        assert [c.name for c in await bot.tree.fetch_commands(guild=target)] == ["here"]
        await second[0].delete()
        assert await bot.tree.fetch_commands(guild=target) == []


async def test_a_deferred_answer_is_filled_in_and_followed(connect, bot, you, use):
    @bot.tree.command()
    async def slow(interaction: discord.Interaction) -> None:
        """Take a while."""
        await interaction.response.defer()
        first = await interaction.followup.send("first", wait=True)
        second = await interaction.followup.send("second", wait=True)
        await second.edit(content="second, edited")
        await interaction.edit_original_response(content="first, edited")
        assert (await interaction.original_response()).id == first.id
        await second.delete()

    async with connect(bot):
        await bot.tree.sync()
        thinking = await use("slow")
        filled = await you.expect("MESSAGE_UPDATE")
        second = await you.expect("MESSAGE_CREATE")
        changed = [await you.expect("MESSAGE_UPDATE") for _ in range(2)]
        gone = await you.expect("MESSAGE_DELETE")
    assert thinking["flags"] == 1 << 7
    assert (filled["id"], filled["content"], filled["flags"]) == (thinking["id"], "first", 0)
    assert second["content"] == "second"
    assert [m["content"] for m in changed] == ["second, edited", "first, edited"]
    assert gone["id"] == second["id"]


async def test_a_hidden_answer_reaches_one_person_only(
    connect, bot, you, use, loopback, world, guild, channel
):
    @bot.tree.command()
    async def secret(interaction: discord.Interaction) -> None:
        """Whisper."""
        await interaction.response.send_message("psst", ephemeral=True)
        await interaction.edit_original_response(content="psst!")
        await interaction.channel.send("done")

    mia = world.add_user("mia")
    world.add_member(guild, mia)
    async with connect(bot), Person(loopback.url, str(mia.token)) as other:
        await bot.tree.sync()
        whispered = await use("secret")
        edited = await you.expect("MESSAGE_UPDATE")
        first_of_mia = await other.expect("MESSAGE_CREATE")
        await you.request("DELETE", f"/channels/{channel.id}/messages/{whispered['id']}")
        dismissed = await you.expect("MESSAGE_DELETE")
    assert (whispered["content"], whispered["flags"]) == ("psst", 1 << 6)
    assert edited["content"] == "psst!"
    assert first_of_mia["content"] == "done"
    assert dismissed["id"] == whispered["id"]
    assert [message.content for message in channel.messages] == ["done"]


async def test_an_answer_that_comes_too_late_fails(connect, bot, use, sandbox_options):
    tried: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    gate = asyncio.Event()

    @bot.tree.command()
    async def late(interaction: discord.Interaction) -> None:
        """Oversleep."""
        await gate.wait()
        try:
            await interaction.response.send_message("sorry")
        except discord.NotFound as error:
            tried.set_result(error)

    async with connect(bot):
        await bot.tree.sync()
        await use("late", event="INTERACTION_FAILURE")
        gate.set()
        error = await asyncio.wait_for(tried, 5)
    assert error.code == 10062


class TestShortLives:
    @pytest.fixture
    def sandbox_options(self) -> SandboxOptions:
        return SandboxOptions(rate_limits=False, interaction_token_s=0.0)

    async def test_a_token_expires(self, connect, bot, you, use):
        tried: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

        @bot.tree.command()
        async def later(interaction: discord.Interaction) -> None:
            """Follow up in vain."""
            await interaction.response.defer()
            try:
                await interaction.followup.send("x")
            except discord.HTTPException as error:
                tried.set_result(error)

        async with connect(bot):
            await bot.tree.sync()
            await use("later")
            error = await asyncio.wait_for(tried, 5)
        assert (error.status, error.code) == (401, 50027)


@pytest.fixture
def sandbox_options(request) -> SandboxOptions:
    quick = request.node.name == "test_an_answer_that_comes_too_late_fails"
    return SandboxOptions(rate_limits=False, interaction_deadline_s=0.1 if quick else 3.0)


async def test_a_second_answer_is_refused(connect, bot, use, loopback):
    given: asyncio.Future[discord.Interaction] = asyncio.get_running_loop().create_future()

    @bot.tree.command()
    async def once(interaction: discord.Interaction) -> None:
        """Answer once."""
        await interaction.response.send_message("one")
        given.set_result(interaction)

    async with connect(bot), aiohttp.ClientSession() as http:
        await bot.tree.sync()
        await use("once")
        interaction = await asyncio.wait_for(given, 5)
        path = f"/api/v10/interactions/{interaction.id}/{interaction.token}/callback"
        answer = {"type": 4, "data": {"content": "two"}}
        async with http.post(loopback.url + path, json=answer) as refused:
            code = (await refused.json())["code"]
    assert (refused.status, code) == (400, 40060)


async def test_options_are_completed(connect, bot, use):
    async def complete(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}{end}", value=end) for end in "ab"]

    @bot.tree.command()
    @app_commands.autocomplete(word=complete)
    async def pick(interaction: discord.Interaction, word: str) -> None:
        """Pick a word."""

    async with connect(bot):
        await bot.tree.sync()
        typed = option(STRING, "word", "x", focused=True)
        event = "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE"
        suggested = await use("pick", typed, kind=4, event=event)
    assert [(c["name"], c["value"]) for c in suggested["choices"]] == [("xa", "a"), ("xb", "b")]


async def test_ids_in_options_become_members_channels_and_roles(
    connect, bot, use, world, guild, channel
):
    role = world.add_role(guild, "helpers")

    @bot.tree.command()
    async def who(
        interaction: discord.Interaction,
        user: discord.Member,
        place: discord.TextChannel,
        team: discord.Role,
    ) -> None:
        """Name them."""
        rights = interaction.permissions.administrator, interaction.app_permissions.administrator
        text = f"{user.name} {place.name} {team.name} {rights}"
        await interaction.response.send_message(text)

    async with connect(bot):
        await bot.tree.sync()
        answer = await use(
            "who",
            option(USER, "user", str(world.you.id)),
            option(CHANNEL, "place", str(channel.id)),
            option(ROLE, "team", str(role.id)),
        )
    assert answer["content"] == "you general helpers (True, False)"


async def test_groups_have_subcommands(connect, bot, use):
    group = app_commands.Group(name="train", description="Learn")

    @group.command()
    async def status(interaction: discord.Interaction, number: int) -> None:
        """Tell."""
        await interaction.response.send_message(f"job {number}")

    bot.tree.add_command(group)
    async with connect(bot):
        await bot.tree.sync()
        inner = {"type": 1, "name": "status", "options": [option(INTEGER, "number", 4)]}
        answer = await use("train", inner)
        with pytest.raises(RequestRefused) as missing:
            await use("train", {"type": 1, "name": "status", "options": []})
    assert answer["content"] == "job 4"
    assert answer["interaction"]["name"] == "train status"
    assert missing.value.code == 50035


async def test_values_outside_a_commands_range_are_refused(connect, bot, use):
    @bot.tree.command()
    async def many(interaction: discord.Interaction, n: app_commands.Range[int, 1, 5]) -> None:
        """Count."""

    async with connect(bot):
        await bot.tree.sync()
        for bad in (0, 6, "x", True):
            with pytest.raises(RequestRefused) as refused:
                await use("many", option(INTEGER, "n", bad))
            assert refused.value.code == 50035
        with pytest.raises(RequestRefused):
            await use("many", option(INTEGER, "n", 2), option(INTEGER, "other", 2))


async def test_commands_for_managers_are_hidden_from_others(
    connect, bot, loopback, world, guild, channel, you
):
    @bot.tree.command()
    @app_commands.default_permissions(manage_guild=True)
    async def admin(interaction: discord.Interaction) -> None:
        """Manage."""

    mia = world.add_user("mia")
    world.add_member(guild, mia)
    async with connect(bot), Person(loopback.url, str(mia.token)) as other:
        await bot.tree.sync()
        assert set(await you.commands(guild.id)) == {"admin"}
        assert await other.commands(guild.id) == {}
        command = (await you.commands(guild.id))["admin"]
        place = {"guild_id": str(guild.id), "channel_id": str(channel.id)}
        with pytest.raises(RequestRefused) as refused:
            await other.interact(2, place, {"id": command["id"], "name": "admin", "type": 1})
        manager = world.add_role(guild, "manager", Permission.MANAGE_GUILD)
        guild.members[mia.id].role_ids.append(manager.id)
        assert set(await other.commands(guild.id)) == {"admin"}
    assert refused.value.code == 50013


async def test_a_message_command_sees_its_target_without_the_intent(
    connect, new_bot, use, you, channel
):
    bot = new_bot()

    @bot.tree.context_menu(name="Count")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(str(len(message.content)))

    async with connect(bot):
        await bot.tree.sync()
        said = await you.say(channel.id, "12345")
        await you.expect("MESSAGE_CREATE")
        answer = await use("Count", target_id=said["id"])
    assert answer["content"] == "5"


async def test_an_answer_may_carry_a_file(connect, bot, use):
    @bot.tree.command()
    async def file(interaction: discord.Interaction) -> None:
        """Send one."""
        await interaction.response.send_message(file=discord.File(io.BytesIO(b"abc"), "a.txt"))

    async with connect(bot):
        await bot.tree.sync()
        answer = await use("file")
    assert (answer["attachments"][0]["filename"], answer["attachments"][0]["size"]) == ("a.txt", 3)
