"""What is typed: ``textgen-bot`` and its commands, one sentence for every failure.

Each module adds its commands to the parser and carries them out. Nothing imports this
package. Start with ``main.py``.
"""
