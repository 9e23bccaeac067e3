"""Command groups: parse, permit, render."""
