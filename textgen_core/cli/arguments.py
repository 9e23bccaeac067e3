"""The arguments of each command of ``textgen``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from textgen_core.model.quantization import Precision
from textgen_core.text.formats.messages import AUTO
from textgen_core.text.formats.recognition import FORMATS
from textgen_core.training.options import FilterKeeping

SHORTEST = -1  # of runs that --no-verbatim can mean: what the model's filter was made for


class ShowVersion(argparse.Action):
    """`--version`: print it and exit; it is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, **_: object) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version and exit")

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print the version of the distribution, which both commands share."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("textgen-bot")
        except PackageNotFoundError:
            found = "unreleased"
        sys.stdout.write(f"{parser.prog} {found}\n")
        parser.exit()


def as_typed(sentence: str, options: argparse.Namespace) -> str:
    """Return a complaint that begins with an option's name in Python with the one on the shell."""
    name, _, rest = sentence.partition(" ")
    if name not in vars(options) or not rest.startswith("must"):
        return sentence
    return f"{'-' if len(name) == 1 else '--'}{name.replace('_', '-')} {rest}"


def add_training(parser: argparse.ArgumentParser) -> None:
    """Add what is learned from and how."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="messages, in time order")
    add_reading(parser)
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", type=Path)
    parser.add_argument(
        "--base",
        metavar="MODEL|none",
        help="model to start from: base, large or a file (default: base)",
    )
    parser.add_argument(
        "--convert", choices=["stream"], help="make a causal model of a textgenrnn one first"
    )
    _add_pace(parser)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--learning-rate", type=float, help="chosen by corpus size if not given")
    parser.add_argument(
        "--batch-targets",
        type=int,
        metavar="N",
        help="predictions a step: fewer take less memory (default: by corpus size, 512 to 4096)",
    )
    parser.add_argument(
        "--against", metavar="MODEL", help="another model to score on the held-out messages"
    )
    _add_new_model(parser)
    parser.add_argument(
        "--patience",
        type=float,
        default=0.34,
        help="share of the run without a better held-out figure that ends it; 1: never",
    )
    parser.add_argument("--dropout", type=float, help="share of the layers' outputs zeroed")
    parser.add_argument(
        "--store",
        choices=list(Precision),
        default=Precision.INT8,
        help="what the weights are stored in",
    )
    parser.add_argument(
        "--pretrain",
        action="store_true",
        help="on a large corpus that is nobody's own: no filter of its text in the model",
    )
    parser.add_argument(
        "--speakers",
        choices=["authors", "lines"],
        default="authors",
        help="whose messages are whose, as n-grams are kept of what two people said: by the"
        " authors in the files (default; .txt and .csv name none, and what eight different"
        " messages say is kept), or each line by another",
    )
    parser.add_argument(
        "--filter",
        choices=list(FilterKeeping),
        default=FilterKeeping.SEALED,
        help="the filter of what was said: sealed by your key on this machine (default), open"
        " for whoever has the file, from which the text can then be read, or none",
    )
    parser.add_argument("--stop-on-eof", action="store_true", help=argparse.SUPPRESS)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add how files are read that do not say it themselves."""
    parser.add_argument(
        "--column",
        default="",
        metavar="NAME",
        help="where the text is, of a table or of JSON: a name, or a table's number from 1",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default=AUTO,
        help="take a file for what it does not look like (default: recognised by its structure)",
    )


def _add_pace(parser: argparse.ArgumentParser) -> None:
    """Add how long is learned."""
    parser.add_argument("--epochs", type=float, help="passes over the messages")
    parser.add_argument("--budget-s", type=float, help="the most wall seconds of training")


def _add_new_model(parser: argparse.ArgumentParser) -> None:
    """Add the shape and the vocabulary of a model that begins from nothing."""
    parser.add_argument("--rnn-layers", type=int, default=2, help="with --base none")
    parser.add_argument("--rnn-size", type=int, default=128, help="with --base none")
    parser.add_argument("--dim-embeddings", type=int, default=100, help="with --base none")
    parser.add_argument(
        "--vocabulary",
        metavar="JSON",
        type=Path,
        help="with --base none: pieces and characters (default: characters of the messages)",
    )


