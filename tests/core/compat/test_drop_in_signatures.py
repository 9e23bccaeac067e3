"""Whoever used textgenrnn 2.0.0 finds each argument in its place, with its default."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from textgen_core import synthesize, synthesize_to_file, textgenrnn

NEEDED = inspect.Parameter.empty
TRAINING: dict[str, Any] = {
    "train_on_texts": {
        "texts": NEEDED,
        "context_labels": None,
        "batch_size": 128,
        "num_epochs": 50,
        "verbose": 1,
        "new_model": False,
        "gen_epochs": 1,
        "train_size": 1.0,
        "max_gen_length": 300,
        "validation": True,
        "dropout": 0.0,
        "via_new_model": False,
        "save_epochs": 0,
        "multi_gpu": False,
    },
    "train_new_model": {
        "texts": NEEDED,
        "context_labels": None,
        "num_epochs": 50,
        "gen_epochs": 1,
        "batch_size": 128,
        "dropout": 0.0,
        "train_size": 1.0,
        "validation": True,
        "save_epochs": 0,
        "multi_gpu": False,
    },
    "train_from_file": {
        "file_path": NEEDED,
        "header": True,
        "delim": "\n",
        "new_model": False,
        "context": None,
        "is_csv": False,
    },
    "train_from_largetext_file": {"file_path": NEEDED, "new_model": True},
}
WRITING: dict[str, Any] = {
    "__init__": {
        "weights_path": None,
        "vocab_path": None,
        "config_path": None,
        "name": "textgenrnn",
        "allow_growth": None,
    },
    "generate": {
        "n": 1,
        "return_as_list": False,
        "prefix": None,
        "temperature": (1.0, 0.5, 0.2, 0.2),
        "max_gen_length": 300,
        "interactive": False,
        "top_n": 3,
        "progress": True,
    },
    "generate_samples": {"n": 3, "temperatures": (0.2, 0.5, 1.0)},
    "generate_to_file": {"destination_path": NEEDED},
    "save": {"weights_path": "textgenrnn_weights_saved.hdf5"},
    "load": {"weights_path": NEEDED},
    "reset": {},
    "encode_text_vectors": {
        "texts": NEEDED,
        "pca_dims": 50,
        "tsne_dims": None,
        "tsne_seed": None,
        "return_pca": False,
        "return_tsne": False,
    },
    "similarity": {"text": NEEDED, "texts": NEEDED, "use_pca": True},
}
FUNCTIONS: dict[Callable[..., Any], dict[str, Any]] = {
    synthesize: {
        "textgens": NEEDED,
        "n": 1,
        "return_as_list": False,
        "prefix": "",
        "temperature": (0.5, 0.2, 0.2),
        "max_gen_length": 300,
        "progress": True,
        "stop_tokens": (" ", "\n"),
    },
    synthesize_to_file: {"textgens": NEEDED, "destination_path": NEEDED},
}


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        *((getattr(textgenrnn, name), given) for name, given in (TRAINING | WRITING).items()),
        *FUNCTIONS.items(),
    ],
)
def test_arguments_are_those_of_textgenrnn(
    call: Callable[..., Any], arguments: dict[str, Any]
) -> None:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD,)
    found = {
        name: parameter.default
        for name, parameter in inspect.signature(call).parameters.items()
        if parameter.kind in kinds and name != "self"
    }
    assert list(found.items()) == list(arguments.items())
