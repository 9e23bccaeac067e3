"""What the bot remembers: SQLite, and nothing but SQLite.

All SQL stands here, in a store for each subject, and each method is one transaction.
``records.py`` has the values that travel. Knows nothing but errors. Start with
``database.py``, which opens and migrates.
"""
