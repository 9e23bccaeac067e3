"""Looks at an installation and says, line by line, what is well and what to do.

TensorFlow and the kernels are tried in child processes. Start with ``finding.py``, which
says what a finding is.
"""
