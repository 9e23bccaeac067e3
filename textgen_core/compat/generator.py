"""The class, and its calls that learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from textgen_core.compat.arguments import PathLike, explained, texts_of
from textgen_core.compat.files import check_files
from textgen_core.compat.new_model import chosen_settings, config_of, vocabulary_of, warn_of
from textgen_core.compat.text_sources import files_of, read_column
from textgen_core.compat.texts import checked, cut, read_labelled, read_pieces, read_texts
from textgen_core.compat.training import Asked, Start, asked_of, call_key, learn
from textgen_core.compat.writer import Writer
from textgen_core.text.console import show


class textgenrnn(Writer):
    """A model that writes texts, and learns from others.

    The calls, arguments, defaults, printed forms and names of files are those of
    textgenrnn 2.0.0. Every call that trains also takes ``seed``, ``learning_rate``
    and ``callbacks``: functions that are called with each event of
    ``textgen_core.training.events``, such as ``EpochEnded``; and ``overwrite``, without which no
    file of another program is replaced.

    Training leaves ``NAME_weights.hdf5``, ``NAME_vocab.json`` and ``NAME_config.json``;
    the first alone is a whole model. Interrupted, it leaves
    ``NAME_training.safetensors.part``, and the same call goes on from there.

    Args:
        weights_path: textgenrnn's HDF5 weights, a ``.safetensors`` model, or what
            this class wrote; None for the model that comes with the library.
        vocab_path: ``…_vocab.json`` of textgenrnn's weights; None takes the one beside
            them, or else textgenrnn's own. Weights of ours bring their vocabulary.
        config_path: ``…_config.json``, likewise. Alone it changes nothing.
        name: what the files that training writes begin with; may name a folder.
        allow_growth: nothing; memory of a GPU is always taken as it is needed.

    Attributes:
        config: the model's settings in textgenrnn's words, a plain dictionary.

    Raises:
        TextgenError: a file is missing, damaged or does not fit; the text says which.
        ValueError: an argument is of the wrong kind.
    """

    _interrupted: tuple[str, Start] | None = None

    @explained
    def train_on_texts(
        self,
        texts: Iterable[str],
        context_labels: Iterable[object] | None = None,
        batch_size: int = 128,
        num_epochs: int = 50,
        verbose: int = 1,
        new_model: bool = False,
        gen_epochs: int = 1,
        train_size: float = 1.0,
        max_gen_length: int = 300,
        validation: bool = True,
        dropout: float = 0.0,
        via_new_model: bool = False,
        save_epochs: int = 0,
        multi_gpu: bool = False,
        **kwargs: Any,
    ) -> None:
        """Train the model on texts.

        Args:
            texts: at least one; blank ones are left out.
            context_labels: one for each text, which steers the network while it is
                trained; the model that is kept does without.
            batch_size: see ``compat.training.batch_targets``.
            num_epochs: passes over the texts.
            verbose: 0 prints nothing at all, samples neither.
            new_model: see ``train_new_model``; ``kwargs`` are its options.
            gen_epochs: print samples each so many epochs; 0 never.
            train_size: share of the texts that is trained on; above 1 means all.
            max_gen_length: longest sample.
            validation: let the rest, at most 10,000 texts, decide which weights are kept.
            dropout: share of the features zeroed in training.
            via_new_model: train the model as it is, whatever ``new_model`` says.
            save_epochs: write ``NAME_weights_epoch_K.hdf5`` each so many epochs.
            multi_gpu: nothing; one GPU is used where there is one.
            kwargs: ``seed``, ``learning_rate``, ``callbacks``, ``overwrite``;
                ``single_text=True`` takes the texts for one long one.

        Raises:
            ValueError: an argument is out of range, or there is no text.
            OutputError: the files cannot be written, or would replace others.
            KeyboardInterrupt: Ctrl-C; the same call goes on from there.
        """
        asked, others = asked_of(
            kwargs,
            batch_size=batch_size,
            num_epochs=num_epochs,
            verbose=verbose,
            gen_epochs=gen_epochs,
            train_size=train_size,
            max_gen_length=max_gen_length,
            validation=validation,
            dropout=dropout,
            save_epochs=save_epochs,
        )
        is_new = new_model and not via_new_model
        usual = False if is_new else self.config["single_text"]
        prepared = _prepared(texts, context_labels, bool(others.get("single_text", usual)))
        self._train(*prepared, asked, others, is_new)

    @explained
    def train_new_model(
        self,
        texts: Iterable[str],
        context_labels: Iterable[object] | None = None,
        num_epochs: int = 50,
        gen_epochs: int = 1,
        batch_size: int = 128,
        dropout: float = 0.0,
        train_size: float = 1.0,
        validation: bool = True,
        save_epochs: int = 0,
        multi_gpu: bool = False,
        **kwargs: Any,
    ) -> None:
        """Train a new model in this one's place.

        Args:
            texts, context_labels, …: see ``train_on_texts``.
            kwargs: of the new model ``rnn_layers``, ``rnn_size``, ``dim_embeddings``,
                ``word_level`` and ``max_words`` (of a vocabulary of words, the
                commonest), ``rnn_bidirectional`` and ``max_length``: a model that reads
                in both directions reads windows of so many characters, as
                textgenrnn's do. Others read each text from its beginning, however
                long, and have no such limit. Besides, ``train_on_texts``'s options.
        """
        self.train_on_texts(
            texts,
            context_labels,
            batch_size=batch_size,
            num_epochs=num_epochs,
            new_model=True,
            gen_epochs=gen_epochs,
            train_size=train_size,
            validation=validation,
            dropout=dropout,
            save_epochs=save_epochs,
            multi_gpu=multi_gpu,
            **{**kwargs, "via_new_model": False},
        )

    @explained
    def train_from_file(
        self,
        file_path: PathLike,
        header: bool = True,
        delim: str = "\n",
        new_model: bool = False,
        context: bool | None = None,
        is_csv: bool = False,
        *,
        column: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        """Train on the texts of a file, or of several.

        Args:
            file_path: a text a line; a folder of such files, or a pattern such as
                ``chapters/*.txt``.
            header: the first line is a heading, to be left out.
            delim: what ends a text.
            new_model: see ``train_on_texts``, as for ``kwargs``.
            context: the file is a CSV of texts and their context labels.
            is_csv: the texts are the first column of a CSV.
            column: the heading, or the number from 1, of the column of a CSV that the texts
                stand in; a table without headings is asked by number, with ``header=False``.
        """
        texts: list[str] = []
        labels: list[str] | None = [] if context else None
        for path in files_of(file_path):
            self._read_files.add(path)
            if labels is not None:
                more, more_labels = read_labelled(path, header)
                labels += more_labels
            elif column is not None:
                more = read_column(path, column)[int(header and not isinstance(column, str)) :]
            else:
                more = read_texts(path, header, delim, is_csv)
            texts += more
        if kwargs.get("verbose", 1):
            show(f"{len(texts):,} texts collected.")
        self.train_on_texts(texts, labels, new_model=new_model, **kwargs)

    @explained
    def train_from_largetext_file(
        self, file_path: PathLike, new_model: bool = True, **kwargs: Any
    ) -> None:
        """Train on one long text, such as a book; options as ``train_on_texts``'s.

        It is learnt in pieces, of which there is one copy in memory. A new model
        writes on and on, to ``max_gen_length``, as the text knows no end.
        """
        asked, others = asked_of(kwargs)
        if kwargs.get("context_labels") is not None:
            raise ValueError("one long text has no context labels: leave context_labels out")
        paths = files_of(file_path)
        self._read_files.update(paths)
        pieces = [piece for path in paths for piece in read_pieces(path)]
        self._train(pieces, [], asked, {**others, "single_text": True}, new_model)

    def _train(
        self,
        texts: list[str],
        labels: list[str],
        asked: Asked,
        others: dict[str, Any],
        new_model: bool,
    ) -> None:
        name = str(others.get("name", self.config["name"]))
        check_files(name, (), overwrite=asked.overwrite)
        start = self._new(texts, asked, others) if new_model else self._as_it_is(asked)
        if not new_model:
            warn_of(others)
        if self._interrupted and self._interrupted[0] == call_key(
            texts, labels, asked, start, name
        ):
            start = self._interrupted[1]
        self._interrupted = None
        try:
            learn(self, texts, labels, start, asked, name)
        except KeyboardInterrupt:
            self._interrupted = call_key(texts, labels, asked, start, name), start
            raise
        self.config["name"] = name

    def _as_it_is(self, asked: Asked) -> Start:
        model = self.checkpoint
        config = replace(model.config, dropout=asked.dropout)
        return Start(model, config, model.vocabulary, self.config)

    def _new(self, texts: list[str], asked: Asked, others: dict[str, Any]) -> Start:
        settings = chosen_settings(others)
        config = config_of(settings, asked.dropout)
        if asked.verbose:
            both = "Bidirectional " if settings["rnn_bidirectional"] else ""
            show(
                f"Training new model w/ {config.rnn_layers}-layer,"
                f" {config.rnn_size}-cell {both}LSTMs"
            )
        return Start(None, config, vocabulary_of(texts, settings), settings)


def _prepared(
    texts: Iterable[str], labels: Iterable[object] | None, single: bool
) -> tuple[list[str], list[str]]:
    """Return texts to learn from and their labels, one long text in pieces."""
    if not single:
        return checked(texts, labels)
    if labels is not None:
        raise ValueError("one long text has no context labels: leave context_labels out")
    return cut("\n".join(texts_of("texts", texts))), []
