"""Pure functions of text: Discord's markup, personal data, banned phrases, durations.

No state, no I/O; knows errors and the special tokens of textgen_core.text. Start with
``discord_markup.py``.
"""
