"""What a model makes of a channel's recent messages: the most similar ones, and a map.

``neurons.py`` shows what a model's network sees in a line that somebody types.

Reads messages by the same rules as training does, and keeps none. Knows no wording.
Start with ``channel_insights.py``.
"""
