"""What a model was trained on, as a filter that knows runs of characters again.

A Bloom filter (Bloom 1970, "Space/time trade-offs in hash coding with allowable
errors") of all runs of ``run_chars`` characters of the training text. A run that was
there is always known; one that was not is taken for known at a rate of at most 0.4%,
as long as the text has fewer than 46 million different runs.

Whoever can ask an open filter can read the text out of it, character after character:
of all that could follow 23 known characters, it knows the one that did. So a filter lies
in a file sealed, by a key that is not in the file (filter_key.py). Phrases that one person
alone said lie in it for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.text.token_text import Codes, code_points
from textgen_core.text.word_units import Phrase

RUN_CHARS = 24
MIN_RUN_CHARS, MAX_RUN_CHARS = 8, 1000
HASHES = 8
MIN_BYTES = 1024
MAX_BYTES = 64 * 1024 * 1024
BASE = 0x9E3779B97F4A7C15  # of the rolling hash; odd, so that no character is lost
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_U64 = (1 << 64) - 1
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)

Bits = npt.NDArray[np.uint8]
_CHUNK_CHARS = 200_000
_KEY_ID = re.compile("[0-9a-f]{12}")
_MOST_FILLED = 0.5  # of the bits; a filter that is not is folded in two
_Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Seal:
    """How the bits of a filter are encrypted: AES-256-GCM (NIST SP 800-38D).

    Attributes:
        key_id: 12 hexadecimal digits, which tell the key from others and nothing of it.
        nonce: 12 bytes, never used twice with a key.
        tag: 16 bytes, which only the right key makes of the right bits.

    Raises:
        ValueError: one of them is not like that.
    """

    key_id: str
    nonce: bytes
    tag: bytes

    def __post_init__(self) -> None:
        is_id = isinstance(self.key_id, str) and _KEY_ID.fullmatch(self.key_id)
        if not is_id or len(self.nonce) != 12 or len(self.tag) != 16:
            raise ValueError("a seal must be a key's id, a nonce of 12 bytes and a tag of 16")


@dataclass(frozen=True, slots=True, eq=False)
class VerbatimFilter:
    """A Bloom filter of runs of characters.

    Attributes:
        bits: uint8, a power of two of bytes from 1 KiB to 64 MiB, read-only.
        run_chars: characters of a run, 8 to 1,000.
        seal: how the bits are encrypted; None where they are not, and can be asked.

    Raises:
        ValueError: one of them is not like that.
    """

    bits: Bits
    run_chars: int = RUN_CHARS
    seal: Seal | None = None

    def __post_init__(self) -> None:
        size = self.bits.size
        if self.bits.dtype != np.uint8 or self.bits.ndim != 1:
            raise ValueError("a filter must be one row of bytes")
        if size & (size - 1) or not MIN_BYTES <= size <= MAX_BYTES:
            raise ValueError(
                f"a filter must have a power of two of bytes from {MIN_BYTES:,} to"
                f" {MAX_BYTES:,}, got {size:,}"
            )
        check_run_chars(self.run_chars)
        # As it is when it lies in a file: kernels take one kind of array.
        bits = np.ascontiguousarray(self.bits).view()
        bits.flags.writeable = False
        object.__setattr__(self, "bits", bits)

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        run_chars: int = RUN_CHARS,
        phrases: Iterable[Phrase] = (),
        known: VerbatimFilter | None = None,
        most_filled: float = _MOST_FILLED,
    ) -> VerbatimFilter:
        """Return a filter that knows every run of the texts, and some phrases.

        It takes 64 MiB while it is built, however many texts there are: they are
        read as they come, into the largest filter, which is then folded in two as
        long as half of its bits stay 0. A run never goes from one text to the next.

        Args:
            texts: consumed once; for a model of words as ``pieces.laid_out``.
            run_chars: characters of a run, 8 to 1,000. With 24, 11% of the messages
                that somebody wrote next in a channel of 25,000 contain a known run;
                with 16 it is 60%, with 32 1%.
            phrases: of words, that ``knows_phrase`` is to know.
            known: what it knows is known to the new one as well; runs are then as long
                as its.
            most_filled: share of the bits that are 1. Less leaves room for another one
                that it will be joined with.

        Raises:
            ValueError: the known one is sealed.
        """
        if known and known.seal:
            raise ValueError("a sealed filter cannot be added to")
        if known:
            run_chars = known.run_chars
            bits = np.tile(known.bits, MAX_BYTES // known.bits.size)  # folding undone
        else:
            check_run_chars(run_chars)
            bits = np.zeros(MAX_BYTES, np.uint8)
        of_phrases = np.fromiter(map(_phrase_hash, phrases), np.uint64)
        for hashes in chain(_hashes_of(texts, run_chars), [of_phrases]):
            for places in _places(hashes, bits.size):
                np.bitwise_or.at(bits, places >> 3, _bit(places))
        return cls(_folded(bits, most_filled), run_chars)

    def joined(self, other: VerbatimFilter) -> VerbatimFilter:
        """Return a filter that knows what either knows.

        Raises:
            ValueError: one of them is sealed, or their runs have other lengths.
        """
        if self.seal or other.seal or self.run_chars != other.run_chars:
            raise ValueError("only open filters of runs of one length can be joined")
        size = max(self.bits.size, other.bits.size)
        both = np.tile(self.bits, size // self.bits.size)
        both |= np.tile(other.bits, size // other.bits.size)
        return VerbatimFilter(_folded(both, _MOST_FILLED), self.run_chars)

    def packed(self) -> VerbatimFilter:
        """Return an open filter as small as it may be."""
        return replace(self, bits=_folded(self.bits, _MOST_FILLED))

    def knows(self, text: str) -> npt.NDArray[np.bool_]:
        """Tell of each run of a text, in its order, whether it is known.

        Empty for a text that is shorter than a run. A sealed filter knows none.
        """
        hashes = run_hashes(code_points(text), self.run_chars)
        if self.seal:
            return np.zeros(len(hashes), np.bool_)
        known = np.ones(len(hashes), np.bool_)
        for places in _places(hashes, self.bits.size):
            known &= (self.bits[places >> 3] & _bit(places)) != 0
        return known

    def knows_phrase(self, phrase: Phrase) -> bool:
        """Say whether a phrase was put in. A sealed filter knows none."""
        if self.seal:
            return False
        bits, spread = self.bits, _mixed_number(_phrase_hash(phrase))
        step, last = (spread >> 32) | 1, 8 * bits.size - 1
        for number in range(HASHES):
            place = (spread + number * step) & last
            if not bits[place >> 3] >> (place & 7) & 1:
                return False
        return True

    @property
    def false_positives(self) -> float:
        """Expected share of unknown runs that are taken for known ones."""
        return float(_share_set(self.bits) ** HASHES)


def _folded(bits: Bits, most_filled: float) -> Bits:
    """Return bits folded in two as often as no more of them than a share are then 1."""
    while bits.size > MIN_BYTES:
        folded = bits[: bits.size // 2] | bits[bits.size // 2 :]
        if _share_set(folded) > most_filled:
            break
        bits = folded
    return bits


def check_run_chars(run_chars: int) -> None:
    """Raise ValueError unless a run's length is a whole number from 8 to 1,000."""
    is_whole = isinstance(run_chars, int) and not isinstance(run_chars, bool)
    if not is_whole or not MIN_RUN_CHARS <= run_chars <= MAX_RUN_CHARS:
        raise ValueError(
            f"run_chars must be a whole number in [{MIN_RUN_CHARS}, {MAX_RUN_CHARS}],"
            f" got {run_chars!r}"
        )


