"""Write the text that base.safetensors is trained on, shuffled.

Run: python weights/mix.py CORPORA mix.txt.gz

CORPORA has the folders pretrain/ (English, gzip-compressed) and multilingual/, a
message a line. The order is the same each time. Mentions, which the sources have
replaced by @user, become one character (textgen_core/text/special_tokens.py).

Chat outweighs titles: ``COPIES`` says how often each message of a file comes. The last
10,000 messages are those that every base model since the first was measured on; they come
nowhere else in the mix.
"""

from __future__ import annotations

import gzip
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from textgen_core.text.special_tokens import MENTION

_USER = re.compile(r"@user\b")
LEFT_OUT = {"emoji_all.txt"}  # a list of emoji, no messages
HELD_OUT = 10_000
# Came later: the messages that are measured on are not from them.
LATER = {"reddit_titles_2013_more.txt.gz", "reddit_selftext_2013_more.txt.gz"}
# 1 where a file is not named; a part of one copy where it is below 1.
COPIES = {
    "chat_fcc_gitter.txt.gz": 2.0,
    "chat_ubuntu_irc.txt.gz": 2.0,
    "chitchat_byu.txt.gz": 2.0,
    "dialogue_taskmaster3.txt.gz": 2.0,
    "reddit_comments_goemotions.txt.gz": 2.0,
    "topical_chat.txt.gz": 2.0,
    "tweets_wnut17_btc.txt.gz": 2.0,
    "youtube_comments_wnut17.txt.gz": 2.0,
    "reddit_titles_2013_more.txt.gz": 0.5,
    "reddit_selftext_2013_more.txt.gz": 0.33,
}
COPIES_OF_OTHER_LANGUAGES = 2.0


def messages(corpora: Path) -> list[str]:
    """Return all messages, shuffled, those that are held out at the end."""
    files = {path.name: lines for path, lines in _files(corpora)}
    first = [line for name, lines in files.items() if name not in LATER for line in lines]
    random.Random(0).shuffle(first)
    held_out = first[-HELD_OUT:]
    not_again = set(held_out)
    rng = random.Random(1)
    learned: list[str] = []
    for name, lines in files.items():
        others = COPIES_OF_OTHER_LANGUAGES if name.endswith(".txt") else 1.0
        copies = COPIES.get(name, others)
        new = [line for line in lines if line not in not_again]
        learned += new * int(copies) + rng.sample(new, int(len(new) * (copies % 1)))
    rng.shuffle(learned)
    return learned + held_out


def _files(corpora: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each file with its lines."""
    for path in sorted((corpora / "pretrain").glob("*.txt.gz")):
        yield path, _lines(gzip.decompress(path.read_bytes()).decode("utf-8"))
    for path in sorted((corpora / "multilingual").glob("*.txt")):
        if path.name not in LEFT_OUT:
            yield path, _lines(path.read_text(encoding="utf-8"))


def _lines(text: str) -> list[str]:
    return [_USER.sub(MENTION, line) for line in text.split("\n") if line.strip()]


def main() -> None:
    corpora, target = map(Path, sys.argv[1:])
    lines = messages(corpora)
    if len(lines) <= HELD_OUT:
        sys.exit(f"There is not enough text in {corpora}: give the folder that holds pretrain/.")
    data = ("\n".join(lines) + "\n").encode("utf-8")
    target.write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main()
