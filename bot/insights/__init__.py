"""What a model makes of a channel's recent messages: the most similar ones, and a map.

Reads messages by the same rules as training does, and keeps none. Knows no wording.
Start with ``channel_insights.py``.
"""
