"""The class's calls that write texts or compare them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from textgen_core.compat.holder import Holder
from textgen_core.compat.interactive import write_together
from textgen_core.compat.text_length import (
    Temperature,
    places,
    places_left,
    temperatures,
    write_texts,
)
from textgen_core.compat.vectors import attended, reduced
from textgen_core.evaluation.vectors import Vectors, cosines
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import is_whole

PathLike = str | os.PathLike[str]


class Writer(Holder):
    """A model that writes texts; see ``textgenrnn``."""

    def generate(
        self,
        n: int = 1,
        return_as_list: bool = False,
        prefix: str | None = None,
        temperature: Temperature = (1.0, 0.5, 0.2, 0.2),
        max_gen_length: int = 300,
        interactive: bool = False,
        top_n: int = 3,
        progress: bool = True,
        *,
        seed: int | None = None,
    ) -> list[str] | None:
        """Write texts and print them, an empty line after each.

        Args:
            n: how many.
            return_as_list: return them rather than print them.
            prefix: how each begins, exactly.
            temperature: from 0, where the likeliest is always taken; several are
                cycled over a text's characters, or words in a model of words.
            max_gen_length: longest text in characters, or words, with the prefix and
                one ``<s>`` counted in.
            interactive: offer what may come next and ask at the terminal.
            top_n: how many are offered then.
            progress: show a bar for several texts, on a terminal.
            seed: the same seed gives the same texts; None new ones.

        Raises:
            ValueError: an argument is out of range.
        """
        if not is_whole(n) or n < 0:
            raise ValueError(f"n must be a whole number from 0, got {n!r}")
        texts: list[str] = []
        parts = (
            [[self._write_together(prefix, max_gen_length, top_n)] for _ in range(n)]
            if interactive
            else self._write(n, prefix, temperature, max_gen_length, progress, seed)
        )
        for part in parts:
            texts.extend(part)
        if return_as_list:
            return texts
        for text in texts:
            print(f"{text}\n")
        return None

    def _write(
        self,
        n: int,
        prefix: str | None,
        temperature: Temperature,
        max_gen_length: int,
        progress: bool,
        seed: int | None,
    ) -> Iterable[list[str]]:
        prompt = _prompt(prefix)
        written = places(self._checkpoint.vocabulary, prompt)
        left = places_left(max_gen_length, written, bool(self.config["single_text"]))
        cycled = temperatures(temperature, written)
        options = GenerationOptions(
            prompt=prompt, temperature=cycled, max_chars=max(1, left), seed=seed
        )
        return write_texts(self.engine, n, options, progress) if left else [[prompt] * n]

    def _write_together(self, prefix: str | None, max_gen_length: int, top_n: int) -> str:
        if not is_whole(top_n) or top_n < 1:
            raise ValueError(f"top_n must be a whole number from 1, got {top_n!r}")
        prompt = _prompt(prefix)
        written = places(self._checkpoint.vocabulary, prompt)
        left = places_left(max_gen_length, written, bool(self.config["single_text"]))
        return write_together(self.engine, prompt, written, written + left, top_n)

    def generate_samples(
        self, n: int = 3, temperatures: Sequence[float] = (0.2, 0.5, 1.0), **kwargs: Any
    ) -> None:
        """Print some texts at each temperature under a heading; options as ``generate``'s."""
        for temperature in temperatures:
            rule = "#" * 20
            print(f"{rule}\nTemperature: {temperature}\n{rule}")
            self.generate(n, temperature=temperature, progress=False, **kwargs)

    def generate_to_file(self, destination_path: PathLike, **kwargs: Any) -> None:
        """Write texts to a file, a text a line, in UTF-8; options as ``generate``'s."""
        texts = self.generate(return_as_list=True, **kwargs) or []
        with Path(destination_path).open("w", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in texts)

    def encode_text_vectors(
        self,
        texts: str | Sequence[str],
        pca_dims: int | None = 50,
        tsne_dims: int | None = None,
        tsne_seed: int | None = None,
        return_pca: bool = False,
        return_tsne: bool = False,
    ) -> Any:
        """Return texts as vectors: what the network knows where each ends.

        Args:
            texts: one or several.
            pca_dims: principal components to keep, at most as many as there are
                texts; None keeps the vectors as they are.
            tsne_dims: dimensions of a t-SNE of these, which needs scikit-learn.
            tsne_seed: makes that reproducible.
            return_pca: return the fitted components, too.
            return_tsne: return the fitted t-SNE, too.

        Returns:
            float32, (N, dimensions); a list of that and what else was asked for.

        Raises:
            ValueError: one text alone is to have components, or scikit-learn is missing.
        """
        texts = [texts] if isinstance(texts, str) else list(texts)
        found = attended(self._checkpoint, self.engine, texts)
        found, pca, tsne = reduced(found, pca_dims, tsne_dims, tsne_seed)
        extras = ([pca] if return_pca else []) + ([tsne] if return_tsne else [])
        return [found, *extras] if extras else found

    def similarity(
        self, text: str, texts: Sequence[str], use_pca: bool = True
    ) -> list[tuple[str, float]]:
        """Return texts with their likeness to one, the likest first.

        Args:
            text: what is compared.
            texts: with what; at least 2 with ``use_pca``.
            use_pca: compare in the texts' principal components.

        Returns:
            Pairs of a text and the cosine of the vectors' angle, in [-1, 1].
        """
        vector: Vectors = self.encode_text_vectors(text, pca_dims=None)
        if use_pca:
            vectors, pca = self.encode_text_vectors(texts, return_pca=True)
            vector = pca.transform(vector)
        else:
            vectors = self.encode_text_vectors(texts, pca_dims=None)
        pairs = zip(texts, cosines(vector[0], vectors).tolist(), strict=True)
        return sorted(pairs, key=lambda pair: -pair[1])


def _prompt(prefix: str | None) -> str:
    if prefix is not None and not isinstance(prefix, str):
        raise ValueError(f"prefix must be a text, got {prefix!r:.60}")
    return prefix or ""