def add_writing(parser: argparse.ArgumentParser) -> None:
    """Add what is written and with which model."""
    parser.add_argument(
        "-m", "--model", metavar="MODEL", help="base, large or a file (default: base)"
    )
    parser.add_argument("-n", type=int, default=1, help="number of texts")
    parser.add_argument("--prompt", default="")
    parser.add_argument("--temperature", default="0.7", metavar="T[,T…]")
    parser.add_argument("--top-k", type=int)
    parser.add_argument("--top-p", type=float)
    parser.add_argument("--min-p", type=float)
    parser.add_argument("--repetition-penalty", type=float, default=1.0)
    parser.add_argument("--max-chars", type=int, default=300)
    parser.add_argument("--ban", default="", metavar="CHARS", help="characters never written")
    parser.add_argument("--allow", metavar="CHARS", help="the only characters written")
    parser.add_argument(
        "--stop", action="append", default=[], metavar="TEXT", help="end before it; repeatable"
    )
    parser.add_argument("--whole-sentences", action="store_true", help="cut at a sentence's end")
    parser.add_argument(
        "--no-verbatim",
        nargs="?",
        type=int,
        const=SHORTEST,
        metavar="CHARS",
        help="copy no run of so many characters from the training text; default: the model's least",
    )
    parser.add_argument("--seed", type=int)
    _add_dial(parser)


def _add_dial(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dial",
        action="append",
        default=[],
        metavar="UNIT=±X",
        help="push a unit's output by X, or hold it at X if there is no sign; repeatable",
    )


def add_neurons(parser: argparse.ArgumentParser) -> None:
    """Add the model that is looked into, the text, and what else is compared."""
    parser.add_argument("model", metavar="MODEL", help="base, large or a file")
    parser.add_argument("text", nargs="?", default="", help="default: a line that it writes")
    parser.add_argument(
        "--through",
        action="append",
        default=[],
        metavar="MODEL",
        help="show the text's bits through this model first, such as base; repeatable",
    )
    parser.add_argument(
        "--on",
        action="append",
        default=[],
        metavar="FILE",
        help="probe the units on these messages (default: a channel that comes along); repeatable",
    )
    parser.add_argument("--cells", type=int, default=4, metavar="N", help="show N of them at most")
    parser.add_argument(
        "--at",
        type=int,
        metavar="PLACE",
        help="the character, from 1, whose prediction is explained (default: the worst guessed)",
    )
    parser.add_argument("--seed", type=int, default=0)
    _add_dial(parser)


def add_scoring(parser: argparse.ArgumentParser) -> None:
    """Add what is measured."""
    parser.add_argument("file", metavar="FILE")
    add_reading(parser)
    parser.add_argument("-m", "--model", required=True, metavar="MODEL")


def add_inspecting(parser: argparse.ArgumentParser) -> None:
    """Add the model to be shown."""
    parser.add_argument("model", metavar="MODEL")


def add_importing(parser: argparse.ArgumentParser) -> None:
    """Add textgenrnn's files and where the model goes."""
    parser.add_argument("weights", metavar="WEIGHTS.hdf5")
    parser.add_argument("--vocab", metavar="JSON", help="default: the one beside the weights")
    parser.add_argument("--config", metavar="JSON", help="default: the one beside the weights")
    parser.add_argument("-o", "--output", required=True, metavar="MODEL", type=Path)


def add_exporting(parser: argparse.ArgumentParser) -> None:
    """Add the model, and where it goes in which format."""
    parser.add_argument("model", metavar="MODEL", type=Path)
    parser.add_argument("--to", required=True, metavar="keras|onnx|textgenrnn|web")
    parser.add_argument("-o", "--output", metavar="PATH", type=Path)
    parser.add_argument("--force", action="store_true", help="replace files that are there already")
    parser.add_argument("--title", default="", help="with --to web: what the page is called")
    parser.add_argument("--single-file", action="store_true", help="with --to web: one .html file")
    parser.add_argument(
        "--ngrams", action="store_true", help="with --to web: take along those of what it learned"
    )
