"""Small recurrent character models: learn from messages, write text.

Nothing here imports TensorFlow; ``textgen_core.training`` does, in the process
that trains.
"""

from textgen_core.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from textgen_core.config import ModelConfig, WindowShape
from textgen_core.corpus import read_messages
from textgen_core.drop_in import synthesize, synthesize_to_file, textgenrnn
from textgen_core.engine import Engine
from textgen_core.errors import (
    CheckpointError,
    CorpusError,
    LegacyFormatError,
    TextgenError,
    VocabularyError,
)
from textgen_core.evaluation import Evaluation, evaluate
from textgen_core.legacy_vocabulary import LegacyVocabulary
from textgen_core.options import GenerationOptions
from textgen_core.seen import SeenFilter
from textgen_core.vocabulary import Vocabulary
from textgen_core.weights import base_weights_path

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
    "SeenFilter",
    "TextgenError",
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
