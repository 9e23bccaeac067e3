"""!generate: say something in this server's voice. !mix: in two voices at once."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.generation.request import TextRequest
from bot.text.discord_markup import marked_content, restore
from bot.text.typed_options import MARK
from cogs.views.ban_buttons import BanButton
from cogs.views.commands import GuildContext, command, offer_with_base
from cogs.views.generation_flags import Prompt, WritingFlags, prompt_flag
from cogs.views.text_buttons import TextButton, going_on, write

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

EXAMPLES = (
    "generate",
    "generate hello there",
    "generate --n 3 --temperature 0.9 --length 100",
    "generate --model memes",
    "generate as @ann about cats",
    "generate dear diary --top_k 20 --top_p 0.9 --seed 7",
)
MIX_EXAMPLES = ("mix 3 base", "mix memes 4 good morning", "mix memes base --n 3 --temperature 0.9")

_AS_SOMEBODY = re.compile(r"as <@!?(?P<id>\d{15,20})>\s*", re.IGNORECASE)


class GenerateFlags(WritingFlags, prefix=MARK, delimiter=" "):
    """What can be asked for; `!generate hello --n 3 --temperature 0.9`."""

    prompt: Prompt = prompt_flag()
    model: commands.Range[str, 0, 32] = commands.flag(
        default="", description="A version of this server's model (default: the one in use)"
    )
    as_: discord.Member | None = commands.flag(
        name="as", default=None, description="In the style of a member who agreed to that"
    )


class Generation(commands.Cog):
    """Talk the way this server does."""

    @command(*EXAMPLES)
    @commands.guild_only()
    async def generate(self, ctx: GuildContext, *, flags: GenerateFlags) -> None:
        """Say something in this server's voice."""
        request = flags.request(model=flags.model)
        if flags.as_ is not None:
            request = replace(request, as_id=flags.as_.id)
        elif ctx.interaction is None and (typed := _AS_SOMEBODY.match(request.prompt)):
            rest = request.prompt[typed.end() :]
            request = replace(request, as_id=int(typed["id"]), prompt=rest)
        await write(ctx, request)

    generate.autocomplete("model")(offer_with_base)

    @command(*MIX_EXAMPLES)
    @commands.guild_only()
    @app_commands.describe(
        first="A version's number or name, or base", second="Another one, or base"
    )
    async def mix(self, ctx: GuildContext, first: str, second: str, *, flags: WritingFlags) -> None:
        """Write one text with two versions, alternating words."""
        await write(ctx, flags.request(model=first, mixed_with=second))

    mix.autocomplete("first")(offer_with_base)
    mix.autocomplete("second")(offer_with_base)


@app_commands.context_menu(name="Continue this message")
@app_commands.guild_only()
async def continue_message(
    interaction: discord.Interaction[TextgenBot], message: discord.Message
) -> None:
    """Go on from a message in this server's voice."""
    text = restore(marked_content(message.content))
    if not text:
        raise UserError("That message has no text to continue.")
    await write(interaction, going_on(text, TextRequest()), goes_on=True)


async def setup(bot: TextgenBot) -> None:
    """Offer the command and the menu, and answer to buttons of former days."""
    bot.add_dynamic_items(TextButton, BanButton)
    bot.tree.add_command(continue_message)
    await bot.add_cog(Generation())
