"""Write the text that base.safetensors is trained on: every message once, shuffled.

Run: python weights/mix.py CORPORA mix.txt.gz

CORPORA has the folders pretrain/ (English, gzip-compressed) and multilingual/, a
message a line. The order is the same each time. Mentions, which the sources have
replaced by @user, become one character (textgen_core/text/special_tokens.py).
"""

from __future__ import annotations

import gzip
import random
import re
import sys
from pathlib import Path

from textgen_core.text.special_tokens import MENTION

_USER = re.compile(r"@user\b")
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
    lines = [
        _USER.sub(MENTION, line) for text in texts for line in text.split("\n") if line.strip()
    ]
    random.Random(0).shuffle(lines)
    return lines


def main() -> None:
    corpora, target = map(Path, sys.argv[1:])
    lines = messages(corpora)
    if not lines:
        sys.exit(f"There is no text in {corpora}: give the folder that holds pretrain/.")
    data = ("\n".join(lines) + "\n").encode("utf-8")
    target.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
