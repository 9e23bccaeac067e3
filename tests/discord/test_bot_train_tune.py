"""!train tune tries several recipes and keeps the best."""

from __future__ import annotations

import json
from pathlib import Path

from bot_harness import Scene, fake_trainer, running_bot

from bot.training.tuning import RECIPES, recipes_for


def tuning(scene: Scene) -> Path:
    (folder,) = (scene.folder / "data" / "corpora").glob("*/tuning")
    return folder


def test_the_usual_recipe_is_the_first_to_be_tried() -> None:
    first, *others = recipes_for(2_000)
    assert (first.epochs, first.learning_rate) == (4, 3e-3)
    assert len(others) == RECIPES - 1
    assert first not in others


async def test_the_best_recipe_is_kept_and_named(scene: Scene) -> None:
    """The third has the highest learning rate; the fourth fails, which is no harm."""
    async with running_bot(scene, fake_trainer("recipes")):
        outcome = await scene.train(how="tune")
        assert "62% better" in outcome
        assert outcome.count("\n> ") == 3
        assert scene.left_texts() == []


async def test_a_file_is_learned_in_several_ways_as_well(scene: Scene) -> None:
    content = "\n".join(f"line {number} of a file" for number in range(60)).encode()
    async with running_bot(scene, fake_trainer("recipes")):
        await scene.you.say(scene.commands.id, "!train tune", files=[("chat.txt", content)])
        outcome = await scene.outcome()
        assert "on 60 messages" in outcome
        assert scene.left_texts() == []


async def test_where_no_recipe_ends_the_training_has_failed(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("crash")):
        outcome = await scene.train(how="tune")
        assert outcome.startswith("❌ **Training failed.**")
        assert "status 3" in outcome
        assert scene.left_texts() == []


async def test_a_restart_costs_no_recipe_that_is_done(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train tune <#{scene.talk.id}>")
        await scene.from_bot(
            "MESSAGE_UPDATE", "🧠 **Training** on 250 messages, in 4 ways to keep the best\n`██"
        )
        place = tuning(scene)
        assert sorted(path.name for path in place.iterdir()) == ["0"]  # one after the other
    done = {"bits_per_char_before": 3.1, "bits_per_char_after": 1.0, "train_s": 9.0}
    told = {**done, "epochs": 6.0, "reason": "finished", "bits_per_char_against": None}
    (place / "0" / "done.json").write_text(json.dumps(told), encoding="utf-8")
    (place / "0" / "trained.safetensors").write_bytes(
        (scene.folder / "base-0.safetensors").read_bytes()
    )
    async with running_bot(scene, fake_trainer("recipes")):
        outcome = await scene.outcome()
    assert "times as well as before" in outcome
