"""Errors a caller can expect from the library.

TextgenError
├── CheckpointError      a model file is damaged, foreign or does not fit
├── CorpusError          a text file cannot be read as messages, or holds too few
├── ExportError          a model cannot be written in another program's format
├── FilterKeyError       the key of filters cannot be read or made
├── LegacyFormatError    a file of textgenrnn is damaged, foreign or incomplete
│   └── MissingVocabularyError
├── OutputError          a file cannot be written where it was asked for
├── TrainingError        a training has come to nothing
└── VocabularyError      a vocabulary is malformed

Arguments outside their range raise the built-in ``ValueError``.
"""


class TextgenWarning(UserWarning):
    """What a user of the library should know, and can do something about."""


class TextgenError(Exception):
    """Base of the library's errors; its text is one sentence for the user."""


class CheckpointError(TextgenError):
    """A checkpoint is damaged, truncated, foreign or does not fit the model."""


class CorpusError(TextgenError):
    """A text file cannot be read as messages, or holds too few of them."""


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
