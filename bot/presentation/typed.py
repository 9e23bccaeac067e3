"""What to say of commands that were typed, and not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.locales.messages import _, listed
from bot.text.discord_markup import defuse_mentions

_CHANNEL = re.compile(r"<#\d{1,20}>")  # which pings nobody
SHOWN = 40  # characters of what was typed


def no_such_command(typed: str, meant: str) -> str:
    """Tell which command was probably meant by one that there is not."""
    return _(
        "There is no command `!{typed}`. Did you mean `!{meant}`? Edit your message, and I'll "
        "read it again.",
        typed=_shown(typed),
        meant=meant,
    )


def no_such_subcommand(group: str, typed: str, names: Sequence[str], meant: str = "") -> str:
    """Tell which commands a group has where another one was typed.

    Args:
        names: the group's commands that the person may use.
        meant: the one that was probably meant, empty where nothing is known.
    """
    commands = listed([f"`!{group} {name}`" for name in names])
    wrong = f"{group} {_shown(typed)}"
    if meant:
        return _(
            "There is no `!{typed}`. Did you mean `!{meant}`? There are also {commands}.",
            typed=wrong,
            meant=f"{group} {meant}",
            commands=commands,
        )
    return _("There is no `!{typed}`. There are {commands}.", typed=wrong, commands=commands)


def too_much(typed: str, example: str) -> str:
    """Tell that words behind a command mean nothing to it, so that nothing was done."""
    if typed.lstrip().startswith("!"):
        return _("I take one command a message, so I did none of these. Send them one by one.")
    return _(
        "I don't know what “{typed}” means here, so I did nothing. Try `{example}` or `!help`.",
        typed=_shown(typed),
        example=example,
    )


def no_such_channel(typed: str, example: str) -> str:
    """Tell that something names no channel."""
    return _(
        "I can't find that channel in this server: “{typed}”. Name it like #general: try "
        "`{example}`.",
        typed=_shown(typed),
        example=example,
    )


def _shown(typed: str) -> str:
    shown = " ".join(typed.replace("`", "").split())
    if _CHANNEL.fullmatch(shown):
        return shown
    shown = defuse_mentions(shown)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
