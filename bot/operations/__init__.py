"""For whoever runs the bot: health, metrics, logs, backups, restoring, importing.

``healthcheck.py`` imports the standard library alone, so that it starts at once. Nothing
here knows Discord's objects except the doctor. Start with ``health.py``.
"""
