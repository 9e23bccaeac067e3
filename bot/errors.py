"""What can go wrong in the bot.

BotError                something failed: logged, an apology is shown
├── UserError           its text is a sentence for the person who asked
│   └── TooFewMessagesError     a training found too little to learn from
├── SettingsError       a setting is missing or wrong: the bot does not start
├── StorageError        the data folder or its database cannot be used
│   └── InUseError      another process holds the data folder
└── TrainerError        the training process broke its word
    └── OutOfMemoryError    it took more memory than there is, or than it may
"""

from __future__ import annotations

import errno
import sqlite3

from bot.locales.languages import ENGLISH, speaking
from bot.locales.messages import N_, Message, _

NO_CONTENT = N_(
    "I don't have the Message Content Intent, so I can't read messages: I learn nothing, and know "
    "only slash commands and those that begin by mentioning me. Whoever runs me can switch it on "
    "at https://discord.com/developers/applications (page Bot), and set MESSAGE_CONTENT=true."
)


FILES_ALONE = N_(
    "In this server I only learn from files, not from channels. An admin can change that with "
    "`!settings learns channel`."
)


class BotError(Exception):
    """Anything the bot itself reports as wrong; in logs it is English.

    Args:
        message: the sentence, in English, with fields as of str.format. Of errors that people
            see it is looked up in the catalogs, as by `bot.locales.messages._`.
        values: of its fields; what can be called is called when the sentence is told.

    Attributes:
        said: the sentence; call it for the words in the language that is spoken then.
    """

    def __init__(self, message: str | Message = "", /, **values: object) -> None:
        self.said = Message(message, values) if isinstance(message, str) else message
        with speaking(ENGLISH.code):
            super().__init__(self.said())


class UserError(BotError):
    """A refusal or failure that is told to the person who asked."""


class TooFewMessagesError(UserError):
    """A training found too little to learn from.

    Attributes:
        found: how many usable messages.
        least: how many it needs.
    """

    def __init__(self, found: int, least: int) -> None:
        sentence = N_("I found {found} messages that I can use, and I need {least}.")
        super().__init__(sentence, found=found, least=least)
        self.found, self.least = found, least


class SettingsError(BotError):
    """A setting is missing or outside what is allowed."""


class StorageError(BotError):
    """The data folder or the database in it cannot be used."""


class InUseError(StorageError):
    """Another process holds the data folder."""


class TrainerError(BotError):
    """The training process ended without a word, or with one we do not understand."""


class OutOfMemoryError(TrainerError):
    """The training process ended for want of memory; smaller steps take less."""


# What reading an answer ends in that has not the form its reader knows, be it Discord's.
MALFORMED = (LookupError, TypeError, ValueError, AttributeError)


APOLOGY = N_(
    "Something went wrong on my side. Please try again later; the bot's log says what it was."
)


def disk_full(error: BaseException) -> bool:
    """Say whether a failure comes from a full disk."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error)


def database_busy(error: BaseException) -> bool:
    """Say whether another program keeps the database to itself, which passes."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def failure_sentence(error: BaseException) -> str:
    """Return one sentence for the person who asked; never a traceback."""
    if isinstance(error, UserError):
        return error.said()
    if disk_full(error):
        return _(
            "The disk of the bot's machine is full. Whoever runs the bot has to free some space; "
            "then try again."
        )
    if isinstance(error, BotError):
        return error.said()
    return _(APOLOGY)
