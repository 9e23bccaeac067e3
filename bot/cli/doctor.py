"""textgen-bot doctor: is this installation well?"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from bot.config import Settings
from bot.operations.doctor import files, programs
from bot.operations.doctor.discord_login import discord_side
from bot.operations.doctor.finding import Finding, Level
from bot.runtime.data_folder import DataFolder
from textgen_core.model.bundled import model_path

COLOURS = {Level.OK: "\033[32m", Level.WARNING: "\033[33m", Level.ERROR: "\033[31m"}


def add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Let `textgen-bot doctor` be typed."""
    parser = commands.add_parser("doctor", help="check this installation, and say what to do")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.set_defaults(run=_doctor)


async def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    """Print what was found; 1 where something keeps the bot from its work."""
    logging.disable(logging.INFO)  # a log-in is no news here
    findings = await examine(settings)
    errors = sum(finding.level is Level.ERROR for finding in findings)
    if options.json:
        print(json.dumps({"errors": errors, "checks": [asdict(one) for one in findings]}))
    else:
        _print(findings)
    return 1 if errors else 0


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; what takes long is looked at side by side."""
    folder = DataFolder(settings.data_dir)
    looks: tuple[Callable[[], Finding], ...] = (
        programs.python_version,
        programs.packages,
        lambda: programs.tensorflow(trains_elsewhere=settings.train_scheduler is not None),
        lambda: programs.kernels(model_path(settings.base_model)),
        files.env_file,
        lambda: files.data_folder(folder),
        lambda: files.free_disk(folder),
        lambda: files.database(folder),
        lambda: files.base_model(settings.base_model),
        lambda: programs.cluster(settings),
    )
    local, remote = await asyncio.gather(
        asyncio.gather(*(asyncio.to_thread(look) for look in looks)), discord_side(settings)
    )
    return [*local, *remote]


def _print(findings: Sequence[Finding]) -> None:
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        level = f"{finding.level.value:7}"
        if sys.stdout.isatty():
            level = f"{COLOURS[finding.level]}{level}\033[0m"
        print(f"{level}  {finding.check:{width}}  {finding.found}")
        if finding.advice:
            print(f"{'':{width + 11}}→ {finding.advice}")
    counts = {level: sum(one.level is level for one in findings) for level in Level}
    print(f"\n{counts[Level.ERROR]} errors, {counts[Level.WARNING]} warnings")
