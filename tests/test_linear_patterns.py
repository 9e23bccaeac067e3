"""Every pattern of the program takes time linear in its text, whoever wrote that."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import re2

import bot
import cogs
import textgen_core
from bot.text import discord_markup, pii
from bot.text.banned_phrases import PhraseFilter
from bot.text.linear import LinearPattern
from bot.text.private_kinds import _KEYS, _NUMBERS

ROOT = Path(__file__).parent.parent
LENGTHS = (1_000, 10_000, 100_000)
FLOOR_S = 0.05  # what a busy machine may take for nothing
MOST_S_A_CHAR = 4e-6
MOST_GROWTH = 40  # for ten times the text
QUICK_S = 0.01
# These import Keras, which takes seconds, or are started, not imported; none has a pattern.
HEAVY = ("keras_model", "learner", "window_model", "labelled_learner", "compiled_layers")
ALLOWED = {"re.escape", "re2.escape", "re2.compile", "re2.Options"}

PIECES = (
    *"a1A_ .,-+@:/<>[](){}*|~`\"'\\\n\t=#!é猫",
    "\ue000", "\ue001", "\ue002", "\ue010", "\u200b", "\u0301",
    "+1 ", "+12345", "4111 ", "DE89", "a@b.", "a [at] ", "::", "1.", "01 ", "0123-12 12 12",
    "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END ", "eyJ", "sk-", "password=",
    "api key:", "discord.gg/", "http://", "<http://", "<a:", "<@", "<@&", "</", "</a:", "<#1",
    "<:a:1", "@everyone", "202-555-", "aB1", "abcd:", "as <@1", "--threads ", "12:30-",
    "\" a\" ", "[a](b", "||", "**", "__a",
)  # fmt: skip


def modules() -> Iterator[ModuleType]:
    for package in (bot, cogs, textgen_core):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            name = found.name.rpartition(".")[2]
            if name not in (*HEAVY, "__main__"):
                yield importlib.import_module(found.name)


def patterns_in(value: Any, depth: int = 4) -> Iterator[re.Pattern[str] | LinearPattern]:
    """Yield the patterns that a module's value is or holds."""
    if isinstance(value, re.Pattern | LinearPattern):
        yield value
    elif depth > 0:
        for inner in held_by(value):
            yield from patterns_in(inner, depth - 1)


