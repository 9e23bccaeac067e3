"""Small recurrent character models: learn from messages, write text.

Nothing here imports TensorFlow; ``textgen_core.training`` does, in the process that trains.
textgenrnn's names (``compat``) are imported when they are first used. Imports run down rows that
tests/test_architecture.py holds:

    cli → export, compat → training → generation, evaluation → kernels, legacy → model → text

Start with ``generation/engine.py``, which writes, and ``training/run.py``, which learns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textgen_core.errors import (
    CheckpointError,
    CorpusError,
    LegacyFormatError,
    OutputError,
    TextgenError,
    TextgenWarning,
    TrainingError,
    VocabularyError,
)
from textgen_core.evaluation.scoring import Evaluation, evaluate
from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.model.bundled import base_weights_path
from textgen_core.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from textgen_core.model.config import ModelConfig, WindowShape
from textgen_core.model.verbatim_filter import VerbatimFilter as SeenFilter
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.message_files import read_messages
from textgen_core.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from textgen_core.compat import synthesize, synthesize_to_file, textgenrnn

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "CorpusError",
    "Engine",
    "Evaluation",
    "GenerationOptions",
    "LegacyFormatError",
    "LegacyVocabulary",
    "ModelConfig",
    "OutputError",
    "SeenFilter",
    "TextgenError",
    "TextgenWarning",
    "TrainingError",
    "Vocabulary",
    "VocabularyError",
    "WindowShape",
    "base_weights_path",
    "evaluate",
    "load_checkpoint",
    "read_messages",
    "save_checkpoint",
    "synthesize",
    "synthesize_to_file",
    "textgenrnn",
]


def __getattr__(name: str) -> Any:
    """Return one of textgenrnn's names (PEP 562); they take half of the time that this takes."""
    if name not in ("synthesize", "synthesize_to_file", "textgenrnn"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from textgen_core import compat

    return getattr(compat, name)
