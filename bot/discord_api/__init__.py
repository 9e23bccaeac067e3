"""Thin wrappers of discord.py: pages of history, who may read a channel, the connection.

Knows discord.py and errors, nothing of servers' settings, models or wording. Start with
``history_pages.py``.
"""
