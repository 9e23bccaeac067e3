"""A blind reading: the bot's texts among a Markov chain's and people's, and what was thought.

Run: python benchmarks/reading.py write CHANNEL [--model FILE] [--models DIR] [--seed N]
     python benchmarks/reading.py score CHANNEL-N SCORES SCORES [--markdown]
     python benchmarks/reading.py count CHANNEL [--model FILE] [--models DIR] [--seed N]

`write` trains on a channel as `!train` does, unless the model lies in --models already or
is given, draws texts as `!generate` does when it is given no option, and shuffles them with
as many of markovify (state size 2, the same messages, its own defaults) and of people (held
out). The list goes to docs/reading/CHANNEL-N.txt, for readers who are given nothing else;
whose line is whose goes to docs/reading/keys/CHANNEL-N.json.

A reader writes a file of lines `NUMBER SCORE`: 2 could be a real message, 1 is odd but
readable or funny, 0 is word salad. `score` prints two readers' means beside what can be
counted; `count` prints the latter alone. CHANNEL is one of ../shared/corpora/channels.
Bare links and commands are dropped from every arm alike.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import markovify
from quality import channels
from reading_figures import ArmFigures, Judge, Scores, table
from samples import common_words

from bot.generation.request import TextRequest
from bot.models.inference import LATELY
from bot.models.texts import generate_texts
from bot.text.discord_markup import render
from textgen_core import Engine, load_checkpoint, read_messages
from textgen_core.model.bundled import model_path

ARMS = ("people", "markov", "ours")
READ, COUNTED = 30, 200  # texts of an arm that are read, and that are counted
READINGS = Path(__file__).parents[1] / "docs" / "reading"
MARKOV_TRIES = 100
SCALE = "2 could be a real message, 1 odd but readable or funny, 0 word salad"


def worth_reading(text: str) -> str | None:
    """Return a text in one line as Discord shows it; None for a bare link or a command."""
    shown = " ".join(render(text).split())
    is_command = shown[:1] in "!/.$?;" and shown[1:2].isalpha()
    return None if is_command or not any(map(str.isalnum, shown)) else shown


class Channel:
    """A channel's messages, those it was trained on and those held out."""

    def __init__(self, name: str, corpora: Path) -> None:
        self.name = name
        found = [said for channel, *said in channels(corpora) if channel == name]
        if not found:
            raise SystemExit(f"there is no channel {name} of 3,000 messages in {corpora}/channels")
        ((self.messages, self.authors),) = found
        held_out = len(self.messages) // 10
        self.learned, self.held_out = self.messages[:-held_out], self.messages[-held_out:]

    def people(self, rng: random.Random) -> list[str]:
        """Return held-out messages."""
        shown = [text for message in self.held_out if (text := worth_reading(message))]
        return rng.sample(shown, min(COUNTED, len(shown)))

    def markov(self, seed: int) -> list[str]:
        """Return texts of markovify."""
        chain = markovify.NewlineText("\n".join(self.learned), state_size=2, well_formed=False)
        random.seed(seed)  # the generator that markovify draws with
        texts: list[str] = []
        while len(texts) < COUNTED:
            sentence = chain.make_sentence(tries=MARKOV_TRIES)
            if sentence and (shown := worth_reading(sentence)):
                texts.append(shown)
        return texts

    def ours(self, model: Path, seed: int, *, chooses: bool = True) -> list[str]:
        """Return texts as `!generate` writes them, one after the other.

        Args:
            model: trained on the channel.
            seed: of the first text; the next have the next numbers.
            chooses: whether each is the best of several drafts, as by default.
        """
        engine = Engine(load_checkpoint(model))
        texts: list[str] = []
        number = 0
        while len(texts) < COUNTED:
            options = replace(TextRequest().options(), seed=100_000 * seed + number)
            (text,) = generate_texts([engine], options, lately=texts[-LATELY:] if chooses else None)
            number += 1
            if shown := worth_reading(text):
                texts.append(shown)
        return texts


