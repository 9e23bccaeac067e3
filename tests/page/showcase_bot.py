"""A small bot that answers in every way that the page shows."""

import asyncio
import io
import struct
import zlib
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

VOICES = ("calm", "lively", "wild")


def png(width: int, height: int) -> bytes:
    """Return a picture: a gradient."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes((30 + 120 * x // width, 110 + 80 * y // height, 140))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class Panel(discord.ui.View):
    """Buttons of every style, and two menus."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.presses = 0
        self.add_item(discord.ui.Button(label="Site", url="https://example.invalid/"))

    @discord.ui.button(label="Again", style=discord.ButtonStyle.primary, emoji="🔁")
    async def again(self, interaction: discord.Interaction, _: Any) -> None:
        self.presses += 1
        text = f"pressed {self.presses} times"
        await interaction.response.edit_message(content=text, view=self)

    @discord.ui.button(label="Tell", style=discord.ButtonStyle.success)
    async def tell(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.button(label="Fail", style=discord.ButtonStyle.danger)
    async def fail(self, interaction: discord.Interaction, _: Any) -> None:
        """Never answer."""

    @discord.ui.button(label="Off", disabled=True)
    async def off(self, interaction: discord.Interaction, _: Any) -> None:
        """Cannot be pressed."""

    @discord.ui.select(
        placeholder="Choose voices",
        max_values=2,
        options=[
            discord.SelectOption(label=name, description=f"a {name} voice") for name in VOICES
        ],
    )
    async def voices(self, interaction: discord.Interaction, chosen: Any) -> None:
        await interaction.response.send_message("voices: " + ", ".join(sorted(chosen.values)))

    @discord.ui.select(cls=discord.ui.UserSelect, placeholder="Choose a person")
    async def person(self, interaction: discord.Interaction, chosen: Any) -> None:
        await interaction.response.send_message(f"person: {chosen.values[0].name}")


class Form(discord.ui.Modal, title="Tell me"):
    """A form of two fields."""

    topic = discord.ui.TextInput(label="Topic", custom_id="topic")
    details = discord.ui.TextInput(
        label="Details", custom_id="details", style=discord.TextStyle.paragraph, required=False
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Repeat it."""
        await interaction.response.send_message(f"topic: {self.topic.value}")


class ShowcaseBot(commands.Bot):
    """Commands for the tests; `go_on` releases those that wait."""

    def __init__(self) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        intents.members = True
        super().__init__("!", intents=intents, guild_ready_timeout=0.05)
        self.go_on = asyncio.Event()
        self.heard: list[str] = []
        add_commands(self)
        add_answers(self)

    async def on_message(self, message: discord.Message) -> None:
        """Remember what was said, and answer to commands typed as text."""
        if not message.author.bot:
            self.heard.append(message.content)
        await self.process_commands(message)


def add_commands(bot: ShowcaseBot) -> None:
    """Add the slash commands."""

    async def words(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        known = ("apple", "apricot", "banana", "cherry")
        return [app_commands.Choice(name=w, value=w.upper()) for w in known if current in w]

    @bot.tree.command()
    @app_commands.describe(prompt="What it begins with", n="How many", voice="How it sounds")
    @app_commands.choices(voice=[app_commands.Choice(name=v, value=v) for v in VOICES])
    async def generate(
        interaction: discord.Interaction,
        prompt: str,
        n: app_commands.Range[int, 1, 5] = 1,
        voice: str = "calm",
    ) -> None:
        """Write something this server might say."""
        await interaction.response.send_message(f"{prompt} | {n} | {voice}")

    @bot.tree.command()
    @app_commands.autocomplete(word=words)
    async def fruit(interaction: discord.Interaction, word: str) -> None:
        """Name a fruit."""
        await interaction.response.send_message(f"fruit {word}")

    @bot.tree.command()
    async def whisper(interaction: discord.Interaction, to: discord.Member | None = None) -> None:
        """Say something that only you can see."""
        name = to.name if to else "nobody"
        await interaction.response.send_message(f"psst, {name}", ephemeral=True)

    @bot.tree.command()
    async def slow(interaction: discord.Interaction) -> None:
        """Think for a while."""
        await interaction.response.defer()
        await bot.go_on.wait()
        await interaction.followup.send("thought it over")

    @bot.tree.context_menu(name="Count letters")
    async def count(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{len(message.content)} letters")

    train = app_commands.Group(name="train", description="Learn")

    @train.command()
    async def status(interaction: discord.Interaction, channel: discord.TextChannel) -> None:
        """Tell how far a channel is."""
        await interaction.response.send_message(f"{channel.mention} is learned")

    bot.tree.add_command(train)


def add_answers(bot: ShowcaseBot) -> None:
    """Add the commands that are typed as plain messages."""

    @bot.command()
    async def panel(ctx: commands.Context[ShowcaseBot]) -> None:
        await ctx.send("a panel", view=Panel())

    @bot.command()
    async def card(ctx: commands.Context[ShowcaseBot]) -> None:
        embed = discord.Embed(title="Training", description="**Learning** #casual", colour=0x0E7C7B)
        embed.add_field(name="Epoch", value="3 of 8")
        embed.add_field(name="Bits per character", value="2.14")
        embed.set_image(url="attachment://chart.png").set_footer(text="two cores")
        await ctx.send(embed=embed, file=discord.File(io.BytesIO(png(320, 160)), "chart.png"))

    @bot.command()
    async def picture(ctx: commands.Context[ShowcaseBot]) -> None:
        files = [
            discord.File(io.BytesIO(png(240, 120)), "view.png", description="a view"),
            discord.File(io.BytesIO(b"bits"), "log.txt"),
        ]
        await ctx.send(files=files)

    @bot.command()
    async def progress(ctx: commands.Context[ShowcaseBot]) -> None:
        message = await ctx.send("collecting: 0 messages")
        for count in (100, 200):
            await bot.go_on.wait()
            await message.edit(content=f"collecting: {count} messages")

    @bot.command()
    async def typing(ctx: commands.Context[ShowcaseBot]) -> None:
        async with ctx.typing():
            await bot.go_on.wait()
        await ctx.reply("done typing")
