"""A file that does not say where its text is: whoever sent it chooses the column."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.locales.messages import _
from bot.text.discord_markup import cut
from cogs.views.error_messages import tell_error
from textgen_core.errors import Column

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

ANSWER_S = 600.0
MOST = 25  # which is what a menu of Discord can have
_LABEL_CHARS = 100


async def ask_for_column(
    ctx: commands.Context[TextgenBot],
    name: str,
    columns: Sequence[Column],
    chosen: Callable[[str], Awaitable[None]],
) -> None:
    """Show the columns of a file.

    Args:
        name: the file's.
        chosen: is given the key of the column, once somebody has chosen.
    """
    menu = _ColumnMenu(ctx, name, columns[:MOST], chosen)
    if len(columns) > MOST:
        text = _(
            "I can't tell where the text is in `{name}`. Choose below (the first {most} of {all}), "
            "or send it again with `--column` and a name.",
            name=name,
            most=MOST,
            all=len(columns),
        )
    else:
        text = _(
            "I can't tell where the text is in `{name}`. Choose below, or send it again with "
            "`--column` and a name.",
            name=name,
        )
    menu.message = await ctx.send(text, view=menu)


class _ColumnMenu(discord.ui.View):
    """The columns, for whoever sent the file."""

    def __init__(
        self,
        ctx: commands.Context[TextgenBot],
        name: str,
        columns: Sequence[Column],
        chosen: Callable[[str], Awaitable[None]],
    ) -> None:
        super().__init__(timeout=ANSWER_S)
        self.message: discord.Message | None = None
        self._author = ctx.author
        self._name = name
        self._columns = columns
        self._chosen = chosen
        options = [
            discord.SelectOption(
                label=cut(" ".join(column.name.split()), _LABEL_CHARS) or _("(empty)"),
                description=cut(" ".join(column.sample.split()), _LABEL_CHARS) or None,
                value=str(number),  # a name may be longer than a value, or there twice
            )
            for number, column in enumerate(columns)
        ]
        menu: discord.ui.Select[_ColumnMenu] = discord.ui.Select(
            placeholder=_("Where is the text?"), options=options
        )
        menu.callback = self._answered  # type: ignore[method-assign]
        self._menu = menu
        self.add_item(menu)

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let nobody else answer."""
        await interaction.client.services.languages.heed(interaction)
        if interaction.user.id == self._author.id:
            return True
        await interaction.response.send_message(
            _("Only {member}, who sent the file, can choose.", member=self._author.mention),
            ephemeral=True,
        )
        return False

    async def on_error(self, interaction: Any, error: Exception, item: Any) -> None:
        """Tell what went wrong."""
        await tell_error(interaction, error)

    async def on_timeout(self) -> None:
        """Take the menu away, which nobody answers any more."""
        if self.message is not None:
            with suppress(discord.HTTPException):
                text = _("I didn't learn from `{name}`.", name=self._name)
                await self.message.edit(content=text, view=None)

    async def _answered(self, interaction: discord.Interaction) -> None:
        self.stop()
        column = self._columns[int(self._menu.values[0])]
        shown = cut(discord.utils.escape_markdown(" ".join(column.name.split())), _LABEL_CHARS)
        text = _(
            "I'm taking the text of `{name}` from **{column}**.", name=self._name, column=shown
        )
        await interaction.response.edit_message(content=text, view=None)
        await self._chosen(column.key)
