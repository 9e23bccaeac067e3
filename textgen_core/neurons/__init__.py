"""What the network sees in a text, and what its units have learned.

``surprise.py`` gives the bits of each character, of any model. The rest is of causal models:
``probes.py`` finds the units that tell something about a text, ``gradient.py`` what a
prediction depended on, and ``dial.py`` holds or pushes a unit while the model writes. The
idea is of Karpathy, Johnson and Fei-Fei 2015 (arXiv:1506.02078). No Keras.
"""
