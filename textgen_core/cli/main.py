"""The command ``textgen``: train, generate, interactive, evaluate, neurons and others.

Results go to standard output, progress and complaints to standard error. Bad
input costs one sentence and exit status 2.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from textgen_core.cli import arguments as command_arguments
from textgen_core.cli.arguments import SHORTEST
from textgen_core.cli.description import described, described_in_lines
from textgen_core.cli.inputs import Start, check_no_folder, read_all
from textgen_core.cli.neurons import neurons
from textgen_core.cli.training_bar import TrainingBar, stop_at_ctrl_c
from textgen_core.errors import CorpusError, TextgenError
from textgen_core.evaluation.scoring import evaluate
from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.legacy.model_files import read_model
from textgen_core.legacy.output_files import check_model_target
from textgen_core.model.bundled import model_path
from textgen_core.model.checkpoint import Checkpoint, save_checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.model.conversion import to_causal
from textgen_core.model.quantization import Precision
from textgen_core.model.verbatim_filter import RUN_CHARS
from textgen_core.neurons.dial import dialled, parse_dial
from textgen_core.text.console import show, warnings_shown
from textgen_core.text.message_files import read_messages
from textgen_core.text.special_tokens import readable
from textgen_core.text.tokenizer import read_vocabulary
from textgen_core.training import events
from textgen_core.training.baseline import reporting_against
from textgen_core.training.options import MIN_MESSAGES, FilterKeeping, TrainingOptions


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    try:
        with warnings_shown("textgen"):
            status: int = options.run(options)
    except (TextgenError, ValueError) as error:
        return _fail(command_arguments.as_typed(str(error), options), options.json)
    except OSError as error:
        return _fail(_os_sentence(error), options.json)
    except MemoryError as error:
        sentence = f"memory ran out ({error or 'no reason given'}): try a smaller --batch-targets"
        return _fail(sentence, options.json, events.OUT_OF_MEMORY_STATUS)
    except KeyboardInterrupt:
        return 130
    return status


def _os_sentence(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space on this machine, then train again."
    return f"{error.filename or 'a file'}: {error.strerror or error}"


def _fail(sentence: str, as_json: bool, status: int = 2) -> int:
    if as_json:
        print(events.to_json_line(events.Failed(sentence)), flush=True)
    show(f"textgen: {sentence}", sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="textgen", description=__doc__)
    parser.add_argument("--version", action=command_arguments.ShowVersion)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        added.add_argument("--json", action="store_true", help="machine-readable output")
        added.set_defaults(run=run)
        return added

    command_arguments.add_training(command("train", _train))
    command_arguments.add_writing(command("generate", _generate))
    command_arguments.add_writing(command("interactive", _interactive))
    command_arguments.add_scoring(command("evaluate", _evaluate))
    command_arguments.add_inspecting(command("inspect", _inspect))
    command_arguments.add_neurons(command("neurons", neurons))
    command_arguments.add_importing(command("import-legacy", _import_legacy))
    command_arguments.add_exporting(command("export", _export))
    return parser


def _train(options: argparse.Namespace) -> int:
    """Fine-tune a model on text files, or train a new one."""
    how = _training_options(options)  # before seconds are spent on reading and on Keras
    base_path = None if options.base == "none" else model_path(options.base or "base")
    inputs = [path for path in (*options.files, base_path, options.against) if path]
    check_model_target(options.output, inputs=inputs)
    base = read_model(base_path) if base_path else None
    if options.convert and not base:
        raise ValueError("--convert needs a model to convert, and --base none is none")
    if base and options.convert:
        base = to_causal(base)
    config = ModelConfig(
        rnn_layers=options.rnn_layers,
        rnn_size=options.rnn_size,
        dim_embeddings=options.dim_embeddings,
    )
    vocabulary = read_vocabulary(options.vocabulary) if options.vocabulary else None
    messages, speakers = read_all(
        options.files, options.speakers, column=options.column, form=options.format
    )
    if len(messages) < MIN_MESSAGES:  # said before seconds are spent on the import of Keras
        raise CorpusError(f"training needs at least {MIN_MESSAGES} messages, got {len(messages)}")
    model = Start(base, config, vocabulary)
    stop = _stop_flag(options.stop_on_eof)
    if options.json:
        _run_training(messages, speakers, how, options, model, _event_printer(stop), stop)
        return 0
    stop_at_ctrl_c(stop)
    with TrainingBar() as bar:
        _run_training(messages, speakers, how, options, model, bar.report, stop)
    return 130 if stop.is_set() else 0


def _training_options(options: argparse.Namespace) -> TrainingOptions:
    """Return how to train.

    Raises:
        ValueError: a value is outside its range.
    """
    return TrainingOptions(
        epochs=options.epochs,
        budget_s=options.budget_s,
        learning_rate=options.learning_rate,
        batch_targets=options.batch_targets,
        seed=options.seed,
        precision=Precision(options.store),
        dropout=options.dropout,
        patience=options.patience,
        pretrain=options.pretrain,
        filter=FilterKeeping(options.filter),
    )


def _run_training(
    messages: list[str],
    speakers: list[str | None],
    how: TrainingOptions,
    options: argparse.Namespace,
    model: Start,
    report: Callable[[events.TrainingEvent], None],
    stop: threading.Event,
) -> None:
    from textgen_core.training.backend import out_of_memory_errors
    from textgen_core.training.run import train  # imports TensorFlow

    if options.against:
        report = reporting_against(options.against, messages, how.held_out, report)
    try:
        train(
            messages,
            options.output,
            base=model.base,
            config=model.config,
            vocabulary=model.vocabulary,
            speakers=speakers,
            options=how,
            report=report,
            should_stop=stop.is_set,
        )
    except out_of_memory_errors() as error:
        raise MemoryError(f"{error}".partition("\n")[0][:200]) from error


def _stop_flag(stop_on_eof: bool) -> threading.Event:
    """Return a flag that SIGTERM, and on request the end of standard input, sets."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def wait_for_eof() -> None:
        # Not through sys.stdin: its lock, held here, would abort the interpreter's end.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop.set()

    if stop_on_eof:
        threading.Thread(target=wait_for_eof, name="stop-on-eof", daemon=True).start()
    return stop


