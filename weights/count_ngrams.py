"""Give a model n-grams of the text that it was trained on: base becomes large.

Run: python weights/count_ngrams.py base.safetensors mix.txt.gz large.safetensors
         [--least-gain BITS]

The last 10,000 messages of the text are left out, as they are held out in training. For
each length of a context, from the shortest, what followed each context is counted, and
contexts are chosen that save BITS bits for each byte that they take (context_choice.py).
The 10,000 messages before those left out are not counted either, but weigh the rest.
It takes some GB of memory.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from textgen_core import Checkpoint, load_checkpoint, read_messages, save_checkpoint
from textgen_core.model.ngram_table import MAX_IDS
from textgen_core.model.quantization import Precision
from textgen_core.training.ngrams.counts import Text, scored_text
from textgen_core.training.ngrams.selection import SelectedContexts, chosen, table

HELD_OUT, TUNING = 10_000, 10_000  # messages
SHORTEST, LONGEST = 4, 11  # ids of a context


def with_ngrams(model: Checkpoint, messages: list[str], least_gain: float) -> Checkpoint:
    """Return a causal model with n-grams of messages; the last ``TUNING`` weigh them."""
    encoded = [model.vocabulary.encode_message(message) for message in messages]
    text = scored_text(model, encoded[:-TUNING])
    tuning = scored_text(model, encoded[-TUNING:])
    begun, all_kept = time.monotonic(), []
    for kept in counted(text, tuning, least_gain):
        all_kept.append(kept)
        print(
            f"{text.length} ids: {len(kept.hashes):,} contexts, {len(kept.ids):,} entries,"
            f" {sum(k.bytes for k in all_kept) / 1e6:.2f} MB in all,"
            f" {-np.log2(tuning.probs).mean():.3f} bits an id, {time.monotonic() - begun:.0f} s",
            flush=True,
        )
    return replace(model, ngrams=table(all_kept, SHORTEST, text.id_bits))


def counted(text: Text, tuning: Text, least_gain: float) -> Iterator[SelectedContexts]:
    """Yield what is kept of each length, the shortest first; the texts' ``probs`` change."""
    for length in range(1, LONGEST + 1):
        text.reach_back()
        tuning.reach_back()
        if length >= SHORTEST:
            yield chosen(text, tuning, least_gain)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--least-gain", type=float, default=0.3, metavar="BITS")
    options = parser.parse_args()
    model = load_checkpoint(options.model)
    if model.config.window or model.vocabulary.size > MAX_IDS:
        sys.exit(f"The model must be a causal one of at most {MAX_IDS} ids.")
    messages = list(read_messages(options.text))[:-HELD_OUT]
    if len(messages) < 2 * TUNING:
        sys.exit(f"The text must have {HELD_OUT + 2 * TUNING:,} messages or more.")
    large = with_ngrams(model, messages, options.least_gain)
    save_checkpoint(large, options.output, precision=Precision.INT8, whole=True)


if __name__ == "__main__":
    main()
