"""Buttons, menus and forms, end to end."""

from typing import Any

import discord
import pytest
from discord.ext import commands

from bot.loopback.person import RequestRefused


@pytest.fixture
def bot(new_bot) -> commands.Bot:
    return new_bot(members=True, message_content=True)


class Panel(discord.ui.View):
    """A button that is pressed, one that is off, and a menu."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        off = discord.ui.Button(label="Off", custom_id="off", disabled=True)
        self.add_item(off)

    @discord.ui.button(label="Go", custom_id="go")
    async def go(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.edit_message(content="gone")

    @discord.ui.button(label="Wait", custom_id="wait")
    async def wait(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="waited")

    @discord.ui.select(
        custom_id="menu",
        max_values=2,
        options=[discord.SelectOption(label=name) for name in ("red", "blue")],
    )
    async def menu(self, interaction: discord.Interaction, chosen: Any) -> None:
        await interaction.response.send_message(" ".join(chosen.values), ephemeral=True)

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="people")
    async def people(self, interaction: discord.Interaction, chosen: Any) -> None:
        await interaction.response.send_message(chosen.values[0].name)


@pytest.mark.parametrize("ephemeral", [False, True])
async def test_buttons_and_menus_work(connect, bot, you, use, world, ephemeral):
    @bot.tree.command()
    async def panel(interaction: discord.Interaction) -> None:
        """Show it."""
        await interaction.response.send_message("panel", view=Panel(), ephemeral=ephemeral)

    async with connect(bot):
        await bot.tree.sync()
        shown = await use("panel")
        await you.press(shown, "go")
        pressed = await you.expect("MESSAGE_UPDATE")
        await you.press(shown, "wait")
        waited = await you.expect("MESSAGE_UPDATE")
        await you.press(shown, "menu", "blue", "red", kind=3)
        chosen = await you.expect("MESSAGE_CREATE")
        await you.press(shown, "people", str(world.you.id), kind=5)
        person = await you.expect("MESSAGE_CREATE")
        with pytest.raises(RequestRefused):
            await you.press(shown, "off")
    assert (pressed["id"], pressed["content"], len(pressed["components"])) == (
        shown["id"],
        "gone",
        3,
    )
    assert waited["content"] == "waited"
    assert set(chosen["content"].split()) == {"red", "blue"}
    assert chosen["flags"] == 1 << 6
    assert person["content"] == "you"


async def test_a_form_is_opened_and_sent(connect, bot, you, use):
    class Form(discord.ui.Modal, title="Tell"):
        name = discord.ui.TextInput(label="Name", custom_id="name")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"hello {self.name.value}")

    @bot.tree.command()
    async def form(interaction: discord.Interaction) -> None:
        """Ask."""
        await interaction.response.send_modal(Form())

    async with connect(bot):
        await bot.tree.sync()
        opened = await use("form", event="INTERACTION_MODAL_CREATE")
        await you.submit(opened, name="Ann")
        answer = await you.expect("MESSAGE_CREATE")
        with pytest.raises(RequestRefused):
            await you.submit(opened, name="again")
    assert opened["title"] == "Tell"
    assert answer["content"] == "hello Ann"