def _hashes_of(texts: Iterable[str], run_chars: int) -> Iterator[_Hashes]:
    """Yield the hashes of the texts' runs, some texts at a time."""
    chunk: list[str] = []
    chars = 0
    for text in texts:
        if len(text) < run_chars:
            continue
        chunk.append(text)
        chars += len(text)
        if chars >= _CHUNK_CHARS:
            yield _chunk_hashes(chunk, run_chars)
            chunk, chars = [], 0
    if chunk:
        yield _chunk_hashes(chunk, run_chars)


def _chunk_hashes(chunk: list[str], run_chars: int) -> _Hashes:
    hashes = run_hashes(code_points("".join(chunk)), run_chars)
    text_of = np.repeat(np.arange(len(chunk)), [len(text) for text in chunk])
    is_in_one = text_of[: len(hashes)] == text_of[run_chars - 1 :]
    return np.compress(is_in_one, hashes)


def run_hashes(codes: Codes, run_chars: int) -> _Hashes:
    """Return each run's hash: its characters, mixed, are digits of a number in base BASE."""
    digits = mixed(codes.astype(np.uint64) + np.uint64(1))
    hashes = np.zeros(max(0, len(codes) - run_chars + 1), np.uint64)
    for place in range(run_chars if len(hashes) else 0):
        hashes *= np.uint64(BASE)
        hashes += digits[place : place + len(hashes)]
    return hashes


@lru_cache(maxsize=1 << 14)
def _phrase_hash(phrase: Phrase) -> int:
    words = "\0".join(phrase).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(words, digest_size=8, person=b"phrase").digest(), "little")


def _mixed_number(value: int) -> int:
    """Return ``mixed`` of one value, without the cost of an array."""
    value = (value ^ (value >> 30)) * int(_MIX_1) & _U64
    value = (value ^ (value >> 27)) * int(_MIX_2) & _U64
    return value ^ (value >> 31)


def _places(hashes: _Hashes, size: int) -> Iterator[_Hashes]:
    """Yield the bits that stand for each run, one of HASHES after the other.

    By double hashing (Kirsch and Mitzenmacher 2006, "Less hashing, same performance").
    """
    spread = mixed(hashes)
    step = (spread >> np.uint64(32)) | np.uint64(1)
    for _ in range(HASHES):
        yield spread & np.uint64(8 * size - 1)
        spread += step


def mixed(z: Any) -> Any:
    """Return splitmix64's output function of values; a bijection of [0, 2**64).

    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators". Compiled, it
    is the kernels' as well.

    Args:
        z: an array of uint64; compiled code may give one value.
    """
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


def _bit(places: _Hashes) -> Bits:
    return np.left_shift(np.uint8(1), (places & np.uint64(7)).astype(np.uint8), dtype=np.uint8)


def _share_set(bits: Bits) -> float:
    return float(np.bitwise_count(bits).sum(dtype=np.int64) / (8 * bits.size))
