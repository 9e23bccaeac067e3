"""textgenrnn's files: HDF5 weights, vocabularies and configurations, read into checkpoints.

Start with ``weights.py``.
"""
