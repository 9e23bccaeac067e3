"""New models in textgenrnn's words."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textgen_core.compat.files import DEFAULT_SETTINGS
from textgen_core.errors import TextgenWarning
from textgen_core.generation.sampling import is_whole
from textgen_core.model.config import ModelConfig, WindowShape
from textgen_core.text.legacy_vocabulary import BOUNDARY, MAX_TOKENS, LegacyVocabulary, split_words
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import new_vocabulary

_ASCII_CHARS = 128
# What calls of one method hand on to another that has no use for it.
_PASSED_ON = {"is_csv", "header", "delim", "context", "line_delimited"}
_PASSED_ON |= {"name", "via_new_model", "multi_gpu", "context_labels"}


def chosen_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return textgenrnn's defaults with options in their place.

    Unknown options are warned of and left out.

    Raises:
        ValueError: one is of the wrong kind.
    """
    warn_of(options)
    settings = dict(DEFAULT_SETTINGS)
    for key, value in options.items():
        if key not in settings:
            continue
        if isinstance(settings[key], bool):
            settings[key] = bool(value)
        elif is_whole(value) and value >= 1:
            settings[key] = int(value)
        else:
            raise ValueError(f"{key} must be a whole number from 1, got {value!r}")
    return settings


def warn_of(options: Iterable[str]) -> None:
    """Warn of options that no call of textgenrnn knows."""
    for key in options:
        if key not in DEFAULT_SETTINGS and key not in _PASSED_ON:
            warnings.warn(
                f"{key} is no option of training: it is ignored", TextgenWarning, stacklevel=4
            )


def config_of(settings: Mapping[str, Any], dropout: float) -> ModelConfig:
    """Return the shape of the network: one of windows if it reads in both directions.

    Raises:
        ValueError: a size is out of range.
    """
    both = settings["rnn_bidirectional"]
    return ModelConfig(
        rnn_layers=settings["rnn_layers"],
        rnn_size=settings["rnn_size"],
        dim_embeddings=settings["dim_embeddings"],
        dropout=dropout,
        window=WindowShape(settings["max_length"], bidirectional=True) if both else None,
    )


def vocabulary_of(texts: Sequence[str], settings: Mapping[str, Any]) -> Tokenizer:
    """Return the vocabulary of texts: characters, or the commonest words.

    Of characters, ``max_words`` bounds how many have ids of their own; rarer ones are
    spelled in bytes, so that none is lost.
    """
    most = settings["max_words"]
    if not settings["word_level"]:
        return new_vocabulary(texts, max_frequent=max(0, min(most, 10_000) - _ASCII_CHARS))
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text))
    words = [word for word, _ in counts.most_common(min(most, MAX_TOKENS - 1))]
    return LegacyVocabulary((*words, BOUNDARY), words=True)