def trained(channel: Channel, folder: Path, base: str) -> Path:
    """Return the channel's model, trained as `!train` does unless it lies there already."""
    target = folder / f"{channel.name}.safetensors"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / f"{channel.name}.jsonl"
        said = zip(channel.messages, channel.authors, strict=True)
        lines = (json.dumps({"author": author, "content": text}) + "\n" for text, author in said)
        source.write_text("".join(lines), encoding="utf-8")
        command = [sys.executable, "-m", "textgen_core", "train", str(source), "-o", str(target)]
        command += ["--base", str(model_path(base)), "--json"]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return target


def drawn(options: argparse.Namespace, channel: Channel) -> dict[str, list[str]]:
    """Return each arm's texts."""
    model = options.model or trained(channel, options.models, options.base)
    return {
        "people": channel.people(random.Random(options.seed)),
        "markov": channel.markov(options.seed),
        "ours": channel.ours(model, options.seed, chooses=not options.plain),
    }


def judge(options: argparse.Namespace, channel: Channel) -> Judge:
    """Return what counts in texts; the words of large texts are kept for the next time."""
    kept = options.models / "common-words.txt"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        files = sorted((options.corpora / "pretrain").glob("*.txt.gz"))
        common = common_words(text for path in files for text in read_messages(path))
        kept.write_text("\n".join(sorted(common)), encoding="utf-8")
    common_list = set(kept.read_text(encoding="utf-8").split("\n"))
    shown = [text for message in channel.held_out if (text := worth_reading(message))]
    learned = [" ".join(render(message).split()) for message in channel.learned]
    return Judge(learned, shown, common_list, READ)


def write(options: argparse.Namespace) -> None:
    """Write a list for readers, its key and what can be counted."""
    channel = Channel(options.channel, options.corpora)
    texts = drawn(options, channel)
    judged = judge(options, channel)
    lines = [(arm, text) for arm in ARMS for text in texts[arm][:READ]]
    random.Random(f"{channel.name}-{options.seed}").shuffle(lines)
    name = f"{channel.name}-{options.seed}"
    (READINGS / "keys").mkdir(parents=True, exist_ok=True)
    numbered = [f"{number}. {text}\n" for number, (_, text) in enumerate(lines, 1)]
    (READINGS / f"{name}.txt").write_text("".join(numbered), encoding="utf-8")
    figures = {arm: judged.figures(texts[arm]) for arm in ARMS}
    key = {
        "channel": channel.name,
        "arms": [arm for arm, _ in lines],
        "counted": {arm: asdict(found) for arm, found in figures.items()},
    }
    (READINGS / "keys" / f"{name}.json").write_text(json.dumps(key, indent=1) + "\n", "utf-8")
    print(f"{READINGS / name}.txt: {len(lines)} lines; scores are lines of NUMBER SCORE: {SCALE}\n")
    print(table(figures))


def score(options: argparse.Namespace) -> None:
    """Print what readers thought of a list, beside what was counted."""
    key = json.loads((READINGS / "keys" / f"{options.reading}.json").read_text(encoding="utf-8"))
    lines = (READINGS / f"{options.reading}.txt").read_text(encoding="utf-8").splitlines()
    texts = [line.partition(". ")[2] for line in lines]
    readers = [Scores.read(path, len(texts)) for path in options.scores]
    figures = {arm: ArmFigures(**values) for arm, values in key["counted"].items()}
    print(table(figures, readers, key["arms"], [len(text) for text in texts]))


def count(options: argparse.Namespace) -> None:
    """Print what can be counted, and the texts that would be read."""
    channel = Channel(options.channel, options.corpora)
    texts = drawn(options, channel)
    judged = judge(options, channel)
    print(table({arm: judged.figures(texts[arm]) for arm in ARMS}))
    print(*texts["ours"][:READ], sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    for run in (write, count):
        command = commands.add_parser(run.__name__, help=run.__doc__)
        command.add_argument("channel")
        command.add_argument("--model", type=Path, help="trained on the channel already")
        command.add_argument("--models", type=Path, default=Path(".models"), metavar="DIR")
        command.add_argument("--base", default="large", help="base, large or a file")
        command.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--plain", action="store_true", help="first drafts are sent")
        command.set_defaults(run=run)
    command = commands.add_parser("score", help=score.__doc__)
    command.add_argument("reading", help="name of the list, such as fcc-casual-9k-1")
    command.add_argument("scores", nargs=2, type=Path)
    command.set_defaults(run=score)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
