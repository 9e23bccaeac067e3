"""What a run works with, settled before its first step: messages, model, pace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from textgen_core.errors import CorpusError
from textgen_core.model.author_tokens import with_voices
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.model.filter_key import opened, users_key
from textgen_core.model.ngram_table import MAX_IDS, Ngrams
from textgen_core.model.privacy import of_several_people
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.model.wording import phrases_of_one
from textgen_core.text.special_tokens import plain
from textgen_core.text.token_text import laid_out
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import Ids, Vocabulary, new_vocabulary
from textgen_core.training.batching import EncodedCorpus, encode_corpus
from textgen_core.training.keras_model import keras
from textgen_core.training.labelled_learner import LabelledLearner
from textgen_core.training.learner import CausalLearner, Learner
from textgen_core.training.options import FilterKeeping, TrainingOptions
from textgen_core.training.recipe import (
    batch_targets_for,
    every_nth,
    held_out_of,
    number_labels,
    number_speakers,
    recipe_for,
)
from textgen_core.training.starting_weights import first_weights, with_new_ids

SAMPLE_MESSAGES = 1000
ROOM_TO_JOIN = 1 / 8  # of the bits of a filter that is joined with its base's


@dataclass(frozen=True, slots=True)
class Setup:
    """A run's messages, the model they are for, and how fast it learns.

    Attributes:
        messages: all of them, in the corpus's order, without the marks of voices.
        speakers: (N,), a number for who wrote each; see ``number_speakers``.
        corpus: the same as ids, with the voices that the model can be steered by, and
            with the numbers of their labels if there are any.
        training: what is learned.
        validation: what is held out, without voices; a sample of all where nothing is.
        sample: the part of ``validation`` that is scored on the way.
        base: the model to start from, with ids for the messages' voices; None for a
            new one.
        label_names: sorted; empty where there are no labels.
        epochs: how many passes; None where time alone ends the run.
    """

    messages: list[str]
    speakers: Ids
    corpus: EncodedCorpus
    training: EncodedCorpus
    validation: EncodedCorpus
    sample: EncodedCorpus
    base: Checkpoint | None
    config: ModelConfig
    vocabulary: Tokenizer
    label_names: list[str]
    batch_targets: int
    learning_rate: float
    epochs: float | None
    options: TrainingOptions

    def make_learner(self) -> Learner:
        """Return the model as it is before the first step, with what trains it."""
        keras.utils.set_random_seed(self.options.seed)
        learner: Learner = make_learner(
            self.config, self.vocabulary.size, self.batch_targets, self.learning_rate
        )
        if self.base:
            learner.assign(with_new_ids(self.base.weights, self.training))
        else:
            learner.assign(first_weights(learner.weights(), self.training))
        if self.label_names:
            learner = LabelledLearner(learner, len(self.label_names), self.learning_rate)
        return learner

    @property
    def is_of_somebody(self) -> bool:
        """Whether the messages are somebody's own, and not what a base model is made from."""
        return self.base is not None and not self.options.pretrain

    @property
    def counts_ngrams(self) -> bool:
        """Whether the model is to remember n-grams of its messages."""
        is_causal = self.config.window is None
        return self.is_of_somebody and is_causal and self.vocabulary.size <= MAX_IDS

    @property
    def base_ngrams(self) -> Ngrams | None:
        """What the base remembers of its own messages, if several people said all of it."""
        knows = self.base and self.counts_ngrams and of_several_people(self.base.manifest)
        return self.base.own_ngrams if self.base and knows else None

    def seen(self) -> VerbatimFilter | None:
        """Remember what was trained on, so that it need not be repeated to the letter."""
        keeping = self.options.filter
        if self.base is None or not self.is_of_somebody or keeping is FilterKeeping.NONE:
            return None
        texts = laid_out(self.vocabulary, self.messages)
        # Drafts alone ask for phrases, and they are written by models that have a taste.
        phrases = phrases_of_one(self.messages) if self.options.taste else ()
        if keeping is FilterKeeping.OPEN:
            known = self.base.seen if self.base.seen and not self.base.seen.seal else None
            return VerbatimFilter.from_texts(
                texts, phrases=phrases, known=known, most_filled=ROOM_TO_JOIN
            )
        key = users_key(make=True)
        assert key is not None
        known = opened(self.base.seen, key)
        return key.seal(VerbatimFilter.from_texts(texts, phrases=phrases, known=known))

    def fingerprint(self) -> str:
        """Name what must be the same for a state file to be this run's."""
        digest = hashlib.sha256(self.corpus.ids.tobytes())
        model = [self.config.to_dict(), self.vocabulary.to_json(), self.label_names]
        digest.update(json.dumps([asdict(self.options), *model]).encode())
        if self.corpus.labels is not None:
            digest.update(self.corpus.labels.tobytes())
        weights = self.base.weights if self.base else {}
        for name in sorted(weights):  # a file's arrays come in another order in each process
            digest.update(weights[name].tobytes())
        return digest.hexdigest()


