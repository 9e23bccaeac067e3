"""The command line of the library: ``textgen train|generate|evaluate|import-legacy|inspect``.

Nothing imports it. Start with ``main.py``.
"""
