"""textgenrnn's class and functions, on this library's models.

Whoever used textgenrnn 2.0.0 changes one import: ``from textgen_core import textgenrnn``.
Start with ``generator.py``.
"""

from textgen_core.compat.generator import textgenrnn
from textgen_core.compat.synthesize import synthesize, synthesize_to_file

__all__ = ["synthesize", "synthesize_to_file", "textgenrnn"]
