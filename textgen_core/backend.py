"""The one door through which Keras comes in.

Importing Keras with TensorFlow costs seconds and half a gigabyte, so only the
training process does it, and through this function, which sets what must be
set before the first import.
"""

from __future__ import annotations

import logging
import os
from typing import Any


def import_keras() -> Any:
    """Return Keras, on TensorFlow unless KERAS_BACKEND names another backend."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # It tells of every new shape of batch that it compiles for, which is no news.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import keras

    return keras


def device_kind() -> str:
    """Return "gpu" where the backend sees one, else "cpu"."""
    keras = import_keras()
    return "gpu" if keras.distribution.list_devices("gpu") else "cpu"


def out_of_memory_errors() -> tuple[type[BaseException], ...]:
    """Return what is raised when the machine's or the GPU's memory is used up."""
    if import_keras().backend.backend() != "tensorflow":
        return (MemoryError,)
    import tensorflow

    return (MemoryError, tensorflow.errors.ResourceExhaustedError)
