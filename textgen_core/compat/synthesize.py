"""One text by several models, which take turns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from textgen_core.compat.arguments import explained, path_of, whole_of
from textgen_core.compat.text_length import Temperature, bar, places, places_left, temperatures
from textgen_core.compat.writer import Writer
from textgen_core.generation.ensemble import in_turns
from textgen_core.generation.options import GenerationOptions
from textgen_core.legacy.output_files import check_text_target
from textgen_core.text.console import is_terminal, show


@explained
def synthesize(
    textgens: Sequence[Writer],
    n: int = 1,
    return_as_list: bool = False,
    prefix: str = "",
    temperature: Temperature = (0.5, 0.2, 0.2),
    max_gen_length: int = 300,
    progress: bool = True,
    stop_tokens: Sequence[str] | None = (" ", "\n"),
    *,
    seed: int | None = None,
) -> list[str] | None:
    """Write texts with several models in turn, each up to a stop token.

    Args:
        textgens: the models; each text has an order of its own. A model of words
            writes one word in its turn.
        n: number of texts.
        return_as_list: return the texts rather than print each as it is done.
        prefix: how each text begins.
        temperature: a number, or several to be cycled over the characters.
        max_gen_length: longest text, the prefix and one ``<s>`` included.
        progress: show a bar for several texts, on a terminal.
        stop_tokens: end a turn; none: after each character.
        seed: the same seed gives the same texts; None new ones.

    Raises:
        ValueError: there is no model, or an argument is out of range.
    """
    models, n = _models(textgens), whole_of("n", n, 0)
    if prefix is not None and not isinstance(prefix, str):
        raise ValueError(f"prefix must be a text, got {prefix!r:.60}")
    rng = np.random.default_rng(seed)
    texts: list[str] = []
    with bar("writing", n, progress and n > 1 and (return_as_list or not is_terminal())) as advance:
        for _ in range(n):
            order = [models[i] for i in rng.permutation(len(models))]
            text = _in_turns(
                order, prefix or "", temperature, max_gen_length, stop_tokens or (), rng
            )
            texts.append(text)
            advance(1)
            if not return_as_list and not show(f"{text}\n"):
                break
    return texts if return_as_list else None


def _models(textgens: object) -> list[Writer]:
    if isinstance(textgens, Writer):
        raise ValueError("textgens must be a list of models, got one: give [model]")
    if not isinstance(textgens, Sequence) or isinstance(textgens, str | bytes):
        raise ValueError(f"textgens must be a list of models, got {textgens!r:.60}")
    if not textgens:
        raise ValueError("textgens must be a list of at least one model, got none")
    for number, model in enumerate(textgens):
        if not isinstance(model, Writer):
            raise ValueError(f"textgens[{number}] must be a model, got {model!r:.60}")
    return list(textgens)


def _in_turns(
    order: Sequence[Writer],
    prefix: str,
    temperature: Temperature,
    max_gen_length: int,
    stop_tokens: Sequence[str],
    rng: np.random.Generator,
) -> str:
    stop = tuple(token for token in stop_tokens if token)

    def turn(place: int, text: str) -> GenerationOptions | None:
        textgen = order[place]
        written = places(textgen.checkpoint.vocabulary, text)
        left = places_left(max_gen_length, written, bool(textgen.config["single_text"]))
        if not left:
            return None
        cycled = temperatures(temperature, written)
        return GenerationOptions(temperature=cycled, max_chars=left if stop else 1, stop=stop)

    return in_turns([textgen.engine for textgen in order], prefix, turn, rng)


def synthesize_to_file(
    textgens: Sequence[Writer], destination_path: str | os.PathLike[str], **kwargs: Any
) -> None:
    """Write what ``synthesize`` returns to a file, a text a line, in UTF-8.

    Raises:
        OutputError: the file cannot be written, or is a model.
    """
    path = path_of("destination_path", destination_path)
    check_text_target(path)
    texts = synthesize(textgens, **{**kwargs, "return_as_list": True}) or []
    with Path(path).open("w", encoding="utf-8") as file:
        file.writelines(f"{text}\n" for text in texts)
