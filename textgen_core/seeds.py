"""Where each text's random numbers begin."""

from __future__ import annotations


def seed_of_text(seed: int, number: int) -> int:
    """Return where text ``number``'s generator starts: far from every other's."""
    return _scrambled(_scrambled(seed) ^ _scrambled(number + 2**32))


def _scrambled(value: int) -> int:
    """Return splitmix64's output for a state; a bijection of [0, 2**64)."""
    z = (value + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)
