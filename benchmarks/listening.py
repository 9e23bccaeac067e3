"""What it is worth to hear a channel's last messages, in bits a character and milliseconds.

Run: python benchmarks/listening.py CHANNEL… [--models DIR] [--base base] [--messages 50]

Each of a channel's newest tenth is scored by the model that was trained on the rest, as it is
and after it has heard the messages before (textgen_core/generation/live_memory.py). A model is
trained as `!train` does, unless it lies in --models already.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from statistics import median

import numpy as np
from reading import Channel, trained

from textgen_core import Engine, load_checkpoint
from textgen_core.generation.live_memory import MOST_MESSAGES


def measure(channel: Channel, model: Path, heard: int, most: int) -> str:
    """Return a row of the table."""
    engine = Engine(load_checkpoint(model))
    said, first = channel.messages, len(channel.learned)
    numbers = range(first, min(len(said), first + most))
    bits = np.zeros(2)
    chars, spent = 0, []
    for number in numbers:
        ids = [engine.vocabulary.encode_message(said[number])[1:]]
        begun = time.perf_counter()
        listening = engine.listening(said[max(0, number - heard) : number])
        spent.append(1000 * (time.perf_counter() - begun))
        for place, writer in enumerate((engine, listening)):
            bits[place] += float(writer.costs(writer.start(), ids)[0]) / math.log(2)
        chars += len(said[number]) + 1
    alone, after = bits / chars
    return (
        f"| {channel.name} | {len(numbers)} | {alone:.3f} | {after:.3f} | {alone - after:.3f} | "
        f"{median(spent):.1f} ms |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("channels", nargs="+")
    parser.add_argument("--models", type=Path, default=Path(".models"), metavar="DIR")
    parser.add_argument("--base", default="large", help="base, large or a file")
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("--messages", type=int, default=MOST_MESSAGES, help="that are heard")
    parser.add_argument("--most", type=int, default=10_000, help="messages scored of a channel")
    options = parser.parse_args()
    print("| Channel | Messages | Alone | Having heard | Gain | To count |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in options.channels:
        channel = Channel(name, options.corpora)
        model = trained(channel, options.models, options.base)
        print(measure(channel, model, options.messages, options.most), flush=True)


if __name__ == "__main__":
    main()
