"""What people bring to learn from: each format is known by its structure, not by its name.

``recognition.open_messages`` is the door; the other modules know a family of formats each.
"""
