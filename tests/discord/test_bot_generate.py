"""!generate as a person sees it, through the real client."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from bot_harness import WAIT_S, Scene, fake_trainer, make_base, running_bot
from random_checkpoints import random_checkpoint

from bot.generation.request import REPETITION_PENALTY
from bot.loopback.world.permissions import Permission
from textgen_core import Engine, GenerationOptions, load_checkpoint, save_checkpoint
from textgen_core.generation.prompts import texts_after


def said_by(base: Path, **options: object) -> str:
    engine = Engine(load_checkpoint(base))
    options |= {"repetition_penalty": REPETITION_PENALTY, "whole_sentences": True}
    return texts_after(engine, GenerationOptions(**options))[0].strip()  # type: ignore[arg-type]


async def test_the_base_model_speaks_until_there_is_another(scene: Scene) -> None:
    base = make_base(scene.folder)
    async with running_bot(scene, base_model=base):
        answer = await scene.ask("!generate --seed 7 --max_chars 40")
    assert answer.replace("\u200b", "") == said_by(base, seed=7, max_chars=40)


async def test_the_servers_own_model_speaks_after_training(scene: Scene, tmp_path: Path) -> None:
    async with running_bot(scene) as bot:
        await scene.ask("!generate")
        await scene.train()
        record = await bot.services.models.current(scene.guild.id)
        assert record is not None
        own = scene.folder / "data" / record.path
        # A file of other weights in its place shows which one is read.
        save_checkpoint(random_checkpoint(seed=5), own)
    async with running_bot(scene):
        answer = await scene.ask("!generate --seed 7 --max_chars 40")
    assert answer.replace("\u200b", "") == said_by(own, seed=7, max_chars=40)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ("hello there", {"prompt": "hello there"}),
        ("hello --temperature 1.5", {"prompt": "hello", "temperature": 1.5}),
        ("--top_k 3 --top_p 0.5", {"top_k": 3, "top_p": 0.5}),
    ],
)
async def test_options_reach_the_model(
    scene: Scene, arguments: str, options: dict[str, object]
) -> None:
    base = make_base(scene.folder)
    async with running_bot(scene, base_model=base):
        answer = await scene.ask(f"!generate {arguments} --seed 3 --max_chars 50")
    assert answer.replace("\u200b", "") == said_by(base, seed=3, max_chars=50, **options)


async def test_several_texts_keep_discords_limit(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!generate --n 5 --max_chars 1500 --seed 1")
        texts = [await scene.from_bot()]
        await scene.ask("!help")  # answered after the last text has been sent
    assert all(0 < len(text) <= 2000 for text in texts)


async def test_the_slash_command_answers_with_the_same_text(scene: Scene) -> None:
    base = make_base(scene.folder)
    async with running_bot(scene, base_model=base):
        options = [
            {"type": 3, "name": "prompt", "value": "well"},
            {"type": 4, "name": "seed", "value": 3},
            {"type": 10, "name": "temperature", "value": 0.9},
        ]
        await scene.you.run(scene.guild.id, scene.commands.id, "generate", *options)
        answer = await scene.from_bot()
    assert answer.replace("\u200b", "") == said_by(base, prompt="well", seed=3, temperature=0.9)


async def test_nobody_is_ever_pinged(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(
            scene.commands.id, f"!generate @everyone @here <@{scene.world.you.id}> --seed 1"
        )
        bot_id = str(scene.world.bot.id)
        message = await scene.you.expect(
            "MESSAGE_CREATE", lambda data: data["author"]["id"] == bot_id
        )
    assert message["mentions"] == []
    assert message["mention_everyone"] is False
    assert "@everyone" not in str(message["content"])


@pytest.mark.parametrize(
    "arguments",
    [
        "--n 11",
        "--n x",
        "--temperature 9",
        "--temperature 0.01",
        "--length 9999",
        "--top_p 0",
        "--seed -1",
    ],
)
async def test_bad_options_are_answered_in_one_sentence(scene: Scene, arguments: str) -> None:
    async with running_bot(scene):
        answer = await scene.ask(f"!generate {arguments}")
    assert ", as in `--" in answer
    assert "\n" not in answer


async def test_a_damaged_model_is_told_and_can_be_trained_again(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await scene.train()
        record = await bot.services.models.current(scene.guild.id)
        assert record is not None
    (scene.folder / "data" / record.path).write_bytes(b"nonsense")
    async with running_bot(scene):
        assert "can't load" in await scene.ask("!generate")
        await scene.train(how="full")
        assert "can't load" not in await scene.ask("!generate")


async def test_a_damaged_base_model_is_told(scene: Scene) -> None:
    base = scene.folder / "base.safetensors"
    base.write_bytes(b"nonsense")
    async with running_bot(scene, fake_trainer("refuse"), base_model=base):
        assert "can't use the base model" in await scene.ask("!generate")


async def test_twenty_requests_at_once_are_all_answered(scene: Scene) -> None:
    async with running_bot(scene):
        commands = [scene.you.say(scene.commands.id, "!generate") for _ in range(20)]
        await asyncio.gather(*commands)
        for _ in range(20):
            await scene.from_bot()


async def test_about_tells_what_the_server_model_learned(scene: Scene) -> None:
    async with running_bot(scene):
        before = await scene.ask("!about")
        assert "textgen-bot" in before
        assert "I haven't learned anything in this server yet" in before
        await scene.train()
        after = await scene.ask("!about")
        assert "250 messages" in after
        assert "52% better" in after
        learned_at = re.search(r"<t:(\d+):f>", after)
        assert learned_at is not None
        assert abs(int(learned_at[1]) - time.time()) < WAIT_S
        elsewhere = scene.world.add_guild("Elsewhere")
        there = scene.world.add_channel(elsewhere, "there")
        scene.discord.announce_guild(elsewhere)
        await scene.you.say(there.id, "!about")
        assert "haven't learned anything" in await scene.from_bot("MESSAGE_CREATE", "I haven")


async def test_unknown_commands_and_bots_are_met_with_silence(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!nonsense")
        assert "What you can ask me" in await scene.ask("!help")


async def test_mentioning_the_bot_stands_for_the_prefix(scene: Scene) -> None:
    async with running_bot(scene, prefix="?"):
        await scene.you.say(scene.commands.id, "!help")
        answer = await scene.ask(f"<@{scene.world.bot.id}> help generate")
    assert "`?generate`" in answer


async def test_a_channel_the_bot_cannot_write_in_costs_nothing(scene: Scene) -> None:
    async with running_bot(scene):
        for role in scene.guild.roles.values():
            role.permissions &= ~Permission.SEND_MESSAGES
        await scene.you.say(scene.commands.id, "!generate")
        for role in scene.guild.roles.values():
            role.permissions |= Permission.SEND_MESSAGES
        answer = await scene.ask("!help")
        while "What you can" not in answer:  # a slow generate found the permission again
            answer = await scene.from_bot()
