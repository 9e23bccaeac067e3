"""The class's calls that write texts or compare them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from textgen_core.compat.arguments import PathLike, explained, path_of, texts_of, whole_of
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
from textgen_core.legacy.output_files import check_text_target
from textgen_core.text.console import is_terminal, show


class Writer(Holder):
    """A model that writes texts; see ``textgenrnn``."""

    @explained
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
        """Write texts and print them as they are done, an empty line after each.

        A console gets ``?`` for what it lacks; where nobody reads any more, the writing ends.

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
        n = whole_of("n", n, 0)
        if interactive:
            together = (self._write_together(prefix, max_gen_length, top_n) for _ in range(n))
            parts: Iterable[list[str]] = ([text] for text in together)
        else:
            # A bar would stand in the way of texts on the same terminal.
            progress = bool(progress) and (return_as_list or not is_terminal())
            parts = self._write(n, prefix, temperature, max_gen_length, progress, seed)
        if return_as_list:
            return [text for part in parts for text in part]
        for part in parts:
            if not all(show(f"{text}\n") for text in part):
                break
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
        top_n = whole_of("top_n", top_n, 1)
        prompt = _prompt(prefix)
        written = places(self._checkpoint.vocabulary, prompt)
        left = places_left(max_gen_length, written, bool(self.config["single_text"]))
        return write_together(self.engine, prompt, written, written + left, top_n)

    def generate_samples(
        self,
        n: int = 3,
        temperatures: float | Sequence[float] = (0.2, 0.5, 1.0),
        **kwargs: Any,
    ) -> None:
        """Print some texts at each temperature under a heading; options as ``generate``'s."""
        given = kwargs.pop("temperature", temperatures)
        several = hasattr(given, "__iter__") and not isinstance(given, str)
        rule = "#" * 20
        for temperature in given if several else [given]:
            if not show(f"{rule}\nTemperature: {temperature}\n{rule}"):
                return
            self.generate(n, temperature=temperature, **{**kwargs, "progress": False})

    def generate_to_file(self, destination_path: PathLike, **kwargs: Any) -> None:
        """Write texts to a file, a text a line, in UTF-8; options as ``generate``'s.

        Raises:
            OutputError: the file cannot be written, or is a model or what was trained on.
        """
        path = path_of("destination_path", destination_path)
        check_text_target(path, inputs=self._read_files)
        texts = self.generate(**{**kwargs, "return_as_list": True}) or []
        with Path(path).open("w", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in texts)

    @explained
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
        texts = texts_of("texts", texts)
        found = attended(self._checkpoint, self.engine, texts)
        found, pca, tsne = reduced(found, pca_dims, tsne_dims, tsne_seed)
        extras = ([pca] if return_pca else []) + ([tsne] if return_tsne else [])
        return [found, *extras] if extras else found

    @explained
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
        if not isinstance(text, str):
            raise ValueError(f"text must be a text, got {text!r:.60}")
        texts = texts_of("texts", texts)
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
