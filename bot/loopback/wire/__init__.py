"""How Discord's API writes things down: fields, entities, messages, mentions, errors.

Turns ``world`` into JSON and back, and holds no state. Start with ``entities.py``.
"""
