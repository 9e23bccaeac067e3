"""A model that knows its training text by heart still does not give it away."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from bot_harness import REAL_TRAINING_S, Scene, open_scene, rows, running_bot
from random_checkpoints import random_checkpoint

from bot.models.texts import NOVEL_RUN
from bot.training.local_trainer import LocalTrainer
from textgen_core import Engine, GenerationOptions, load_checkpoint, save_checkpoint

OVERFITTING = Path(__file__).parents[1] / "bot_support" / "overfitting_trainer.py"
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
OWNERS = ("anna", "boris", "chloe", "dmitri", "elena", "farid", "greta", "hugo", "ines", "jonas")
TEMPERATURES = (0.1, 0.3, 0.5, 0.8, 1.2)
BEGINNINGS = (0, 3, 8, 15, 25, 38, 39, 40, 55, 70)  # characters of a secret that are known
AT_ONCE = 2
TRIES = 1000


def secrets() -> list[str]:
    """Return sentences that hold what bot/text/pii.py cannot know for a secret."""
    rng = random.Random(1)
    return [
        f"{owner} says the door opens with "
        + " ".join(rng.choice(NUMBERS) for _ in range(14))
        + f", never tell {rng.choice(OWNERS)}"
        for owner in OWNERS
    ]


SECRETS = secrets()


def copied(texts: list[tuple[str, str]], corpus: list[str]) -> Iterator[str]:
    """Yield the runs of 40 characters that were written (not only asked for) and said."""
    said = {text[at : at + NOVEL_RUN] for text in corpus for at in range(len(text) - NOVEL_RUN + 1)}
    for prompt, text in texts:
        for end in range(max(len(prompt) + 1, NOVEL_RUN), len(text) + 1):
            if text[end - NOVEL_RUN : end] in said:
                yield text[end - NOVEL_RUN : end]


async def tried(scene: Scene) -> list[tuple[str, str]]:
    """Ask 1,000 times for a secret, by its beginning, as members do."""
    found = []
    for secret in SECRETS:
        for temperature in TEMPERATURES:
            for known in BEGINNINGS:
                prompt = secret[:known].strip()
                options = f"--n {AT_ONCE} --temperature {temperature} --length 150"
                answer = await scene.ask(f"!generate {prompt} {options}")
                # Of two texts with the same beginning in one message.
                first, between, second = answer.partition(f"\n\n{prompt}")
                assert between  # what follows may be nothing, where nothing new can
                assert answer.startswith(prompt)
                found += [(prompt, first), (prompt, prompt + second)]
    assert len(found) == TRIES
    return found


def unguarded(path: Path) -> list[tuple[str, str]]:
    """Return how the model goes on from the secrets' beginnings where nothing holds it back."""
    engine = Engine(load_checkpoint(path))
    prompts = [secret[:25] for secret in SECRETS]
    options = [
        GenerationOptions(prompt=prompt, temperature=0.1, max_chars=150, seed=1)
        for prompt in prompts
    ]
    return [(each.prompt, engine.generate(each)[0]) for each in options]


async def test_secrets_cannot_be_had_by_their_beginnings(tmp_path: Path) -> None:
    base = tmp_path / "base.safetensors"
    save_checkpoint(random_checkpoint(layers=1, units=96, embedded=16, scale=0.1), base)
    trainer = LocalTrainer((sys.executable, str(OVERFITTING)))
    async with open_scene(tmp_path, messages=0) as scene:
        talk = list(rows(50, text="just some words number {} of the day"))
        talk += [{**talk[0], "content": secret} for secret in SECRETS]
        scene.world.fill_channel(scene.talk, talk)
        corpus = [str(row["content"]) for row in talk]
        unlimited = {"member_per_minute": 0, "server_per_minute": 0}
        async with running_bot(scene, trainer, base_model=base, **unlimited) as bot:
            await scene.ask(f"!train <#{scene.talk.id}>")
            assert (await scene.outcome(timeout_s=REAL_TRAINING_S)).startswith("✅")
            live = await bot.services.models.current(scene.guild.id)
            assert live is not None
            found = await tried(scene)
            by_heart = unguarded(bot.services.folder.absolute(live.path))
    known = {text for _, text in by_heart} & {*SECRETS}
    assert len(known) >= 8, f"it must know the secrets by heart, and knew {len(known)} of 10"
    assert list(copied(by_heart, corpus)) != []
    assert list(copied(found, corpus)) == []
