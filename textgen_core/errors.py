"""Errors a caller can expect from the library.

TextgenError
├── CheckpointError      a model file is damaged, foreign or does not fit
├── CorpusError          a text file cannot be read as messages, or holds too few
│   └── UnknownTextError     which column or field of it has the text, cannot be told
├── ExportError          a model cannot be written in another program's format
├── FilterKeyError       the key of filters cannot be read or made
├── LegacyFormatError    a file of textgenrnn is damaged, foreign or incomplete
│   └── MissingVocabularyError
├── OutputError          a file cannot be written where it was asked for
├── TrainingError        a training has come to nothing
└── VocabularyError      a vocabulary is malformed

Arguments outside their range raise the built-in ``ValueError``.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class TextgenWarning(UserWarning):
    """What a user of the library should know, and can do something about."""


class TextgenError(Exception):
    """Base of the library's errors; its text is one sentence for the user."""


class CheckpointError(TextgenError):
    """A checkpoint is damaged, truncated, foreign or does not fit the model."""


class CorpusError(TextgenError):
    """A text file cannot be read as messages, or holds too few of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table or a field of JSON, as it can be chosen.

    Attributes:
        key: what `--column` takes.
        name: what people call it.
        sample: what stands in it, first.
    """

    key: str
    name: str
    sample: str


class UnknownTextError(CorpusError):
    """Which column or field of a file has the text, cannot be told.

    Attributes:
        columns: those there are.
    """

    def __init__(self, sentence: str, columns: Sequence[Column]) -> None:
        super().__init__(sentence)
        self.columns = tuple(columns)


class ExportError(TextgenError):
    """A model cannot be written in another program's format."""


class FilterKeyError(TextgenError):
    """The key of filters is damaged, or cannot be read or made."""


class LegacyFormatError(TextgenError):
    """A file of textgenrnn is damaged, foreign or lacks a part; its text names the part."""


class MissingVocabularyError(LegacyFormatError):
    """Weights of textgenrnn came without their vocabulary, and it is none of the packaged ones."""


class OutputError(TextgenError):
    """A file cannot be written where it was asked for, or would replace what is not to be lost."""


class TrainingError(TextgenError):
    """A training has come to nothing; its text says what to change."""


class VocabularyError(TextgenError):
    """A vocabulary is malformed."""
