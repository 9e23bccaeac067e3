"""The sentences of the game in which members look for the bot's line."""

from __future__ import annotations

from collections.abc import Sequence

from bot.locales.messages import _, ngettext
from bot.text.discord_markup import quoted

SHOWN_CHARS = 200
SHOWN_WINNERS = 10


def question(lines: Sequence[str]) -> str:
    """Show a round's lines, and ask which is the bot's."""
    shown = [f"**{number}** {_shown(text)}" for number, text in enumerate(lines, 1)]
    heading = _("🕵️ **Which line did I write?** People wrote the others, here, some time ago.")
    return "\n\n".join([heading, *shown])


def taken(number: int) -> str:
    """Tell who guessed that it counts."""
    return _("You say {number}. Press another number to change your mind.", number=number)


def result(lines: Sequence[str], mine: int, winners: Sequence[int], standing: str) -> str:
    """Show whose each line is and who was right.

    Args:
        lines: in the order in which they were shown.
        mine: the place of the bot's.
        winners: ids of those who found it.
        standing: how the server does (`standing`).
    """
    shown = [
        f"{'🤖' if place == mine else '👤'} {_shown(text)}" for place, text in enumerate(lines)
    ]
    heading = _("🕵️ **Number {number} was mine.**", number=mine + 1)
    return "\n\n".join([f"{heading} {_found_by(winners)}", *shown, standing])


def standing(right: int, guesses: int, lines: int) -> str:
    """Tell how often a server's members have found the bot's line among so many."""
    return ngettext(
        "-# So far you found me in {right:,} of {count:,} guess ({share}%). Blind luck gets "
        "{luck}%.",
        "-# So far you found me in {right:,} of {count:,} guesses ({share}%). Blind luck gets "
        "{luck}%.",
        guesses,
        right=right,
        share=round(100 * right / guesses),
        luck=100 // lines,
    )


def _shown(text: str) -> str:
    return quoted(text, SHOWN_CHARS).removeprefix("> ")


def _found_by(winners: Sequence[int]) -> str:
    if not winners:
        return _("Nobody found it.")
    names = ", ".join(f"<@{user_id}>" for user_id in winners[:SHOWN_WINNERS])
    more = len(winners) - SHOWN_WINNERS
    if more > 0:
        return _("Found by {names} and {more} more.", names=names, more=more)
    return _("Found by {names}.", names=names)
