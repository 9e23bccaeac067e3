"""Channel files: one JSON object a line, as plain text or gzip."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from bot.loopback.world.model import Channel
from bot.loopback.world.world import World

REQUIRED = ("author", "timestamp", "content")


class ChannelFileError(ValueError):
    """A channel file cannot be read; its text names the file, the line and the reason."""


def read_channel_file(path: Path) -> Iterator[Mapping[str, object]]:
    """Yield a file's messages, oldest first.

    Args:
        path: .jsonl or .jsonl.gz; each line has author, timestamp (ISO 8601) and
            content; "bot": true marks a bot's message.

    Raises:
        ChannelFileError: the file is missing, damaged or of another shape.
    """
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _row(path, number, line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ChannelFileError(f"{path} cannot be read: {error}") from error


def fill_from_file(world: World, channel: Channel, path: Path) -> int:
    """Put a file's messages into a channel and return how many there were."""
    return world.fill_channel(channel, read_channel_file(path))


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _row(path: Path, number: int, line: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ChannelFileError(f"{path}, line {number}: not JSON ({error.msg})") from error
    missing = [name for name in REQUIRED if not isinstance(row, dict) or name not in row]
    if missing:
        raise ChannelFileError(f"{path}, line {number}: no {', '.join(missing)}")
    return dict(row)
