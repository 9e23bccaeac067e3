"""What Discord says of the token, the intents and the permissions."""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import or_

import aiohttp
import discord

from bot.config import Settings
from bot.discord_api.connection import intents_for
from bot.operations.doctor.finding import Finding, error, ok, warning
from bot.runtime.downloads import client_options

ANSWER_S = 30.0
PORTAL = "https://discord.com/developers/applications"

# Each is what some call in bot/ or cogs/ needs; a test looks for the calls.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
    attach_files=True,
    connect=True,  # without it Discord shows no messages of channels for voice
)


def permission_names(permissions: discord.Permissions) -> list[str]:
    """Return the names that Discord shows, such as "View Channels"."""
    names = {"read_messages": "view_channels", "view_channel": "view_channels"}
    granted = sorted({names.get(name, name) for name, value in permissions if value})
    return [name.replace("_", " ").title().replace(" In ", " in ") for name in granted]


def invite(application_id: int) -> str:
    """Return the address at which an admin of a server lets the bot in."""
    return discord.utils.oauth_url(
        application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )


async def discord_side(settings: Settings) -> list[Finding]:
    """Log in without connecting; the bot may run at the same time."""
    token = settings.discord_token
    if token is None:
        return [
            error("token", "DISCORD_TOKEN is missing", f"copy it from {PORTAL}, page Bot, to .env")
        ]
    intents = intents_for(message_content=settings.message_content)
    way = client_options(settings.proxy)
    try:
        async with asyncio.timeout(ANSWER_S), discord.Client(intents=intents, **way) as client:
            await client.login(token.get_secret_value())
            guilds = await client.http.get_guilds(200)
            return _findings(client, intents, [int(guild["permissions"]) for guild in guilds])
    except discord.LoginFailure:
        advice = f"copy it again from {PORTAL}, page Bot, to .env"
        return [error("token", "Discord refuses DISCORD_TOKEN", advice)]
    except (aiohttp.ClientError, discord.HTTPException, OSError, TimeoutError) as failure:
        why = str(failure) or type(failure).__name__
        advice = "check the network" if settings.proxy is None else "check PROXY and the network"
        return [error("token", f"Discord cannot be asked ({why})", advice)]


def _findings(
    client: discord.Client, intents: discord.Intents, granted: list[int]
) -> list[Finding]:
    application = client.application
    assert application is not None
    return [
        ok("token", f"valid, for {client.user} of application {application.id}"),
        _intents(intents, application.flags),
        _permissions(granted),
        ok("invite", invite(application.id)),
    ]


def _intents(intents: discord.Intents, flags: discord.ApplicationFlags) -> Finding:
    """Compare the privileged intents that the bot asks for with those switched on."""
    switched_on = {
        "Message Content": flags.gateway_message_content or flags.gateway_message_content_limited,
        "Server Members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
        "Presence": flags.gateway_presence or flags.gateway_presence_limited,
    }
    asked = {
        "Message Content": intents.message_content,
        "Server Members": intents.members,
        "Presence": intents.presences,
    }
    missing = [name for name, wanted in asked.items() if wanted and not switched_on[name]]
    if missing:
        names = " and ".join(f"{name} Intent" for name in missing)
        return warning(
            "intents",
            f"{names} is off: the bot hears slash commands and mentions alone, and cannot learn",
            f"switch it on at {PORTAL}, page Bot",
        )
    names = " and ".join(name for name, wanted in asked.items() if wanted)
    return ok("intents", names or "none that needs Discord's leave is asked for")


def _permissions(granted: list[int]) -> Finding:
    """Look at the roles' permissions in every server; channels may still differ."""
    if not granted:
        return warning("permissions", "the bot is in no server yet", "open the address of `invite`")
    lacking = [
        PERMISSIONS.value & ~value
        for value in granted
        if not discord.Permissions(value).administrator and PERMISSIONS.value & ~value
    ]
    if lacking:
        any_of_them = reduce(or_, lacking)
        names = ", ".join(permission_names(discord.Permissions(any_of_them)))
        return warning(
            "permissions",
            f"missing in {len(lacking)} of {len(granted)} servers: {names}",
            "open the address of `invite` again for those servers",
        )
    return ok("permissions", f"all it needs, in {len(granted)} servers")
