"""What a device multiplies matrices in."""

import pytest

from textgen_core.training.backend import Device


@pytest.mark.parametrize(
    ("device", "precision"),
    [
        (Device("cpu"), "float32"),
        (Device("gpu"), "float32"),
        (Device("gpu", (6, 1)), "float32"),
        (Device("gpu", (7, 0)), "float16"),
        (Device("gpu", (7, 5)), "float16"),
        (Device("gpu", (8, 6)), "float16"),
        (Device("gpu", (12, 0)), "float16"),
    ],
)
def test_gpus_with_units_for_it_multiply_in_half_precision(device: Device, precision: str) -> None:
    assert device.precision == precision
