"""Pictures, drawn by a child process that lives for seconds."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.runtime.subprocesses import child_environment

log = logging.getLogger(__name__)

DRAW_S = 60.0  # a second on a calm machine; five more when the fonts are listed the first time
MAX_PICTURE_BYTES = 1 << 20
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
CURVE = (sys.executable, "-P", "-m", "bot.plots.loss_curve")
DIARY = (sys.executable, "-P", "-m", "bot.plots.diary")
MAP = (sys.executable, "-P", "-m", "bot.plots.message_map")
NEURONS = (sys.executable, "-P", "-m", "bot.plots.coloured_text")


class Drawing:
    """Draws pictures.

    Args:
        cache: a folder where matplotlib may keep its list of fonts.
        command: reads JSON and writes a PNG file; see bot/plots/loss_curve.py.
        timeout_s: after which a picture is given up.
    """

    def __init__(
        self, cache: Path, command: Sequence[str] = CURVE, *, timeout_s: float = DRAW_S
    ) -> None:
        self._cache = cache
        self._command = tuple(command)
        self._timeout_s = timeout_s

    async def picture(self, about: Mapping[str, object]) -> bytes | None:
        """Return a PNG file; None, with the reason in the log, where there is none to be had."""
        try:
            picture, errors = await self._run(json.dumps(about).encode())
        except (OSError, TimeoutError) as error:
            log.warning("a picture is not drawn: %s", error or "it took too long")
            return None
        if not picture.startswith(PNG_BEGINS) or len(picture) > MAX_PICTURE_BYTES:
            log.warning("a picture is not drawn: %s", errors.decode(errors="replace")[-500:])
            return None
        return picture

    async def _run(self, about: bytes) -> tuple[bytes, bytes]:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(MPLCONFIGDIR=str(self._cache)),
            process_group=0,  # Ctrl-C on the terminal is the bot's to handle
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                return await process.communicate(about)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
