"""How a model learns. TensorFlow is imported here, in the process that trains, nowhere else.

Start with ``run.py``, the loop; ``learner.py`` takes one step, ``keras_model.py`` is the
network. ``options.py``, ``events.py`` and ``recipe.py`` may be imported without TensorFlow.
"""
