"""Text and ids: vocabularies, special tokens, spelling in bytes, files of messages.

Knows nothing of models. Start with ``tokenizer.py``, the interface that vocabularies share.
"""
