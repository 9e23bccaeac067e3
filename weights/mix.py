"""Write the text that base.safetensors is trained on: every message once, shuffled.

Run: python weights/mix.py CORPORA mix.txt.gz

CORPORA has the folders pretrain/ (English, gzip-compressed) and multilingual/, a
message a line. The order is the same each time.
"""

from __future__ import annotations

import gzip
import random
import sys
from pathlib import Path

LEFT_OUT = {"emoji_all.txt"}  # a list of emoji, no messages


def messages(corpora: Path) -> list[str]:
    """Return all messages, shuffled."""
    texts = [
        gzip.decompress(path.read_bytes()).decode("utf-8")
        for path in sorted((corpora / "pretrain").glob("*.txt.gz"))
    ]
    texts += [
        path.read_text(encoding="utf-8")
        for path in sorted((corpora / "multilingual").glob("*.txt"))
        if path.name not in LEFT_OUT
    ]
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    random.Random(0).shuffle(lines)
    return lines


def main() -> None:
    corpora, target = map(Path, sys.argv[1:])
    data = ("\n".join(messages(corpora)) + "\n").encode("utf-8")
    target.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
