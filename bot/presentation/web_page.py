"""What is said where a version becomes a page for browsers."""

from __future__ import annotations

from bot.storage.records import ModelRecord

PAGE_KEPT = "All right, I'm not making a page."


def page_question(record: ModelRecord) -> str:
    """Ask whether a version shall become a page, and say what that may reveal."""
    return (
        f"Make version {record.label} a web page? It's one file that writes in any browser, and"
        " nobody can call it back once it's out.\n"
        "• Anyone who has it can write in this server's voice and test how likely a phrase was"
        " said here.\n"
        "• My check for copied messages and your list of banned words don't work there.\n"
        "• **Make the page** leaves out the phrases that at least two of you have used, so it knows"
        " fewer of your names and sayings than I do. **With phrases** includes them, word for word."
    )


def page_refused(record: ModelRecord) -> str:
    """Tell why a version is not published here, and who may all the same."""
    return (
        f"Version {record.label} learned from NSFW channels, from channels that not everyone here"
        " can read, or from a file whose origin I don't know, so I don't make a page of it. Whoever"
        f" runs the bot can: `textgen export DATA_DIR/{record.path} --to web`."
    )


def page_made(record: ModelRecord, *, ngrams: bool) -> str:
    """Tell that a page is there, and what is in it."""
    phrases = (
        "It has the phrases that at least two of you have used."
        if ngrams
        else "The phrases that you share are not in it."
    )
    return f"Version {record.label} as a page: download it and open it in a browser. {phrases}"
