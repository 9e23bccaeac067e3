"""Says where things lie in a wheel; all else about the project is in pyproject.toml.

The folders ``bot``, ``cogs`` and ``weights`` have names that other projects use as well. In a
wheel they lie inside ``textgen_bot`` and ``textgen_core``, so that installing it hides
nothing. A checkout that is installed as editable keeps its folders as they are.
"""

from __future__ import annotations

import sys

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

WEIGHTS = "textgen_core.weights"
LIBRARY = find_packages(include=["textgen_core*", "textgen_bot"])
BOT = find_packages(include=["bot*", "cogs*"])
BOT_DATA = [
    "py.typed",
    "locales/*/LC_MESSAGES/*.po",
    "storage/migrations/*.sql",
    "loopback/page/*",
    "loopback/wire/specification/*",
]


class BuildPy(build_py):
    """Takes the weights along, without the programs that made them."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        """Return (package, module, file) of each module of a package."""
        return [] if package == WEIGHTS else super().find_package_modules(package, package_dir)


if "editable_wheel" in sys.argv:
    setup(packages=[*LIBRARY, *BOT])
else:
    setup(
        packages=[*LIBRARY, WEIGHTS, *(f"textgen_bot.{name}" for name in BOT)],
        package_dir={WEIGHTS: "weights", "textgen_bot.bot": "bot", "textgen_bot.cogs": "cogs"},
        package_data={
            "textgen_core": ["py.typed", "channels/*", "export/web/page/*"],
            WEIGHTS: ["*.safetensors", "SHA256SUMS"],
            "textgen_bot": ["py.typed"],
            "textgen_bot.bot": BOT_DATA,
            "textgen_bot.cogs": ["py.typed"],
        },
        cmdclass={"build_py": BuildPy},
    )
