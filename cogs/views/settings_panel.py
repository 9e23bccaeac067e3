"""The panel of /settings: menus, switches and forms, all of them lasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.errors import UserError
from bot.generation.request import DEFAULT_TEMPERATURE
from bot.locales.messages import N_, _
from bot.presentation.settings import settings_lines
from bot.presentation.settings_form import set_field
from bot.storage.guild_settings import ServerSettings
from cogs.views.persistent_items import (
    Form,
    PersistentButton,
    PersistentItem,
    lasting,
    managed_guild,
)

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

MAX_CHOSEN = 25
MAX_FORM_CHARS = 4000
WRITABLE = [discord.ChannelType.text, discord.ChannelType.voice, discord.ChannelType.news]
_CHANNEL, _ROLE = discord.SelectDefaultValueType.channel, discord.SelectDefaultValueType.role
_MENUS = ("channels", "roles", "announce")
NEEDS_MANAGER = N_("You need the permission Manage Server for that.")
_LABELS = {
    "nsfw": N_("Keep NSFW in NSFW"),
    "answers": N_("Answer mentions"),
    "basics": N_("Prefix, temperature…"),
    "words": N_("Banned words…"),
    "reset": N_("Reset everything"),
    "hidden": N_("Keep hidden channels hidden"),
    "notice": N_("Tell channels I learn"),
}


class SettingMenu(PersistentItem, template=f"set:({'|'.join(_MENUS)})"):
    """A menu of channels or roles."""

    def __init__(self, name: str, settings: ServerSettings | None = None) -> None:
        super().__init__(_menu(name, settings or ServerSettings(0)))
        self._name = name

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Set what was chosen."""
        menu: Any = self.item
        # What is gone by now, or was never there, comes as text alone.
        chosen = [value.id for value in menu.values if not isinstance(value, str)]
        mark = "@&" if self._name == "roles" else "#"
        text = " ".join(f"<{mark}{found}>" for found in chosen) or "none"
        await change(interaction, **{self._name: text})


class SettingButton(PersistentButton, template=f"set:({'|'.join(_LABELS)})"):
    """A switch, or the way to a form."""

    def __init__(self, act: str, settings: ServerSettings | None = None) -> None:
        is_on = _switches(settings or ServerSettings(0)).get(act)
        style = discord.ButtonStyle.success if is_on else discord.ButtonStyle.secondary
        label = _(_LABELS[act])
        if is_on is not None:
            label = _("{name}: {state}", name=label, state=_("on") if is_on else _("off"))
        row = 4 if act in ("hidden", "notice") else 3
        super().__init__(label, f"set:{act}", style, row=row)
        self._act = act

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Turn the switch, or show the form."""
        settings = await _allowed_settings(interaction)
        is_on = _switches(settings).get(self._act)
        if is_on is not None:
            await change(interaction, **{self._act: "off" if is_on else "on"})
        elif self._act == "reset":
            await interaction.client.services.servers.reset(settings.guild_id)
            await change(interaction)
        else:
            await interaction.response.send_modal(_form(self._act, interaction, settings))


def _switches(settings: ServerSettings) -> dict[str, bool]:
    return {
        "nsfw": settings.nsfw_rule,
        "answers": settings.answers,
        "hidden": settings.hidden_rule,
        "notice": settings.notice,
    }


class SettingsForm(Form):
    """Asks for settings as texts; each field is one, by its name."""

    def __init__(self, title: str, **fields: discord.ui.TextInput[Any]) -> None:
        super().__init__(title=title)
        self._fields = fields
        for field in fields.values():
            self.add_item(field)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Set them all; an empty field brings the default back."""
        given = {name: field.value.strip() or "default" for name, field in self._fields.items()}
        await change(interaction, **given)


ITEMS = (SettingMenu, SettingButton)


def panel(settings: ServerSettings) -> discord.ui.View:
    """Return the panel, as things are set."""
    menus = [SettingMenu(name, settings) for name in _MENUS]
    return lasting([*menus, *(SettingButton(act, settings) for act in _LABELS)])


async def change(interaction: discord.Interaction[TextgenBot], **fields: str) -> None:
    """Set fields to what was given, and show the panel as it is then.

    Raises:
        UserError: the person may not, or a text is not allowed.
    """
    settings = await _allowed_settings(interaction)
    servers = interaction.client.services.servers
    for name, text in fields.items():
        await set_field(servers, settings.guild_id, name, text)
    now = await servers.of(settings.guild_id)
    text = settings_lines(now, interaction.client.services.settings.prefix)
    await interaction.response.edit_message(content=text, view=panel(now))


async def _allowed_settings(interaction: discord.Interaction[TextgenBot]) -> ServerSettings:
    guild_id = managed_guild(interaction, NEEDS_MANAGER)
    return await interaction.client.services.servers.of(guild_id)


def _menu(name: str, settings: ServerSettings) -> discord.ui.Item[discord.ui.View]:
    def values(ids: frozenset[int], kind: Any) -> list[discord.SelectDefaultValue]:
        return [
            discord.SelectDefaultValue(id=found, type=kind) for found in sorted(ids)[:MAX_CHOSEN]
        ]

    common: dict[str, Any] = {"custom_id": f"set:{name}", "min_values": 0}
    if name == "roles":
        return discord.ui.RoleSelect(
            placeholder=_("Roles that may train me"),
            max_values=MAX_CHOSEN,
            default_values=values(settings.training_roles, _ROLE),
            row=1,
            **common,
        )
    if name == "channels":
        return discord.ui.ChannelSelect(
            placeholder=_("The only channels I write in (none: all)"),
            max_values=MAX_CHOSEN,
            channel_types=WRITABLE,
            default_values=values(settings.allowed, _CHANNEL),
            row=0,
            **common,
        )
    announce = settings.announce_channel_id
    return discord.ui.ChannelSelect(
        placeholder=_("Where I announce trainings"),
        max_values=1,
        channel_types=WRITABLE,
        default_values=values(frozenset({announce} if announce else ()), _CHANNEL),
        row=2,
        **common,
    )


def _form(
    act: str, interaction: discord.Interaction[TextgenBot], settings: ServerSettings
) -> SettingsForm:
    if act == "words":
        listed = "\n".join(settings.phrases)
        if len(listed) > MAX_FORM_CHARS:
            raise UserError(
                "There are too many for a form. Use `!settings words +word` and `-word` instead."
            )
        words: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=_("One word or phrase per line"),
            custom_id="words",
            style=discord.TextStyle.paragraph,
            default=listed,
            required=False,
            max_length=MAX_FORM_CHARS,
        )
        return SettingsForm(_("What I never write"), words=words)
    prefix: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label=_("What commands start with"),
        custom_id="prefix",
        default=settings.prefix or interaction.client.services.settings.prefix,
        required=False,
        max_length=5,
    )
    temperature: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label=_("Temperature (0.1 tame – 2 wild)"),
        custom_id="temperature",
        default=f"{settings.temperature or DEFAULT_TEMPERATURE:g}",
        required=False,
        max_length=5,
    )
    return SettingsForm(_("Prefix and temperature"), prefix=prefix, temperature=temperature)
