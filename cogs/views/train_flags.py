"""The options of !train, typed or chosen."""

from __future__ import annotations

import re

from discord.ext import commands

_BARE_THREADS = re.compile(r"--threads(?=\s*(?:--|$))")


class TrainFlags(commands.FlagConverter, prefix="--", delimiter=" "):
    """How much of a history is read; `!train #general --last 30d --threads`."""

    threads: bool = commands.flag(default=False, description="Read the channels' threads as well")
    last: str = commands.flag(
        default="", description="Only the last hours, days, weeks or months: 12h, 30d, 2w, 6mo"
    )
    max: commands.Range[int, 0, 100_000_000] = commands.flag(
        default=0, description="Only so many of the newest messages of each channel (0: all)"
    )

    @classmethod
    def parse_flags(cls, argument: str, *, ignore_extra: bool = True) -> dict[str, list[str]]:
        """Read what was typed; `--threads` alone means yes, and words left over are a mistake."""
        argument = _BARE_THREADS.sub("--threads yes ", argument)
        if left_over := argument.partition("--")[0].strip():
            raise commands.ChannelNotFound(left_over)
        return super().parse_flags(argument, ignore_extra=ignore_extra)
