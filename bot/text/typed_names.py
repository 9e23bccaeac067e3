"""Names of commands as people type them: ！Help, `!help?`, `!train#talk`, `@bot, help`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

# Characters that are drawn as nothing and come along when something is copied. Joiners and
# variation selectors stay: they are parts of emoji and of some scripts' words.
UNSEEN = "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_UNSEEN = re.compile(f"[{UNSEEN}\x02]")
_LEAD = re.compile(f"[\\s{UNSEEN}]{{0,20}}")
_BEHIND_MENTION = re.compile(f"[\\s,:;!./{UNSEEN}]{{0,20}}")
_LETTERS = re.compile(r"[a-z]{1,30}")
_WORD = re.compile(r"\S{1,64}")
_SENTENCE_MARKS = ".,:;?!…。、"
_JOINS = "_-."
_COMMAS = ":,"
_OPENS = f"{_COMMAS}#<([\"'“„‘`—–"
_SWAPPED = 4  # letters of a name of which two may be swapped
_ONE_OFF = 6  # letters of a name of which one may be wrong, missing or too much


@dataclass(frozen=True, slots=True)
class Called:
    """A command that was meant.

    Attributes:
        name: as it is known.
        rest: what was typed behind it.
    """

    name: str
    rest: str


def without_unseen(text: str) -> str:
    """Return a text without the characters that nobody sees, emoji as they were."""
    return _UNSEEN.sub("", text)


def plain(word: str) -> str:
    """Return a word as it is compared: in small letters of usual width, nothing unseen in it."""
    return unicodedata.normalize("NFKC", without_unseen(word).replace("\ufe0f", "")).casefold()


def beginning(content: str, prefix: str, mentions: Iterable[str]) -> str | None:
    """Return what stands before a command's name in a message; None where there is no command.

    It is the prefix in any case and width, or a mention of the bot with or without a comma, or
    words, a mention and the prefix ("hey @bot !help").

    Args:
        mentions: how the bot is mentioned.
    """
    start = _LEAD.match(content).end()  # type: ignore[union-attr]
    if (end := _behind_prefix(content, start, prefix)) is not None:
        return content[:end]
    for mention in mentions:
        found = content.find(mention)
        if found < 0:
            continue
        end = found + len(mention)
        behind = _LEAD.match(content, end).end()  # type: ignore[union-attr]
        prefixed = _behind_prefix(content, behind, prefix)
        if prefixed is not None and content[prefixed : prefixed + 1].isalpha():
            return content[:prefixed]
        if found == start:
            return content[: _BEHIND_MENTION.match(content, end).end()]  # type: ignore[union-attr]
    return None


def _behind_prefix(content: str, start: int, prefix: str) -> int | None:
    """Return where what follows the prefix begins, None where it is not there."""
    end = start + len(prefix)
    if unicodedata.normalize("NFKC", content[start:end]).casefold() != prefix.casefold():
        return None
    return _LEAD.match(content, end).end()  # type: ignore[union-attr]


def called(typed: str, commands: Mapping[str, Collection[str]]) -> Called | None:
    """Return the command that is meant by what stands behind the prefix.

    "help?", "generate: hello", "train#talk", "train_status" and "Ｈｅｌｐ" are understood.

    Args:
        commands: the names of commands, each with those of its subcommands.
    """
    typed = typed.lstrip()
    word = _WORD.match(typed)
    if word is None:
        return None
    name, rest = plain(word[0]), typed[word.end() :]
    if name in commands:
        return Called(name, rest)
    letters = _LETTERS.match(name)
    if letters is None:
        return None
    lead, tail = letters[0], name[letters.end() :]
    if lead not in commands:
        return _run_together(name, rest, commands)
    if not tail.strip(_SENTENCE_MARKS):
        return Called(lead, rest)
    if tail[0] in _JOINS and tail[1:].rstrip(_SENTENCE_MARKS) in commands[lead]:
        return Called(lead, f" {tail[1:]}{rest}")
    if tail[0] in _OPENS or tail.startswith("--"):
        behind = without_unseen(typed)[len(lead) :]
        return Called(lead, f" {behind.lstrip(_COMMAS)}")
    return None


def _run_together(name: str, rest: str, commands: Mapping[str, Collection[str]]) -> Called | None:
    """Return a command and its subcommand that were typed as one word, as in "trainstatus"."""
    name = name.rstrip(_SENTENCE_MARKS)
    for group, inner in commands.items():
        if name.startswith(group) and name[len(group) :] in inner:
            return Called(group, f" {name[len(group) :]}{rest}")
    return None


def slip_of(word: str, names: Iterable[str]) -> str | None:
    """Return the name of which a word is a slip of the fingers, None if it is another word.

    Two letters are swapped, or in a long name one is wrong, missing or too much. Short names
    are not guessed: other bots have commands that are as short, such as `!mode` and `!heal`.
    """
    typed = plain(word).strip(_SENTENCE_MARKS)
    for name in names:
        if len(name) >= _SWAPPED and _is_swapped(typed, name):
            return name
        if len(name) >= _ONE_OFF and _is_one_off(typed, name):
            return name
    return None


def _is_swapped(typed: str, name: str) -> bool:
    if len(typed) != len(name) or typed == name:
        return False
    place = next(at for at in range(len(name)) if typed[at] != name[at])
    pair = name[place : place + 2]
    return typed == name[:place] + pair[::-1] + name[place + 2 :]


def _is_one_off(typed: str, name: str) -> bool:
    if abs(len(typed) - len(name)) > 1 or typed == name:
        return False
    pairs = zip(typed, name, strict=False)
    same = next((at for at, (one, other) in enumerate(pairs) if one != other), -1)
    if same < 0:  # one is the beginning of the other
        return True
    longer_typed, longer_name = len(typed) >= len(name), len(name) >= len(typed)
    return typed[same + longer_typed :] == name[same + longer_name :]
