"""Text out of a checkpoint, without Keras: a cell step a character.

A causal model takes one, textgenrnn's models one for each place of the window.

Numba is imported when the first Engine is made, not before: that takes about a
second. The kernels compile on their first use ever and come from Numba's cache
from then on.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from textgen_core.generation.constraints import ConstraintBuilder
from textgen_core.generation.counted_speech import CountedSpeech, shared_by
from textgen_core.generation.live_memory import live_ngrams
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import REPETITION_WINDOW
from textgen_core.generation.writing_job import (
    State,
    WritingJob,
    ended,
    sampling_params,
    seed_of_text,
)
from textgen_core.kernels.packing import nbytes_of, pack_network
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.filter_key import FilterKey, opened
from textgen_core.model.quantization import FloatArray
from textgen_core.model.shipped_ngrams import shared_bytes
from textgen_core.model.taste import Taste
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.text.sentences import up_to_stop
from textgen_core.text.token_text import space_after
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.utf8_automaton import (
    TokenAutomaton,
    restricted,
    spelling_rules,
)
from textgen_core.text.vocabulary import PADDING_ID, Ids

BYTES_OF_ID = 400  # of a vocabulary in memory: strings, and tables of them
_GROUP_TEXTS = 256  # bounds the memory that ids take
_ROWS = 32  # windows read side by side, if there are no more in a text
_MAX_IDS_PER_CHAR = 4


class Engine:
    """A model ready to write; immutable, so that threads can share it.

    All the work happens without the GIL.

    Args:
        checkpoint: the model.
        filter_key: opens its filter, if that is sealed; None for the key of this
            machine's user.

    Attributes:
        ends_texts: whether a text may come to an end of its own.
    """

    def __init__(self, checkpoint: Checkpoint, filter_key: FilterKey | None = None) -> None:
        from textgen_core.kernels.network import blank_state

        self._vocabulary = checkpoint.vocabulary
        self._seen = opened(checkpoint.seen, filter_key)
        self._taste = checkpoint.taste and replace(checkpoint.taste, seen=self._seen)
        self._network = pack_network(checkpoint)
        self._shared_bytes = shared_bytes(checkpoint.ngrams)
        self.ends_texts = checkpoint.ends_texts
        self._rules = spelling_rules(
            checkpoint.vocabulary, self._columns, ends=checkpoint.ends_texts
        )
        self._restraints = ConstraintBuilder(checkpoint.vocabulary, self._seen, self._columns)
        self._blank = State(blank_state(self._network))
        self._widths = np.ones(self._columns, np.int64)
        self._widths[: checkpoint.vocabulary.size] = checkpoint.vocabulary.widths

    @property
    def vocabulary(self) -> Tokenizer:
        """The model's characters and their ids."""
        return self._vocabulary

    @property
    def seen(self) -> VerbatimFilter | None:
        """What knows runs of the training text again, if the model has it and it is open."""
        return self._seen

    @property
    def taste(self) -> Taste | None:
        """What tells the model's better texts from its worse ones, if it has that."""
        return self._taste

    def listening(self, messages: Sequence[str], counted: CountedSpeech | None = None) -> Engine:
        """Return an engine that takes up words of what was just said, and of what was counted.

        The same one where that makes no sense: without any, or of a model of windows.

        Args:
            messages: a channel's last ones, in time order (``live_memory``).
        """
        from textgen_core.kernels.lstm import Network
        from textgen_core.kernels.network import blank_state
        from textgen_core.kernels.ngram_lookup import recall_of

        network = self._network
        ngrams = live_ngrams(messages, self._vocabulary)
        shared = shared_by(counted, self._vocabulary)
        if ngrams is shared or not isinstance(network, Network) or not network.endless:
            return self
        heard = copy.copy(self)
        heard._network = network._replace(live=recall_of(ngrams), counted=recall_of(shared))
        heard._blank = State(blank_state(heard._network))
        return heard

    @property
    def nbytes(self) -> int:
        """Bytes of what the engine holds, but for the weights it came from and shipped n-grams."""
        rules = (self._rules.mask, self._rules.next_state, self._widths)
        parts = (self._network, rules, self._restraints.arrays)
        own = nbytes_of(parts) - self._shared_bytes + (self._seen.bits.nbytes if self._seen else 0)
        return own + BYTES_OF_ID * self._vocabulary.size

    def generate(self, options: GenerationOptions) -> list[str]:
        """Return the texts that ``stream`` writes."""
        return list(self.stream(options))

    def stream(self, options: GenerationOptions) -> Iterator[str]:
        """Write texts, each from the prompt to its ``<s>`` or to the longest length.

        They come as they are done, some at a time.

        A text is the prompt and what follows. Without a prompt it begins with
        neither ``<s>`` nor white space, so that there is something to see, unless
        the characters allowed leave nothing. The length is counted in characters,
        and only complete ones are written. Text i is the same for every n and
        number of threads.

        Raises:
            ValueError: ``novel_run`` asks for more than the model's filter can tell, or
                the model does not know the voice.
        """
        vocabulary, prompt = self._vocabulary, options.prompt
        seed = secrets.randbits(64) if options.seed is None else int(options.seed)
        read = prompt[: len(prompt) - vocabulary.open_chars(prompt)]
        start = self.feed(self._blank, self._opened(read, options.voice))
        job = self._job(options, start, read)
        first = 0
        while first < options.n:
            # The first come soon; more at once are faster.
            numbers = range(first, min(first + (_GROUP_TEXTS if first else _ROWS), options.n))
            for ids, is_finished in self._write(job, [seed_of_text(seed, i) for i in numbers]):
                written = vocabulary.joined(read, ids)[len(prompt) :]
                yield prompt + ended(written, is_finished, options)
            first = numbers.stop

    def go_on(self, state: State, options: GenerationOptions, unread: int = 0) -> tuple[str, bool]:
        """Return the first of ``ways_on``."""
        return self.ways_on(state, replace(options, n=1), unread)[0]

    def ways_on(
        self, state: State, options: GenerationOptions, unread: int = 0
    ) -> list[tuple[str, bool]]:
        """Write what may follow the prompt, ``n`` times, up to a stop string and with it.

        A model of words writes one word, however long.

        Args:
            state: after ``<s>`` and what is read of the prompt.
            options: how; ``whole_sentences`` is not looked at.
            unread: characters at the prompt's end that the state has not read, since a
                longer token may begin with them (``Tokenizer.open_chars``).

        Returns:
            Of each what is written, and whether the model ended the text by ``<s>``.

        Raises:
            ValueError: as of ``generate``.
        """
        vocabulary, prompt = self._vocabulary, options.prompt
        seed = secrets.randbits(64) if options.seed is None else int(options.seed)
        read = prompt[: len(prompt) - unread]
        job = self._job(options, state, read, one_word=bool(space_after(vocabulary)))
        return [
            (up_to_stop(vocabulary.joined(read, ids)[len(prompt) :], options.stop), is_finished)
            for ids, is_finished in self._write(
                job, [seed_of_text(seed, i) for i in range(options.n)]
            )
        ]

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """Return texts as vectors, float32 (N, F), to be compared with each other.

        A text's is the mean of the network's features over its characters; of a model
        that reads in both directions, what its output reads after the last window.
        """
        from textgen_core.kernels.network import vectors_of

        encode = self._vocabulary.encode_message
        return vectors_of(self._network, [encode(text)[:-1] for text in texts])

    def output_input(self, state: State) -> FloatArray:
        """Return what the output product reads in a state, shape (F,)."""
        from textgen_core.kernels.network import attended

        return attended(self._network, state.values)

    def start(self) -> State:
        """Return the state at the beginning of a text, after its ``<s>``."""
        return self.feed(self._blank, [self._vocabulary.boundary_id])

    def opened(self, options: GenerationOptions) -> State:
        """Return the state after what a text begins with: the voice or ``<s>``, and the prompt.

        Raises:
            ValueError: the model does not know the voice.
        """
        return self.feed(self._blank, self._opened(options.prompt, options.voice))

    def feed(self, state: State, ids: Sequence[int] | Ids) -> State:
        """Return the state after reading ids; the one given stays as it is.

        Raises:
            ValueError: an id is not of this vocabulary.
        """
        from textgen_core.kernels.network import at_turn_0, products_scratch, read

        given = np.array(ids, dtype=np.int32).reshape(-1)
        size = self._vocabulary.size
        if given.size and not (given.min() >= 0 and given.max() < size):
            raise ValueError(f"ids must be in [0, {size}), got {given.min()} to {given.max()}")
        values = state.values.copy()
        read(self._network, values, given, products_scratch(self._network, 1))
        return State(at_turn_0(self._network, values, len(given) % self._network.turns))

    def probs(self, state: State) -> npt.NDArray[np.float64]:
        """Return the model's distribution of the next id, shape (V,), unfiltered."""
        from textgen_core.kernels.network import last_logits

        logits = np.empty((1, self._columns), np.float32)
        last_logits(self._network, state.values, logits)
        scores = logits[0, : self._vocabulary.size].astype(np.float64)
        weights = np.exp(scores - scores.max())
        probs: npt.NDArray[np.float64] = weights / weights.sum()
        return probs

    def costs(self, state: State, rows: Sequence[Ids]) -> npt.NDArray[np.float64]:
        """Return the nats of several ways to go on from a state, shape (N,).

        Args:
            state: what has been read.
            rows: ids of each, (T,), at least one.
        """
        from textgen_core.kernels.network import products_scratch, write_costs

        order = sorted(range(len(rows)), key=lambda number: -len(rows[number]))
        lengths = np.array([len(rows[number]) for number in order])
        ids = np.full((len(rows), lengths[0]), PADDING_ID, np.int32)
        for row, number in enumerate(order):
            ids[row, : lengths[row]] = rows[number]
        costs = np.zeros(ids.shape)
        costs[:, 0] = -np.log(self.probs(state)[ids[:, 0]])
        write_costs(
            self._network,
            np.repeat(state.values, len(rows), axis=0),
            ids,
            lengths,
            products_scratch(self._network, len(rows)),
            np.empty((len(rows), self._columns), np.float32),
            np.empty(self._columns, np.int32),
            costs,
        )
        sums = np.empty(len(rows))
        sums[order] = costs.sum(axis=1)
        return sums

    @property
    def _columns(self) -> int:
        return len(self._network.output_bias)

    def _opened(self, read: str, mark: str) -> Ids:
        """Return the ids that a text begins with: the voice's or ``<s>``, and the prompt's."""
        ids = self._vocabulary.encode_message(read)[:-1]
        if mark:
            voice = self._vocabulary.voice_id(mark)
            if voice is None:
                raise ValueError("this model does not know that voice")
            ids[0] = voice
        return ids

    def _job(
        self, options: GenerationOptions, start: State, read: str, *, one_word: bool = False
    ) -> WritingJob:
        last_ids = np.empty(0, np.int32)
        if options.repetition_penalty > 1:
            prompt_ids = self._vocabulary.encode_message(read)[1:-1]
            last_ids = prompt_ids[-REPETITION_WINDOW:]
        return WritingJob(options, start, read, last_ids, self._rules_for(options), one_word)

    def _rules_for(self, options: GenerationOptions) -> TokenAutomaton:
        if not options.banned_chars and options.allowed_chars is None:
            return self._rules
        return restricted(
            self._rules,
            self._vocabulary,
            banned=options.banned_chars,
            allowed=options.allowed_chars,
        )

    def _write(self, job: WritingJob, seeds: list[int]) -> Iterator[tuple[Ids, bool]]:
        """Yield the ids of each text, and whether it came to its own end."""
        from textgen_core.kernels.network import products_scratch
        from textgen_core.kernels.writing import Texts, write_texts

        options = job.options
        guards = self._restraints.guards(options)
        if job.one_word:  # which may be longer than what is left
            options = replace(options, max_chars=options.max_chars + int(self._widths.max()))
        known, texts_count = len(job.last_ids), len(seeds)
        most_chars = len(job.unread) + options.max_chars
        texts = Texts(
            np.empty((texts_count, known + _MAX_IDS_PER_CHAR * most_chars), np.int32),
            np.full(texts_count, known, np.int64),
            np.array(seeds, np.uint64),
            np.zeros(texts_count, np.int64),
        )
        texts.ids[:, :known] = job.last_ids
        rows = min(max(1, _ROWS // self._network.turns), texts_count)
        write_texts(
            self._network,
            sampling_params(job, self._vocabulary, self._widths),
            guards,
            job.start.values[0],
            texts,
            self._restraints.trail(guards, options, texts_count, len(job.unread)),
            np.empty((rows, job.start.values.shape[1]), np.float32),
            products_scratch(self._network, rows),
            np.empty((rows, self._columns), np.float32),
            np.empty(self._columns, np.int32),
        )
        for ids, length, finished in zip(texts.ids, texts.lengths, texts.finished, strict=True):
            yield ids[known:length], bool(finished)
