"""What a model remembers of the messages that it learned: which n-grams, counted and weighed.

Knows a model and its encoded messages; nothing of Keras. Start with ``fitting.py``, which a
run calls when the weights are settled; ``selection.py`` chooses contexts, ``counts.py`` reads
the text, ``shared_speech.py`` keeps to what several people said.
"""
