"""What the layout of the code is like: folders, floors, circles, long files and functions.

Run: python tests/layout_report.py

tests/test_architecture.py holds the bounds.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("textgen_core", "bot", "cogs")
SMALL_LINES = 40
MOST_SMALL_FILES = 10


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the three packages.

    Attributes:
        name: dotted; a package's face has the package's name.
        imports: modules of ours that it imports, for type checking too.
        functions: (name, lines) of each.
    """

    name: str
    path: str
    lines: int
    imports: frozenset[str]
    functions: tuple[tuple[str, int], ...]

    @property
    def is_face(self) -> bool:
        """Say whether it is the ``__init__`` or ``__main__`` of a package."""
        return self.path.endswith(("__init__.py", "__main__.py"))

    @property
    def folder(self) -> str:
        """The folder it lies in."""
        return self.path.rpartition("/")[0]


def dotted(path: Path) -> str:
    """Return a file's dotted name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> dict[str, Module]:
    """Return every module of the three packages, by its dotted name."""
    paths = sorted(path for top in PACKAGES for path in (ROOT / top).rglob("*.py"))
    names = {dotted(path) for path in paths}
    return {dotted(path): _module(path, names) for path in paths}


def _module(path: Path, names: set[str]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = tuple(
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    found = {name for node in ast.walk(tree) for name in _imported(node, names)}
    place = path.relative_to(ROOT).as_posix()
    lines = len(text.splitlines())
    return Module(dotted(path), place, lines, frozenset(found - {dotted(path)}), functions)


def _imported(node: ast.AST, names: set[str]) -> set[str]:
    """Return the modules of ours that one statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & names
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return set()
    full = {f"{node.module}.{alias.name}" for alias in node.names}
    inner = full & names
    outer = {node.module} & names if inner != full else set()
    return inner | outer


def circle() -> list[str]:
    """Return the modules of one import circle, none where there is no circle."""
    return _circle_in({module.name: module.imports for module in modules().values()})


def package_circle() -> list[str]:
    """Return the packages of one import circle, none where there is no circle."""
    return _circle_in(_packages())


def package_floors() -> int:
    """Return how many floors of packages stand on each other in the highest of the three.

    A package right below the top counts as one, with all that it holds.
    """
    return _floors(_packages())


def module_floors() -> int:
    """Return how many modules stand on each other at most, over the whole repository."""
    return _floors({module.name: module.imports for module in modules().values()})


def _packages() -> dict[str, set[str]]:
    """Return for each package those below the same top that it imports."""
    below: dict[str, set[str]] = {}
    for module in modules().values():
        own = ".".join(module.name.split(".")[:2])
        others = {".".join(name.split(".")[:2]) for name in module.imports}
        top = own.partition(".")[0]
        below.setdefault(own, set()).update(o for o in others - {own} if o.split(".")[0] == top)
    return below


def _circle_in(graph: Mapping[str, Set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _floors(graph: Mapping[str, Set[str]]) -> int:
    floors: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        floors[name] = 1 + max((floors[other] for other in graph[name]), default=0)
    return max(floors.values())


def folder_sizes() -> Counter[str]:
    """Return how many modules each folder holds, faces not counted."""
    return Counter(module.folder for module in modules().values() if not module.is_face)


def small_files() -> list[str]:
    """Return files of at most 40 lines that are not a package's face."""
    return [m.path for m in modules().values() if not m.is_face and m.lines <= SMALL_LINES]


def long_functions(lines: int = 60) -> list[str]:
    """Return functions that are longer."""
    return [
        f"{module.path}:{name} ({length})"
        for module in modules().values()
        for name, length in module.functions
        if length > lines
    ]


def main() -> None:
    """Print the table."""
    sizes = folder_sizes().most_common(3)
    longest = max(modules().values(), key=lambda module: module.lines)
    print(f"modules                     {len(modules())}")
    print(f"largest folders             {', '.join(f'{name} {count}' for name, count in sizes)}")
    print(f"circle of modules           {' → '.join(circle()) or 'none'}")
    print(f"circle of packages          {' → '.join(package_circle()) or 'none'}")
    if not circle() and not package_circle():
        print(f"floors of packages          {package_floors()}")
        print(f"floors of modules           {module_floors()}")
    print(f"files of 40 lines or fewer  {len(small_files())}")
    print(f"longest file                {longest.path} {longest.lines}")
    print(f"functions over 60 lines     {len(long_functions())}")


if __name__ == "__main__":
    main()
