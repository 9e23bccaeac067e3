"""What can go wrong in the bot.

BotError                something failed: logged, an apology is shown
├── UserError           its text is a sentence for the person who asked
├── SettingsError       a setting is missing or wrong: the bot does not start
├── StorageError        the data folder or its database cannot be used
│   └── InUseError      another process holds the data folder
└── TrainerError        the training process broke its word
    └── OutOfMemoryError    it took more memory than there is, or than it may
"""

from __future__ import annotations


class BotError(Exception):
    """Anything the bot itself reports as wrong."""


class UserError(BotError):
    """A refusal or failure whose text is shown, as it stands, to the person who asked."""


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
