"""A model as a page that writes in a browser, without a server.

The engine in ``page/`` computes what the kernels compute, to the last bit, so that a seed
writes the same text here and there (docs/web.md). Start with ``page/engine.js``; ``bundle.py``
puts the sources together, ``model_file.py`` the model.
"""

from __future__ import annotations

from textgen_core.export.web.bundle import document, module, single_document, source
from textgen_core.export.web.model_file import model_file
from textgen_core.model.checkpoint import Checkpoint

PAGE_FILES = ("index.html", "textgen.js", "products.wasm", "model.safetensors")


def web_files(
    checkpoint: Checkpoint, title: str, *, single: bool = False, ngrams: bool = False
) -> dict[str, bytes]:
    """Return the files of a page by their names.

    Args:
        checkpoint: a causal model. What keeps it from repeating what was said stays behind.
        title: what the page is called.
        single: whether it is one file, ``index.html``, that a double click opens.
        ngrams: whether the n-grams of what the model was trained on go with it; those of its
            base, which is public, always do.

    Raises:
        ExportError: the page cannot run this model.
    """
    model = model_file(checkpoint, title, ngrams=ngrams)
    if single:
        return {"index.html": single_document(title, model)}
    parts = (document(title), module().encode(), source("products.wasm"), model)
    return dict(zip(PAGE_FILES, parts, strict=True))
