"""What people say, counted message by message, so that a text can take up what several said.

A message becomes two rows of numbers and is let go: which id followed which contexts, and
hashes of its runs of ``COPIED_RUN`` characters. Of what followed, only what messages of at
least two people have is ever put into a table; the runs keep a text from repeating any of
them. A table is made of many messages at once, so that one can be taken back by leaving it
out.

A number of 64 bits holds what a table of n-grams looks at (model/ngram_table.py): of a
context's hash the upper 33 bits and the lower 16, its length, and the id that followed
(kernels/ngram_lookup.py, ``write_grams``).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.generation.live_memory import COPIED_RUN
from textgen_core.model.ngram_table import (
    LEAST_SPEAKERS,
    Ngrams,
    id_bits_for,
    level_of,
    ngrams_of,
)
from textgen_core.model.verbatim_filter import run_hashes
from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.token_text import code_points
from textgen_core.text.tokenizer import Tokenizer, kept_while_small
from textgen_core.text.vocabulary import Vocabulary

SHORTEST, LONGEST = 3, 8  # ids of a context
DISCOUNT = 0.4  # as of a version's own n-grams (training/ngrams/selection.py)
# What a context's shares are multiplied by, from the shortest to the longest: where the same
# always followed, and where different things did. Fitted by coordinate descent to 250 messages
# of each of two channels (fcc-casual, fcc-linux) after the 1,550 before them.
AGREED = np.array((0.5, 0.5, 0.4, 0.3, 0.4, 0.3))
DIFFERED = np.array((0.06, 0.06, 0.05, 0.04, 0.03, 0.3))
_ID_BITS, _LENGTH_AT = np.uint64(12), np.uint64(16)  # the latter of a context without its id
_HIGH, _CHECK, _ID = np.uint64(-1 << 31 & (1 << 64) - 1), np.uint64(0xFFFF), np.uint64(0xFFF)
_SPACES = re.compile(r"\s+")

Numbers = npt.NDArray[np.uint64]


class MessageCounts(NamedTuple):
    """A message's share of the counts.

    Attributes:
        runs: (R,), hashes of its runs of characters.
        grams: (G,), contexts with what followed.
    """

    runs: Numbers
    grams: Numbers

    def to_bytes(self) -> bytes:
        """Return what ``counts_from_bytes`` takes back."""
        size = np.array([len(self.runs)], "<u4")
        return (
            size.tobytes() + self.runs.astype("<u8").tobytes() + self.grams.astype("<u8").tobytes()
        )


def counts_from_bytes(data: bytes) -> MessageCounts:
    """Return a message's counts.

    Raises:
        ValueError: they are cut short.
    """
    size = int.from_bytes(data[:4], "little")
    numbers = np.frombuffer(data, "<u8", offset=4)
    if size > len(numbers):
        raise ValueError("the counts of a message are cut short")
    return MessageCounts(numbers[:size], numbers[size:])


def counts_of(text: str, vocabulary: Tokenizer) -> MessageCounts:
    """Count a message.

    Args:
        text: of it, with marks.
        vocabulary: of at most 4,096 ids.
    """
    from textgen_core.kernels.ngram_lookup import write_grams

    ids = vocabulary.encode_message(text)
    grams = np.empty(len(ids) * (LONGEST - SHORTEST + 1), np.uint64)
    grams = grams[: write_grams(ids, SHORTEST, LONGEST, grams)]
    grams.sort()  # in no order that the message had
    return MessageCounts(_runs(text), grams)


@dataclass(frozen=True, slots=True, eq=False)
class CountedSpeech:
    """What several people said.

    Attributes:
        ngrams: None where there is nothing.
        runs: sorted, of all messages.
        spelling: of the vocabulary that counted them; see ``spelling_of``.
    """

    ngrams: Ngrams | None
    runs: Numbers
    spelling: str

    def repeats(self, text: str) -> bool:
        """Say whether a text has a run of ``COPIED_RUN`` characters from a message."""
        own = _runs(text)
        if not len(own) or not len(self.runs):
            return False
        places = np.minimum(np.searchsorted(self.runs, own), len(self.runs) - 1)
        return bool((self.runs[places] == own).any())


def counted_speech(
    messages: Sequence[MessageCounts], said_by: Sequence[int], vocabulary: Tokenizer
) -> CountedSpeech:
    """Return what several people say in messages.

    Args:
        messages: in any order.
        said_by: a number of who wrote each.
        vocabulary: by which they were counted.
    """
    spelling = spelling_of(vocabulary)
    if not messages:
        return CountedSpeech(None, np.zeros(0, np.uint64), spelling)
    runs = np.unique(np.concatenate([one.runs for one in messages]))
    people = np.unique(np.asarray(said_by), return_inverse=True)[1]
    by_person = np.argsort(people, kind="stable")
    messages, people = [messages[place] for place in by_person], people[by_person]
    grams = np.concatenate([one.grams for one in messages])
    speakers = np.repeat(people, [len(one.grams) for one in messages])
    order = np.argsort(grams, kind="stable")  # of equal ones by person; merges what is sorted
    ngrams = _table(grams[order], speakers[order], id_bits_for(vocabulary.size))
    return CountedSpeech(ngrams, runs, spelling)


def _table(grams: Numbers, speakers: npt.NDArray[np.int64], id_bits: int) -> Ngrams | None:
    """Return n-grams of sorted numbers, equal ones sorted by speaker."""
    if not len(grams):
        return None
    is_new = np.concatenate(([True], grams[1:] != grams[:-1]))
    is_other = is_new | np.concatenate(([True], speakers[1:] != speakers[:-1]))
    of = np.cumsum(is_new) - 1
    counts, people = np.bincount(of), np.bincount(of, weights=is_other)
    kinds = grams[is_new]
    contexts = kinds >> _ID_BITS
    begins = np.concatenate(([True], contexts[1:] != contexts[:-1]))
    owners = np.cumsum(begins) - 1
    stood, varied = np.bincount(owners, weights=counts), np.bincount(owners)
    lengths = (contexts[begins] >> _LENGTH_AT & np.uint64(7)).astype(np.int64)
    trust = np.where(varied == 1, AGREED[lengths], DIFFERED[lengths])
    shares = trust[owners] * (counts - DISCOUNT) / (stood + varied)[owners]
    kept = np.flatnonzero(people >= LEAST_SPEAKERS)
    if not len(kept):
        return None
    known, own = np.unique(owners[kept], return_inverse=True)
    hashes = contexts[begins][known]
    hashes = (hashes << _ID_BITS & _HIGH) | (hashes & _CHECK)
    levels = np.maximum(level_of(shares[kept], id_bits), 0)
    ids = (kinds[kept] & _ID).astype(np.int64)
    return ngrams_of(hashes, own, ids, levels, (SHORTEST, LONGEST), id_bits=id_bits)


def shared_by(speech: CountedSpeech | None, vocabulary: Tokenizer) -> Ngrams | None:
    """Return n-grams as a model takes them; None where its vocabulary gives a text other ids."""
    if speech is None or speech.ngrams is None or speech.spelling != spelling_of(vocabulary):
        return None
    return speech.ngrams


@kept_while_small
def spelling_of(vocabulary: Tokenizer) -> str:
    """Return what tells vocabularies apart that give a text other ids.

    The marks of voices, which a version adds at the end, make no other.
    """
    if isinstance(vocabulary, Vocabulary):
        frequent = list(vocabulary.frequent)
        while frequent and frequent[-1] in AUTHOR_TOKENS:
            frequent.pop()
        vocabulary = Vocabulary(tuple(frequent), vocabulary.scores)
    written = json.dumps(vocabulary.to_json(), sort_keys=True).encode()
    return hashlib.blake2b(written, digest_size=8, person=b"spelling").hexdigest()


def _runs(text: str) -> Numbers:
    """Return the hashes of a text's runs, sorted; capitals and white space make no difference."""
    runs = run_hashes(code_points(_SPACES.sub(" ", text.casefold())), COPIED_RUN)
    return np.unique(runs)