def _event_printer(stop: threading.Event) -> Callable[[events.TrainingEvent], None]:
    """Return what prints events; when nobody listens any more, the training is to stop."""

    def report(event: events.TrainingEvent) -> None:
        try:
            print(events.to_json_line(event), flush=True)
        except BrokenPipeError:
            stop.set()
            # What is still in the buffer must go somewhere when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return report


def _generate(options: argparse.Namespace) -> int:
    """Write texts with a model."""
    checkpoint = _writing_model(options)
    for text in Engine(checkpoint).stream(_generation_options(options, checkpoint)):
        shown = readable(text)
        if not show(json.dumps({"text": shown}) if options.json else shown):
            break
    return 0


def _writing_model(options: argparse.Namespace) -> Checkpoint:
    model = read_model(model_path(options.model or "base"))
    return dialled(model, map(parse_dial, options.dial))


def _interactive(options: argparse.Namespace) -> int:
    """Write on from each line you type, until Ctrl-D."""
    checkpoint = _writing_model(options)
    engine, wanted = Engine(checkpoint), _generation_options(options, checkpoint)
    show("Type how a text begins, or nothing, and press Enter. Ctrl-D ends this.", sys.stderr)
    while True:
        try:
            prompt = input("> ")
        except EOFError:
            show(stream=sys.stderr)
            return 0
        for text in engine.stream(replace(wanted, prompt=prompt)):
            shown = readable(text)
            if not show(json.dumps({"text": shown}) if options.json else shown):
                return 0


def _generation_options(options: argparse.Namespace, checkpoint: Checkpoint) -> GenerationOptions:
    """Return how to write.

    Raises:
        ValueError: a value is outside its range.
    """
    try:
        temperature = tuple(float(part) for part in options.temperature.split(","))
    except ValueError as error:
        raise ValueError(
            f"--temperature must be numbers with commas, got {options.temperature!r}"
        ) from error
    novel_run = options.no_verbatim
    if novel_run == SHORTEST:
        novel_run = checkpoint.seen.run_chars if checkpoint.seen else RUN_CHARS
    return GenerationOptions(
        n=options.n,
        prompt=options.prompt,
        temperature=temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        min_p=options.min_p,
        repetition_penalty=options.repetition_penalty,
        banned_chars=options.ban,
        allowed_chars=options.allow,
        stop=tuple(options.stop),
        whole_sentences=options.whole_sentences,
        novel_run=novel_run,
        max_chars=options.max_chars,
        seed=options.seed,
    )


def _evaluate(options: argparse.Namespace) -> int:
    """Measure a model's bits per character on a file."""
    check_no_folder(options.file)
    messages = read_messages(options.file, column=options.column, form=options.format)
    result = evaluate(read_model(model_path(options.model)), messages)
    values = {
        "bits_per_char": result.bits_per_char,
        "chars": result.chars,
        "skipped_chars": result.skipped_chars,
    }
    sentence = f"{result.bits_per_char:.4f} bits/char over {result.chars:,} characters"
    show(json.dumps(values) if options.json else sentence)
    return 0


def _inspect(options: argparse.Namespace) -> int:
    """Show what a model is made of."""
    checkpoint = read_model(model_path(options.model))
    if options.json:
        show(json.dumps(described(checkpoint), ensure_ascii=False))
    else:
        show("\n".join(described_in_lines(checkpoint)))
    return 0


def _import_legacy(options: argparse.Namespace) -> int:
    """Make a model out of textgenrnn's weight file."""
    tables = {"vocabulary": options.vocab, "config": options.config}
    inputs = [path for path in (options.weights, *tables.values()) if path]
    check_model_target(options.output, inputs=inputs)
    checkpoint = read_model(options.weights, **tables)
    save_checkpoint(checkpoint, options.output)
    values = {
        "checkpoint": str(options.output),
        "vocabulary_size": checkpoint.vocabulary.size,
        **checkpoint.manifest,
    }
    origin = values.get("imported_from", "a model of this program")
    sentence = f"{options.output}: {origin}, {values['vocabulary_size']} ids"
    show(json.dumps(values) if options.json else sentence)
    return 0


def _export(options: argparse.Namespace) -> int:
    """Write a model for Keras, ONNX Runtime or textgenrnn, or as a page for browsers."""
    from textgen_core.export import WebOptions, check_export, default_path, export_model

    source, single = model_path(options.model), options.single_file
    output = options.output or default_path(options.model, options.to, single=single)
    check_export(options.to, output, model=source, force=options.force, single=single)
    checkpoint = read_model(source)
    web = WebOptions(options.title, single, options.ngrams)
    written = export_model(checkpoint, options.to, output, web=web)
    if options.to == "web":
        if checkpoint.own_ngrams and not options.ngrams:
            print("the n-grams of what it learned stay behind; --ngrams adds them", file=sys.stderr)
    elif checkpoint.ngrams or checkpoint.own_ngrams:
        print("the model's n-grams stay behind: this is its network alone", file=sys.stderr)
    names = [str(path) for path in written]
    show(json.dumps({"files": names}) if options.json else "\n".join(names))
    return 0
