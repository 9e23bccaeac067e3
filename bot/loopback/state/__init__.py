"""What changes while the loopback Discord runs: sessions, interactions, limits, faults.

Knows ``world`` and ``wire``, and no HTTP. Start with ``backend.py``.
"""
