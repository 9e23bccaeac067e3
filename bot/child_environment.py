"""What processes that the bot starts may see of its environment."""

from __future__ import annotations

import os

_TOKEN = "DISCORD_TOKEN"


def child_environment(**more: str) -> dict[str, str]:
    """Return the bot's environment without its token, and what a child needs besides."""
    return {name: value for name, value in os.environ.items() if name.upper() != _TOKEN} | more
