"""The whole job with the real training process, as `textgen-bot demo --once` does it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from bot_harness import make_base

ROOT = Path(__file__).parent.parent.parent


async def test_a_channel_is_read_learned_and_spoken_like(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--once", "--json"),
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "BASE_MODEL": str(make_base(tmp_path)),
            "TRAIN_BUDGET_S": "8",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    result = json.loads(out)
    # One of them is a command to another bot.
    assert (result["messages"], result["collected"]) == (2000, 1999)
    assert result["bits_per_char_after"] < result["bits_per_char_before"] - 0.2
    assert len(result["samples"]) == 5
    assert all(0 < len(sample) <= 2000 for sample in result["samples"])
    assert result["train_s"] > 0
    assert result["rss_mb"] > 0