def settle(
    messages: list[str],
    speakers: Sequence[str | None] | None,
    labels: Sequence[str] | None,
    base: Checkpoint | None,
    config: ModelConfig | None,
    vocabulary: Tokenizer | None,
    options: TrainingOptions,
) -> Setup:
    """Return what a run works with; the arguments are those of ``training.train``.

    Raises:
        CorpusError: there are too few messages.
        FilterKeyError: the filter could not be sealed.
        ValueError: there are not as many labels or speakers as messages.
    """
    least = 2 if options.held_out else 1
    if len(messages) < least:
        raise CorpusError(f"training needs at least {least} messages, got {len(messages)}")
    if base and not options.pretrain and options.filter is FilterKeeping.SEALED:
        users_key(make=True)  # what cannot be sealed is not to be found out after hours
    base = with_voices(base, messages) if base else None
    config, vocabulary = _shape(messages, base, config, vocabulary)
    if options.dropout is not None:
        config = replace(config, dropout=options.dropout)
    # The filter and the figures know nothing of voices, as a reader does not.
    texts = [plain(message) for message in messages]
    steered = messages if isinstance(vocabulary, Vocabulary) else texts
    corpus, label_names = _encoded(steered, labels, vocabulary)
    training, validation = _divided(corpus, texts, vocabulary, options.held_out)
    recipe = recipe_for(len(training), begun=base is not None)
    timed = base is None and options.budget_s is not None
    return Setup(
        messages=texts,
        speakers=number_speakers(speakers, texts),
        corpus=corpus,
        training=training,
        validation=validation,
        sample=every_nth(validation, SAMPLE_MESSAGES),
        base=base,
        config=config,
        vocabulary=vocabulary,
        label_names=label_names,
        batch_targets=options.batch_targets or batch_targets_for(training),
        learning_rate=options.learning_rate or recipe.learning_rate,
        epochs=recipe.epochs if options.epochs is None and not timed else options.epochs,
        options=options,
    )


def _shape(
    messages: list[str],
    base: Checkpoint | None,
    config: ModelConfig | None,
    vocabulary: Tokenizer | None,
) -> tuple[ModelConfig, Tokenizer]:
    """Return the model's shape and ids: the base's, or what was asked for, or the usual ones."""
    if base:
        return base.config, base.vocabulary
    return config or ModelConfig(), vocabulary or new_vocabulary(messages)


def _encoded(
    messages: list[str], labels: Sequence[str] | None, vocabulary: Tokenizer
) -> tuple[EncodedCorpus, list[str]]:
    """Return the messages as ids, with their labels as numbers, and the labels' names."""
    corpus = encode_corpus(messages, vocabulary)
    if labels is None:
        return corpus, []
    names, numbers = number_labels(labels, len(messages))
    return replace(corpus, labels=numbers), names


def _divided(
    corpus: EncodedCorpus, texts: list[str], vocabulary: Tokenizer, share: float
) -> tuple[EncodedCorpus, EncodedCorpus]:
    """Return what is learned, and what is scored: nobody says whose it is."""
    first = len(corpus) - held_out_of(len(corpus), share)
    begin = first if first < len(corpus) else 0
    labels = corpus.slice(begin, len(corpus)).labels
    scored = replace(encode_corpus(texts[begin:], vocabulary), labels=labels)
    training = corpus.slice(0, first)
    return training, scored if begin else every_nth(scored, SAMPLE_MESSAGES)


def make_learner(
    config: ModelConfig, vocabulary_size: int, batch_targets: int, learning_rate: float
) -> Learner:
    """Return the learner for a model's kind: causal, or of windows."""
    if config.window is None:
        return CausalLearner(config, vocabulary_size, batch_targets, learning_rate)
    from textgen_core.training.window_model import WindowLearner

    return WindowLearner(config, vocabulary_size, batch_targets, learning_rate)
