"""What to tell people when something failed that is nobody's question of wording."""

from __future__ import annotations

import errno
import sqlite3

from bot.errors import BotError, UserError

APOLOGY = "Something went wrong on my side: the bot's log says what. Please try again later."


def disk_is_full(error: BaseException) -> bool:
    """Say whether a failure comes from a full disk."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error)


def database_is_busy(error: BaseException) -> bool:
    """Say whether another program keeps the database to itself, which passes."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def failure_sentence(error: BaseException) -> str:
    """Return one sentence for the person who asked; never a traceback."""
    if isinstance(error, UserError):
        return str(error)
    if disk_is_full(error):
        return (
            "The disk of the bot's machine is full: whoever runs the bot must free some space, "
            "then train again."
        )
    if isinstance(error, BotError):
        return str(error)
    return APOLOGY
