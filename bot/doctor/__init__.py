"""Looks at an installation and says, line by line, what is well and what to do."""
