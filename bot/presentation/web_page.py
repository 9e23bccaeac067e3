"""What is said where a version becomes a page for browsers."""

from __future__ import annotations

from bot.errors import UserError
from bot.locales.messages import N_, _
from bot.storage.records import ModelRecord

PAGE_KEPT = N_("All right, I'm not making a page.")


def page_question(record: ModelRecord) -> str:
    """Ask whether a version shall become a page, and say what that may reveal."""
    return _(
        "Make version {version} a web page? It's one file that writes in any browser, and nobody "
        "can call it back once it's out.\n"
        "• Anyone who has it can write in this server's voice and test how likely a phrase was "
        "said here.\n"
        "• My check for copied messages and your list of banned words don't work there.\n"
        "• **Make the page** leaves out the phrases that at least two of you have used, so it "
        "knows fewer of your names and sayings than I do. **With phrases** includes them, word for "
        "word.",
        version=record.label,
    )


def page_refused(record: ModelRecord) -> UserError:
    """Tell why a version is not published here, and who may all the same."""
    return UserError(
        "Version {version} learned from NSFW channels, from channels that not everyone here can "
        "read, or from a file whose origin I don't know, so I don't make a page of it. Whoever "
        "runs the bot can: `textgen export DATA_DIR/{path} --to web`.",
        version=record.label,
        path=record.path,
    )


def page_made(record: ModelRecord, *, ngrams: bool) -> str:
    """Tell that a page is there, and what is in it."""
    if ngrams:
        return _(
            "Version {version} as a page: download it and open it in a browser. It has the phrases "
            "that at least two of you have used.",
            version=record.label,
        )
    return _(
        "Version {version} as a page: download it and open it in a browser. The phrases that you "
        "share are not in it.",
        version=record.label,
    )
