"""Versions of servers' models: where their files are, and the engines that are kept ready.

Knows storage and textgen_core; knows nothing of how a corpus is made, nor of wording.
Start with ``inference.py``; ``versions.py`` says which version a server uses.
"""
