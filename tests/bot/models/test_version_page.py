"""A version's page fits what may be sent, if it can."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import UserError
from bot.models.web_page import page_of
from textgen_core import load_checkpoint
from textgen_core.model.bundled import model_path
from textgen_core.model.checkpoint import checkpoint_to_bytes
from textgen_core.model.quantization import Precision

RECORD: Any = SimpleNamespace(label="2", path="models/1/2.safetensors")
MEBIBYTE = 2**20


class Reading:
    """Versions of which one began from the large model, and names its n-grams."""

    async def read(self, record: object, max_bytes: int) -> bytes:
        large = load_checkpoint(model_path("large"))
        return checkpoint_to_bytes(replace(large, manifest={}), precision=Precision.INT8)


@pytest.mark.parametrize(("max_mib", "least_mib"), [(100, 10), (10, 1)])
async def test_public_ngrams_stay_behind_where_they_are_too_much(
    max_mib: int, least_mib: int
) -> None:
    versions: Any = Reading()
    page = await page_of(versions, RECORD, "us", ngrams=False, max_bytes=max_mib * MEBIBYTE)
    assert least_mib * MEBIBYTE < len(page) < max_mib * MEBIBYTE
    assert b"<html" in page


async def test_a_page_that_is_too_large_all_the_same_is_refused() -> None:
    versions: Any = Reading()
    with pytest.raises(UserError, match=r"too large to send \(1\.\d MiB; Discord takes 1 MiB"):
        await page_of(versions, RECORD, "us", ngrams=False, max_bytes=MEBIBYTE)
