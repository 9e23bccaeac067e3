"""What to say of commands that were typed, and not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.text.discord_markup import defuse_mentions
from bot.text.formatting import listed

_CHANNEL = re.compile(r"<#\d{1,20}>")  # which pings nobody
SHOWN = 40  # characters of what was typed


def no_such_command(typed: str, meant: str) -> str:
    """Tell which command was probably meant by one that there is not."""
    return (
        f"There is no command `!{_shown(typed)}`. Did you mean `!{meant}`? Edit your message, and "
        "I'll read it again."
    )


def no_such_subcommand(group: str, typed: str, names: Sequence[str], meant: str = "") -> str:
    """Tell which commands a group has where another one was typed.

    Args:
        names: the group's commands that the person may use.
        meant: the one that was probably meant, empty where nothing is known.
    """
    there = listed([f"`!{group} {name}`" for name in names])
    if meant:
        return (
            f"There is no `!{group} {_shown(typed)}`. Did you mean `!{group} {meant}`? There are "
            f"also {there}."
        )
    return f"There is no `!{group} {_shown(typed)}`. There are {there}."


def too_much(typed: str, example: str) -> str:
    """Tell that words behind a command mean nothing to it, so that nothing was done."""
    if typed.lstrip().startswith("!"):
        return "I take one command a message, so I did none of these. Send them one by one."
    return (
        f"I don't know what “{_shown(typed)}” means here, so I did nothing. Try `{example}` or "
        "`!help`."
    )


def no_such_channel(typed: str, example: str) -> str:
    """Tell that something names no channel."""
    return (
        f"I can't find that channel in this server: “{_shown(typed)}”. Name it like #general: try "
        f"`{example}`."
    )


def _shown(typed: str) -> str:
    shown = " ".join(typed.replace("`", "").split())
    if _CHANNEL.fullmatch(shown):
        return shown
    shown = defuse_mentions(shown)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
