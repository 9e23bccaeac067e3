"""The languages the bot speaks: which there are, which one is spoken now, and the catalogs.

Stands below everything else, so that any part may mark a sentence; knows no other package.
Start with ``messages.py``. docs/translating.md says how a language is added.
"""
