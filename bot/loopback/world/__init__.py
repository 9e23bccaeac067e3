"""What exists on the loopback Discord: people, servers, channels, roles and messages.

Plain values and who may see or do what; no JSON, no HTTP. Start with ``model.py``.
"""
