"""How well a model predicts text, and what it makes of texts as vectors.

``scoring.py`` measures bits per character; ``vectors.py`` compares and projects vectors.
No Keras, and no Numba before it is needed.
"""
