"""What a model is made of: for people in lines, for machines as values."""

from __future__ import annotations

from typing import Any

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.ngram_table import Ngrams
from textgen_core.model.verbatim_filter import VerbatimFilter


def described(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return everything, as ``textgen inspect --json`` prints it."""
    return {
        "config": checkpoint.config.to_dict(),
        "vocabulary_size": checkpoint.vocabulary.size,
        "parameters": _parameters(checkpoint),
        "manifest": dict(checkpoint.manifest),
        "seen": _filter(checkpoint.seen),
        "ngrams": _table(checkpoint.ngrams),
        "own_ngrams": _table(checkpoint.own_ngrams),
        "taste": checkpoint.taste.to_metadata() if checkpoint.taste else None,
    }


def described_in_lines(checkpoint: Checkpoint) -> list[str]:
    """Return what people want to know of a model, a line each."""
    manifest = checkpoint.manifest
    config = checkpoint.config.to_dict()
    shape = f"{config['rnn_layers']} layers of {config['rnn_size']}" if config else "unknown"
    lines = [
        f"Network      {shape}, {_parameters(checkpoint):,} parameters",
        f"Vocabulary   {checkpoint.vocabulary.size:,} characters or pieces of words",
    ]
    if "messages" in manifest:
        took = f" in {manifest['train_s']:.0f} s" if "train_s" in manifest else ""
        lines.append(f"Learned      {int(manifest['messages']):,} messages{took}")
    before, after = (manifest.get(f"bits_per_char_{when}") for when in ("before", "after"))
    if after is not None:
        was = "" if before is None else f"{before:.3f} before, "
        lines.append(f"Bits/char    {was}{after:.3f} now, on messages held out (lower is better)")
    if "imported_from" in manifest:
        lines.append(f"Imported     from {manifest['imported_from']}")
    for name, table in (("of its base", checkpoint.ngrams), ("of its own", checkpoint.own_ngrams)):
        if table is not None:
            lines.append(f"N-grams      {name}, up to {table.longest} long, {_kilobytes(table)}")
    lines.append(f"Filter       {_filter_in_words(checkpoint.seen)}")
    return [*lines, "--json prints everything."]


def _parameters(checkpoint: Checkpoint) -> int:
    return sum(array.size for array in checkpoint.weights.values())


def _filter_in_words(seen: VerbatimFilter | None) -> str:
    if seen is None:
        return "none: --no-verbatim cannot be used"
    sealed = ", sealed by a key of this machine" if seen.seal else ""
    return f"knows runs of {seen.run_chars} characters of its text again{sealed}"


def _filter(seen: VerbatimFilter | None) -> dict[str, float | str] | None:
    if seen is None:
        return None
    told: dict[str, float | str] = {"run_chars": seen.run_chars, "bytes": seen.bits.size}
    if seen.seal:
        return told | {"sealed_by": seen.seal.key_id}
    return told | {"false_positives": float(f"{seen.false_positives:.3g}")}


def _kilobytes(table: Ngrams) -> str:
    return f"{table.nbytes / 1000:,.0f} kB"


def _table(ngrams: Ngrams | None) -> dict[str, float] | None:
    return {**ngrams.to_metadata(), "bytes": ngrams.nbytes} if ngrams else None
