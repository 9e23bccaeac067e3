"""A version as a page that writes in any browser (textgen_core/export/web)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import UserError
from textgen_core.errors import CheckpointError, ExportError
from textgen_core.model.checkpoint import checkpoint_from_bytes

if TYPE_CHECKING:
    from bot.models.versions import Versions
    from bot.storage.records import ModelRecord


async def page_of(
    versions: Versions, record: ModelRecord, title: str, *, ngrams: bool, max_bytes: int
) -> bytes:
    """Return a version as one HTML file.

    Args:
        versions: reads it.
        record: which version.
        title: what the page is called.
        ngrams: whether what at least two people said goes with it, word for word.
        max_bytes: that may be sent. Where n-grams of public text make the page larger, it goes
            without them.

    Raises:
        UserError: a page cannot run it, or is too large, or the version's file is damaged or gone.
    """
    content = await versions.read(record, max_bytes)
    page = await asyncio.to_thread(_made, content, record, title, ngrams, max_bytes)
    if len(page) > max_bytes:
        raise UserError(
            "The page of version {version} is too large to send ({size:.1f} MiB; Discord takes "
            "{most:.0f} MiB here). Whoever runs the bot can make it: `textgen export "
            "DATA_DIR/{path} --to web`.",
            version=record.label,
            size=len(page) / 2**20,
            most=max_bytes / 2**20,
            path=record.path,
        )
    return page


def _made(content: bytes, record: ModelRecord, title: str, ngrams: bool, max_bytes: int) -> bytes:
    from textgen_core.export.web import web_files  # what few ask for is not held in memory

    try:
        checkpoint = checkpoint_from_bytes(content)
        files = web_files(checkpoint, title, single=True, ngrams=ngrams)
        if len(files["index.html"]) > max_bytes and checkpoint.ngrams:
            alone = replace(checkpoint, ngrams=None)
            files = web_files(alone, title, single=True, ngrams=ngrams)
        return files["index.html"]
    except (CheckpointError, ExportError) as error:
        raise UserError(
            "I can't make version {version} a page: {reason}.",
            version=record.label,
            reason=str(error),
        ) from error
