"""How well models predict text they have not seen, beside the seconds they learned for.

Run: python benchmarks/quality.py [--only seed,channels,multilingual] [--model base|large|FILE]
         [--corpora DIR] [--keep DIR] [--textgenrnn WEIGHTS.hdf5] [--ngram] [--json]

Bits per character on the last tenth of each file, which is not trained on: before
and after fine-tuning by the real training process, with all its start-up, for at
most 60 s (seed, multilingual) or 120 s (channels). hacker_news_2000 is shuffled
with Python's random.Random(0) and its first tenth held out. With --textgenrnn,
the weights of that package are scored on the same lines; with --ngram, a mixture
of two character n-grams of order 6, one of pretrain/ and one of the channel, is
scored beside the channels. Channels are read as the bot reads them: links, mentions
and a server's emoji are one character each, for the n-grams as well.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import ngram
from figures import machine

from bot.text.discord_markup import marked_content, worth_learning
from textgen_core import evaluate, load_checkpoint, read_messages
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.bundled import base_weights_path, model_path
from textgen_core.text.message_files import read_spoken

SEED_S, CHANNEL_S, MULTILINGUAL_S = 60, 120, 60
MIN_CHANNEL_MESSAGES = 3000
MIXTURES = [share / 10 for share in range(11)]


@dataclass(frozen=True, slots=True)
class Row:
    """One file's figures, in bits per character but for `train_s` and `skipped`."""

    name: str
    messages: int
    before: float
    after: float
    train_s: float
    skipped: int
    textgenrnn: float | None = None
    ngram: float | None = None


def hacker_news(corpora: Path) -> list[str]:
    """Return the titles, the held-out tenth last."""
    lines = list(read_messages(corpora / "seed" / "hacker_news_2000.txt"))[1:]
    random.Random(0).shuffle(lines)
    held_out = len(lines) // 10
    return lines[held_out:] + lines[:held_out]


def channels(corpora: Path) -> Iterator[tuple[str, list[str], list[str | None]]]:
    """Yield the channels that are long enough: their names, messages and authors."""
    for path in sorted((corpora / "channels").glob("*.jsonl.gz")):
        marked = ((marked_content(text), author) for text, author in read_spoken(path))
        said = [(text, author) for text, author in marked if worth_learning(text)]
        if len(said) >= MIN_CHANNEL_MESSAGES:
            messages, authors = map(list, zip(*said, strict=True))
            yield path.name.removesuffix(".jsonl.gz"), messages, authors


def measured(
    name: str,
    messages: list[str],
    base: Path,
    budget_s: float,
    folder: Path,
    authors: list[str | None] | None = None,
) -> tuple[Row, list[str]]:
    """Fine-tune on a file; return its figures and the messages that were held out."""
    source, target = folder / "messages.jsonl", folder / f"{name}.safetensors"
    said = zip(messages, authors or [None] * len(messages), strict=True)
    lines = (json.dumps({"author": author, "content": text}) for text, author in said)
    source.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    command = [sys.executable, "-m", "textgen_core", "train", str(source), "-o", str(target)]
    command += ["--base", str(base), "--budget-s", str(budget_s), "--json"]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    done = json.loads(output.splitlines()[-1])
    held_out = messages[len(messages) - max(1, len(messages) // 10) :]
    before = evaluate(load_checkpoint(base), held_out)
    after = evaluate(load_checkpoint(target), held_out)
    row = Row(
        name,
        len(messages),
        round(before.bits_per_char, 3),
        round(after.bits_per_char, 3),
        round(done["train_s"], 1),
        after.skipped_chars,
    )
    return row, held_out


def ngram_bits(pretrained: ngram.Ngram, messages: list[str], held_out: list[str]) -> float:
    """Score held-out messages by both n-grams, mixed as suits the end of the others best."""
    codec = load_checkpoint(base_weights_path()).vocabulary
    known = messages[: len(messages) - len(held_out)]
    tail = max(1, len(known) // 10)
    first = ngram.count(known[:-tail], codec)
    best = min(
        MIXTURES,
        key=lambda w: ngram.bits_per_char([pretrained, first], [1 - w, w], known[-tail:], codec),
    )
    of_channel = ngram.count(known, codec)
    return ngram.bits_per_char([pretrained, of_channel], [1 - best, best], held_out, codec)


def count_pretrain(corpora: Path) -> ngram.Ngram:
    """Return the n-gram of everything in pretrain/."""
    codec = load_checkpoint(base_weights_path()).vocabulary
    files = sorted((corpora / "pretrain").glob("*.txt.gz"))
    return ngram.count((text for path in files for text in read_messages(path)), codec)


def rows(options: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Yield the rows that were asked for as they are measured."""
    wanted, base = options.only.split(","), model_path(options.model)
    if "seed" in wanted:
        row, held_out = measured(
            "hacker_news_2000", hacker_news(options.corpora), base, SEED_S, folder
        )
        if options.textgenrnn:
            theirs = evaluate(import_legacy(options.textgenrnn), held_out)
            row = Row(**{**asdict(row), "textgenrnn": round(theirs.bits_per_char, 3)})
        yield row
    pretrained = count_pretrain(options.corpora) if options.ngram else None
    for name, messages, authors in channels(options.corpora) if "channels" in wanted else ():
        row, held_out = measured(name, messages, base, CHANNEL_S, folder, authors)
        if pretrained:
            bits = ngram_bits(pretrained, messages, held_out)
            row = Row(**{**asdict(row), "ngram": round(bits, 3)})
        yield row
    if "multilingual" in wanted:
        for path in sorted((options.corpora / "multilingual").glob("*.txt")):
            messages = list(read_messages(path))
            yield measured(path.stem, messages, base, MULTILINGUAL_S, folder)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="seed", help="seed,channels,multilingual")
    parser.add_argument("--model", default="base", help="base, large or a file")
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the models here")
    parser.add_argument("--textgenrnn", type=Path, metavar="WEIGHTS.hdf5")
    parser.add_argument("--ngram", action="store_true", help="score n-grams, with 5 GB of memory")
    parser.add_argument("--json", action="store_true", help="print one JSON object a row")
    options = parser.parse_args()
    if not options.json:
        print(f"{machine()}\n")
        print("| File | Messages | Before | After | Training | Skipped | textgenrnn | n-gram |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        for row in rows(options, folder):
            if options.json:
                print(json.dumps(asdict(row)), flush=True)
                continue
            cells = [row.name, f"{row.messages:,}", row.before, row.after, f"{row.train_s} s"]
            cells += [row.skipped, row.textgenrnn or "", row.ngram or ""]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
