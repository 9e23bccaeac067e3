"""Everything that Numba compiles: products, cells, decoding, gradients, losses.

Compiled code releases the GIL. It is cached under a key made of these files' content and of
those whose constants they take (``text``, ``model``). Nothing here knows files, training runs or
messages. Start with ``lstm.py``, the cell, and ``writing.py``, the loop that writes.
``packing.py`` alone may be imported without Numba.
"""
