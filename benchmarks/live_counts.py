"""What live counts are worth beside a training of the same messages, in bits a character.

Run: python benchmarks/live_counts.py CHANNEL… [--older 4000] [--new 1000] [--scored 300]
[--budget-s 60]

Of a channel's newest messages the oldest make a version, as `!train` does. The next are told
to it in two ways: counted as `!train live` does (textgen_core/generation/counted_speech.py), and
by a training from that version on, as `!train every` does. Scored are those that follow. All
trainings have the same short budget, so figures of other benchmarks are lower.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from quality import channels

from textgen_core import Engine, load_checkpoint
from textgen_core.generation.counted_speech import CountedSpeech, counted_speech, counts_of
from textgen_core.model.bundled import model_path

Said = Sequence[tuple[str, str | None]]  # messages and who wrote them


def trained(said: Said, base: Path, target: Path, budget_s: float) -> Path:
    """Train a version on messages and return its file."""
    source = target.with_suffix(".jsonl")
    lines = (json.dumps({"author": author, "content": text}) + "\n" for text, author in said)
    source.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "textgen_core", "train", str(source), "-o", str(target)]
    command += ["--base", str(base), "--budget-s", str(budget_s), "--json"]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return target


def bits(engine: Engine, texts: Sequence[str]) -> float:
    """Return the bits a character of messages, each scored by itself."""
    start, encode = engine.start(), engine.vocabulary.encode_message
    nats = sum(float(engine.costs(start, [encode(text)[1:]])[0]) for text in texts)
    return nats / math.log(2) / sum(len(text) + 1 for text in texts)


def counted(said: Said, engine: Engine) -> tuple[CountedSpeech, float, float]:
    """Return what several people said, the microseconds a character, and those of the table."""
    people = {author: number for number, author in enumerate(dict.fromkeys(by for _, by in said))}
    counts_of(said[0][0], engine.vocabulary)  # compiles
    begun = time.perf_counter()
    counts = [counts_of(text, engine.vocabulary) for text, _ in said]
    us = 1e6 * (time.perf_counter() - begun) / sum(len(text) + 1 for text, _ in said)
    begun = time.perf_counter()
    speech = counted_speech(counts, [people[by] for _, by in said], engine.vocabulary)
    return speech, us, 1e3 * (time.perf_counter() - begun)


def measure(name: str, said: Said, options: argparse.Namespace) -> str:
    """Return a row of the table."""
    said = said[-(options.older + options.new + options.scored) :]
    split = len(said) - options.scored
    older, new = said[: split - options.new], said[split - options.new : split]
    scored = [text for text, _ in said[split:]]
    with tempfile.TemporaryDirectory(prefix="textgen-bench-") as folder:
        place = Path(folder)
        first = trained(older, model_path(Path("base")), place / "1.safetensors", options.budget_s)
        again = trained(new, first, place / "2.safetensors", options.budget_s)
        engine, further = Engine(load_checkpoint(first)), Engine(load_checkpoint(again))
    speech, us, table_ms = counted(new, engine)
    before, live = bits(engine, scored), bits(engine.listening([], speech), scored)
    full = bits(further, scored)
    return (
        f"| {name} | {before:.3f} | {live:.3f} | {full:.3f} | {live - full:+.3f} | {us:.1f} |"
        f" {table_ms:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("channels", nargs="+")
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--older", type=int, default=4000, help="messages of the version")
    parser.add_argument("--new", type=int, default=1000, help="messages that are told to it")
    parser.add_argument("--scored", type=int, default=300, help="messages that follow")
    parser.add_argument("--budget-s", type=float, default=60, help="of each training")
    options = parser.parse_args()
    print("| Channel | Before | Live counts | Trained further | Apart | µs/character | Table, ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, texts, authors in channels(options.corpora):
        if name in options.channels:
            said = list(zip(texts, authors, strict=True))
            print(measure(name, said, options), flush=True)


if __name__ == "__main__":
    main()
