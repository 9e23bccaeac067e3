"""Text out of a checkpoint: sampling, what a text may hold, seeds, and mixing two models.

No Keras; Numba is imported when the first Engine is made. Start with ``engine.py``.
"""
