"""Every sentence that people read about trainings, versions, privacy, help and settings.

Values go in, text comes out; nothing here decides or stores anything. Packages below never
import it, so that a sentence can change without touching what it speaks of. Start with
``training.py``.
"""
