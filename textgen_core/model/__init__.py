"""What a model is: its configuration, weights, n-grams, filter of what was said, and file.

NumPy alone: no Numba, no Keras. Start with ``config.py``, then ``checkpoint.py``.
"""
