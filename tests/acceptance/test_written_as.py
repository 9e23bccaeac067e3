"""Two members who agreed are written as, each in their own way, after a real training."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from bot_harness import BEGINNING, REAL_TRAINING_S, Scene, open_scene, running_bot

from bot.loopback.person import Person
from bot.loopback.world.model import User
from bot.training.local_trainer import LocalTrainer
from textgen_core import evaluate, load_checkpoint
from textgen_core.model.bundled import base_weights_path
from textgen_core.text.special_tokens import AUTHOR_TOKENS

CASUAL = ("lol", "ok", "cats", "sleepy", "nope", "sofa", "snack", "nap", "purr", "idk", "cute")
FORMAL = ("GOOD", "EVENING", "SIR", "PARLIAMENT", "REGRETS", "INFORM", "BUDGET", "VOTES", "FAILED")
ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
MESSAGES = 400  # of each


def lines(words: Sequence[str], seed: int, count: int) -> Iterator[str]:
    rng = random.Random(seed)
    for _ in range(count):
        yield " ".join(rng.choice(words) for _ in range(rng.randint(4, 9)))


def conversation() -> Iterator[dict[str, Any]]:
    both = zip(lines(CASUAL, 1, MESSAGES), lines(FORMAL, 2, MESSAGES), strict=True)
    for number, said in enumerate(both):
        for name, content in zip(("ann", "bob"), said, strict=True):
            sent_at = BEGINNING + timedelta(minutes=number, seconds=name == "bob")
            yield {"author": name, "timestamp": sent_at.isoformat(), "content": content}


def furnish(scene: Scene) -> dict[str, User]:
    """Return accounts that can log in of those who wrote the conversation."""
    scene.world.fill_channel(scene.talk, conversation())
    users = {name: scene.world.add_user(name) for name in ("ann", "bob")}
    for user in users.values():
        scene.world.add_member(scene.guild, user)
    for message in scene.talk.messages:
        message.author = users[message.author.name]
    return users


async def said_as(scene: Scene, user: User) -> str:
    """Return so many texts that a few which begin in nobody's way make no difference."""
    texts = []
    for seed in range(4):
        asked = f"!generate as <@{user.id}> --n 5 --length 60 --seed {seed}"
        await scene.you.say(scene.commands.id, asked)
        texts.append(await scene.from_bot())
    return "\n".join(texts)


def share_of_capitals(text: str) -> float:
    letters = [char for char in text if char.isalpha()]
    return sum(map(str.isupper, letters)) / len(letters)


async def test_each_is_predicted_best_in_their_own_way(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=0) as scene:
        users = furnish(scene)
        async with running_bot(scene, LocalTrainer(), base_model=base_weights_path()) as bot:
            for user in users.values():
                async with Person(scene.discord.url, user.token or "") as person:
                    state = {"type": 3, "name": "state", "value": "on"}
                    how = {"type": 1, "name": "voice", "options": [state]}
                    await person.run(scene.guild.id, scene.commands.id, "privacy", how)
                    await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
            await scene.ask(f"!train <#{scene.talk.id}>")
            assert (await scene.outcome(timeout_s=REAL_TRAINING_S)).startswith("✅")
            live = await bot.services.models.current(scene.guild.id)
            assert live is not None
            assert live.metrics is not None
            texts = {name: await said_as(scene, user) for name, user in users.items()}
            marks = dict(scene.query("SELECT user_id, mark FROM model_voice"))
            path = scene.folder / "data" / live.path
            checkpoint, content = load_checkpoint(path), path.read_bytes()

    # What they write next, which nobody has seen, in their own way and the other's.
    mark_of = {name: AUTHOR_TOKENS[marks[user.id]] for name, user in users.items()}
    nexts = {"ann": [*lines(CASUAL, 3, 60)], "bob": [*lines(FORMAL, 4, 60)]}

    def bits(author: str, way: str) -> float:
        mark = mark_of.get(way, "")
        return evaluate(checkpoint, [mark + text for text in nexts[author]]).bits_per_char

    for own, other in (("ann", "bob"), ("bob", "ann")):
        assert bits(own, own) < bits(own, "nobody") < bits(own, other)
    assert share_of_capitals(texts["ann"]) < 0.25 < 0.75 < share_of_capitals(texts["bob"])
    assert not set(AUTHOR_TOKENS) & set("".join(texts.values()))
    # The figure is that of the newest tenth without a word of whose they are.
    held_out = [str(row["content"]) for row in conversation()][-2 * MESSAGES // 10 :]
    assert live.metrics.bits_per_char_after == pytest.approx(
        evaluate(checkpoint, held_out).bits_per_char, abs=2e-3
    )
    # Whoever has the file learns no id from it.
    assert not any(str(user.id).encode() in content for user in users.values())
    forms = [user.id.to_bytes(8, order) for user in users.values() for order in ORDERS]
    assert not any(form in content for form in forms)
