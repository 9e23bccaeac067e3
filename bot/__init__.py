"""The Discord bot: it remembers, schedules trainings, and hosts models.

Imports run down nine rows, never up (tests/test_architecture.py holds the table):

    7  cli
    6  app
    5  operations, privacy, insights, presentation
    4  training, generation
    3  corpus, models, plots, config.py
    2  storage, discord_api, runtime, text
    1  errors.py; loopback, which knows nothing of the bot
    0  locales

The bot knows textgen_core and never cogs, which Discord loads by name. Start with
``app/services.py``, which builds the parts, and ``training/pipeline.py``, which turns
messages into a model.
"""
