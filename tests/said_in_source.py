"""Sentences for people, read from the source of the bot."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
FIELD = re.compile(r"\{[^{}]*\}")
SQL = ("SELECT ", "UPDATE ", "DELETE ", "INSERT ")
HIDDEN_CALLS = {
    *("ValueError", "RuntimeError", "KeyError", "TrainerError", "ResultError", "CorpusLostError"),
    *("StorageError", "InUseError", "ChannelGoneError", "re.compile", "argparse.ArgumentTypeError"),
    *("connection.execute", "connection.execute_fetchall", "TypeError", "AssertionError"),
    *("self._database.fetch_all", "self._database.fetch_one", "SettingsError"),
}


def templates(folder: str) -> dict[str, list[str]]:
    """Return by module the sentences that stand in its source, but for docstrings and logs."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        skipped = set(_not_said(tree))
        texts = [text for text in _texts(tree, skipped) if _is_sentence(text)]
        if texts:
            found[path.relative_to(ROOT).as_posix()] = list(dict.fromkeys(texts))
    return found


def _not_said(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of docstrings, of the log, and of errors that people do not see."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            yield from ast.walk(body[0])
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.startswith("log.") or name in HIDDEN_CALLS:
                yield from ast.walk(node)


def _texts(tree: ast.AST, skipped: set[ast.AST]) -> Iterator[str]:
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in skipped or node in inner:
            continue
        if isinstance(node, ast.JoinedStr):
            inner |= set(ast.walk(node)) - {node}
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _is_sentence(text: str) -> bool:
    """Say whether a text is of words for people: it begins like one and ends like one."""
    words = text.split()
    begins = text[:1].isupper() or text[:1] in "“…`⚠🔇#-{"
    return len(words) >= 3 and begins and text.rstrip()[-1:] in ".?!:" and not text.startswith(SQL)


def descriptions(modules: list[ModuleType]) -> list[str]:
    """Return what Discord shows of commands: their first lines."""
    lines = []
    for module in modules:
        for _, cog in inspect.getmembers(module, inspect.isclass):
            for command in getattr(cog, "__cog_commands__", ()):
                lines.append(f"{command.qualified_name}: {command.short_doc}")
    return sorted(set(lines))