def held_by(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    if isinstance(value, tuple | list | set | frozenset):
        return [*value]
    if isinstance(value, type):
        return [inner for inner in vars(value).values() if isinstance(inner, re.Pattern)]
    if dataclasses.is_dataclass(value):
        return [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    return []


def all_patterns() -> dict[str, re.Pattern[str] | LinearPattern]:
    found: dict[str, re.Pattern[str] | LinearPattern] = {}
    for module in modules():
        for name, value in [*vars(module).items()]:
            for pattern in patterns_in(value):
                found.setdefault(f"{pattern.pattern!r:.100}", pattern)
                assert name
    return found


PATTERNS = all_patterns()


def sources() -> Iterable[Path]:
    return (
        path for folder in ("bot", "cogs", "textgen_core") for path in (ROOT / folder).rglob("*.py")
    )


def test_patterns_are_made_where_this_test_finds_them() -> None:
    """At a module's top level with Python's re; within functions RE2 alone, which is linear."""
    misplaced = []
    made = 0
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = [
            node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr)
        ]
        at_top = {id(call) for node in top for call in ast.walk(node) if isinstance(call, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("re", "re2"):
                misplaced.append(f"{path}:{node.lineno} imports a name from {node.module}")
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            called = ast.unparse(node.func)
            if called == "re.compile" and id(node) in at_top:
                made += 1
            elif called.startswith(("re.", "re2.")) and called not in ALLOWED:
                misplaced.append(f"{path}:{node.lineno} {called}")
    assert not misplaced
    of_python = [pattern for pattern in PATTERNS.values() if isinstance(pattern, re.Pattern)]
    assert len(of_python) >= made > 30


def pieces_of(source: str) -> list[str]:
    """Return what a pattern's own letters could be stretched to: its literal parts."""
    literal = re.findall(
        r"[A-Za-z0-9@#<:/_=\" -]{2,}", re.sub(r"\\.|\(\?[^)]*\)|\[[^\]]*\]", "|", source)
    )
    return list(dict.fromkeys(literal))[:8]


TextOf = Callable[[int], str]


def hostile_texts(pieces: Iterable[str]) -> Iterator[TextOf]:
    """Yield what makes texts of a length: a piece again and again, ended or parted by something."""
    for piece in pieces:
        for tail in ("", "!", "\n", "\ue001"):
            yield lambda n, piece=piece, tail=tail: (piece * (n // len(piece) + 1))[:n] + tail  # type: ignore[misc]
        for rest in ("x ", "a" * 30 + "1" * 30):
            part = piece + rest
            yield lambda n, part=part: part * (n // len(part) + 1)  # type: ignore[misc]


def seconds(use: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    use(text)
    return time.thread_time() - began


def grows(use: Callable[[str], object], text_of: TextOf) -> str | None:
    """Return how the time for a text grows, where it grows faster than the text.

    What takes ten milliseconds of a processor for 10,000 characters has not gone over the
    rest of them from each, so it is not asked for 100,000.
    """
    took: list[float] = []
    for length in LENGTHS:
        text = text_of(length)
        spent, allowed = seconds(use, text), FLOOR_S + MOST_S_A_CHAR * len(text)
        if spent > allowed:  # the machine may have been busy
            spent = min(spent, seconds(use, text))
        if spent > allowed and (length == LENGTHS[0] or spent > MOST_GROWTH * took[-1]):
            return f"{[*took, spent]} s for {text[:60]!r}"
        took.append(spent)
        if length >= 10_000 and spent < QUICK_S:
            break
    return None


def use_of(pattern: re.Pattern[str] | LinearPattern) -> Callable[[str], object]:
    if isinstance(pattern, LinearPattern):
        return lambda text: sum(1 for _ in pattern.spans(text))
    return lambda text: (sum(1 for _ in pattern.finditer(text)), pattern.fullmatch(text))


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_is_linear(name: str) -> None:
    pattern = PATTERNS[name]
    for text_of in hostile_texts((*PIECES, *pieces_of(pattern.pattern))):
        assert grows(use_of(pattern), text_of) is None


READERS: dict[str, Callable[[str], object]] = {
    "scrubbed": pii.replace_pii,
    "is_private": pii.is_private,
    "marked_content": discord_markup.marked_content,
    "rendered": discord_markup.render,
    "defused": discord_markup.defuse_mentions,
    "masked": PhraseFilter(["voldemort", "a b c", "猫", "(x|y)", "aaaa", "1 1 1 1 b"]).masked,
    "spoilered": PhraseFilter(["voldemort", "a b c", "猫", "aaaa", "1 1 1 1 b"]).spoilered,
}
NESTED: dict[str, TextOf] = {
    "links in links": lambda n: "h<" * (n // 12) + "http://a" + ">ttp://a" * (n // 12),
    "marks in links": lambda n: "h\ue001ttp://" * (n // 8),
    "keys begun": lambda n: "-----BEGIN PRIVATE KEY-----" + "-----END A " * (n // 11),
    "spoilers": lambda n: "||a||voldemort" * (n // 14),
    "masked links": lambda n: "[volde](http://x)mort " * (n // 22),
    "phone": lambda n: ("+1" + "2" * 37 + "a ") * (n // 41),
    "zero width": lambda n: "1\u200b" * (n // 2),
}  # fmt: skip


@pytest.mark.parametrize("reader", sorted(READERS))
def test_what_reads_people_s_texts_is_linear(reader: str) -> None:
    for text_of in (*hostile_texts(PIECES), *NESTED.values()):
        assert grows(READERS[reader], text_of) is None


def test_this_test_finds_what_is_not_linear() -> None:
    slow = re.compile(r"(?:a|a )*!|\" (.+?) \"")
    assert grows(use_of(slow), lambda length: 'a" ' * (length // 3)) is not None
    assert grows(use_of(re.compile(r"(?:a+)+!")), lambda length: "a" * 24) is not None


def test_numbers_and_keys_are_among_what_is_tested() -> None:
    own = {f"{kind.pattern.pattern!r:.100}" for kind in (*_KEYS, *_NUMBERS)}
    assert own <= PATTERNS.keys()
    assert re2.compile("a").search("a")
