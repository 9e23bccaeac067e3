"""When, where and how the bot writes a text.

Knows models and settings; knows neither Discord's objects nor the words around a text.
Start with ``writer.py``, through which every text goes; ``talk.py`` decides when the bot
speaks without being asked.
"""
