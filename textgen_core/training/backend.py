"""The one door through which Keras comes in.

Importing Keras with TensorFlow costs seconds and half a gigabyte, so only the
training process does it, and through this function, which sets what must be
set before the first import.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

# The first compute capability whose GPUs have units for products of float16 matrices.
HALF_PRECISION_FROM = (7, 0)


@dataclass(frozen=True, slots=True)
class Device:
    """What a model is trained on.

    Attributes:
        kind: "gpu" or "cpu".
        capability: an NVIDIA GPU's compute capability; None of all else.
    """

    kind: str
    capability: tuple[int, int] | None = None

    @property
    def precision(self) -> str:
        """In what matrices are multiplied: "float16" where there are units for it.

        Not "bfloat16", which TensorFlow's cuDNN layers cast to float32.
        """
        half = self.capability is not None and self.capability >= HALF_PRECISION_FROM
        return "float16" if half else "float32"


def import_keras() -> Any:
    """Return Keras, on TensorFlow unless KERAS_BACKEND names another backend."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    # Products of float16 are summed in float32, in cuDNN's layers too.
    os.environ.setdefault("TF_FP16_RNN_USE_FP32_COMPUTE", "1")
    # It tells of every new shape of batch that it compiles for, which is no news.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    import keras

    return keras


def device_kind() -> str:
    """Return "gpu" where the backend sees one, else "cpu"."""
    keras = import_keras()
    return "gpu" if keras.distribution.list_devices("gpu") else "cpu"


def training_device() -> Device:
    """Return what the backend trains on."""
    if device_kind() == "cpu" or import_keras().backend.backend() != "tensorflow":
        return Device(device_kind())
    from tensorflow import config

    details = config.experimental.get_device_details(config.list_physical_devices("GPU")[0])
    return Device("gpu", details.get("compute_capability"))


def out_of_memory_errors() -> tuple[type[BaseException], ...]:
    """Return what is raised when the machine's or the GPU's memory is used up."""
    if import_keras().backend.backend() != "tensorflow":
        return (MemoryError,)
    import tensorflow

    return (MemoryError, tensorflow.errors.ResourceExhaustedError)
