"""What may be learned, and how it becomes a file of messages.

Reads channel histories and uploaded files, applies the rules of who agreed to what, and
writes one line for each message. Knows nothing of models, of generation, or of wording.
Start with ``builder.py``; ``collector.py`` reads histories, ``eligibility.py`` decides
what is learned.
"""
