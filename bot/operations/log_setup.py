"""What the bot writes to standard error: lines for people, or JSON for machines.

Logs name servers, channels and jobs by their ids. Texts of messages and tokens
are never logged; what libraries let slip is taken out here.
"""

from __future__ import annotations

import logging
import re
import sys

from pythonjsonlogger.json import JsonFormatter

from bot.config import LogFormat, Settings

REMOVED = "[removed]"
HUMAN = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
LEAST_SECRET_CHARS = 8  # less is no token of Discord's, and would be found in any word
LIBRARIES = ("discord", "aiosqlite", "aiohttp", "asyncio")

# Addresses of answers to interactions and of webhooks hold a token of their own.
_TOKEN_IN_ADDRESS = re.compile(r"((?:interactions|webhooks)/\d+/)[\w-]{20,}")


class Removing(logging.Formatter):
    """Formats as another formatter does, and takes tokens out."""

    def __init__(self, inner: logging.Formatter, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or the lines of a traceback."""
        line = _TOKEN_IN_ADDRESS.sub(rf"\1{REMOVED}", self._inner.format(record))
        for secret in self._secrets:
            line = line.replace(secret, REMOVED)
        return line


def set_up_logging(settings: Settings) -> None:
    """Log to standard error; libraries never below INFO, where they show messages and tokens."""
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    secrets = (token,) if len(token) >= LEAST_SECRET_CHARS else ()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Removing(_formatter(settings.log_format), secrets))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))


def _formatter(kind: LogFormat) -> logging.Formatter:
    if kind is LogFormat.TEXT:
        return logging.Formatter(HUMAN)
    return JsonFormatter(
        "%(levelname)s %(name)s %(message)s",
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
        json_ensure_ascii=False,
    )
