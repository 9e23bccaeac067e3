"""textgenrnn's class and functions, on this library's models.

Whoever used textgenrnn 2.0.0 changes one import: ``from textgen_core import textgenrnn``.
"""

from textgen_core.drop_in.generator import textgenrnn
from textgen_core.drop_in.synthesis import synthesize, synthesize_to_file

__all__ = ["synthesize", "synthesize_to_file", "textgenrnn"]
