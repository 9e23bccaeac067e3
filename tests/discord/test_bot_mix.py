"""!mix as a person sees it, through the real client."""

from __future__ import annotations

import re
from dataclasses import replace

from bot_harness import Scene, running_bot
from random_checkpoints import random_checkpoint

from bot.app.client import TextgenBot
from bot.loopback.world.model import Overwrite
from bot.loopback.world.permissions import Permission
from textgen_core import SeenFilter, save_checkpoint
from textgen_core.text.vocabulary import BOUNDARY_ID

LETTERS = 2  # the id of NUL


async def give_version(
    scene: Scene, bot: TextgenBot, name: str, char: str, *, said: tuple[str, ...] = ()
) -> None:
    """Give the server a version that writes words of one letter and never ends a text."""
    bias = {LETTERS + ord(char): 60.0, LETTERS + ord(" "): 59.0, BOUNDARY_ID: -60.0}
    made = random_checkpoint(scale=0.01, bias=bias)
    if said:
        made = replace(made, seen=SeenFilter.from_texts(said))
    models = scene.folder / "data" / "models"
    models.mkdir(exist_ok=True)
    record = await bot.services.models.add(
        guild_id=scene.guild.id, path_of=lambda version: f"models/{version}.safetensors"
    )
    save_checkpoint(made, scene.folder / "data" / record.path)
    await bot.services.models.publish(record, None, live=False)
    await bot.services.models.rename(record, name)


async def test_two_versions_write_one_text_a_word_each(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await give_version(scene, bot, "aaa", "a")
        await give_version(scene, bot, "bbb", "b")
        answer = await scene.ask("!mix aaa bbb hello --temperature 1 --length 80 --seed 5")
        again = await scene.ask("!mix 1 v2 hello --temperature 1 --length 80 --seed 5")
        await scene.you.run(
            scene.guild.id,
            scene.commands.id,
            "mix",
            {"type": 3, "name": "first", "value": "aaa"},
            {"type": 3, "name": "second", "value": "bbb"},
            {"type": 3, "name": "prompt", "value": "hello"},
            {"type": 10, "name": "temperature", "value": 1},
            {"type": 4, "name": "length", "value": 80},
            {"type": 4, "name": "seed", "value": 5},
        )
        slash = await scene.from_bot()
    assert answer == again == slash
    assert answer.startswith("hello")
    written = answer.removeprefix("hello").split()
    assert {"a", "b"} <= {word[0] for word in written}
    assert all(len(set(word)) == 1 for word in written)


async def test_the_buttons_under_a_mix_write_another_mix(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await give_version(scene, bot, "aaa", "a")
        await give_version(scene, bot, "bbb", "b")
        message = await scene.ask_message("!mix aaa bbb --temperature 1 --length 60 --n 2")
    async with running_bot(scene):
        for label in ("Another one", "Continue"):
            await scene.press(message, label)
            message = await scene.next_message()
            assert {"a", "b"} <= set(str(message["content"])), label
        await scene.press(message, "More…")
        await scene.press(await scene.next_message(), "Wilder")
        assert {"a", "b"} <= set(str((await scene.next_message())["content"]))


async def test_the_base_model_takes_part_and_others_are_refused(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await give_version(scene, bot, "aaa", "a")
        assert "a" in await scene.ask("!mix base aaa --temperature 1 --n 9 --seed 1")
        assert await scene.ask("!mix base base --length 20") != ""
        assert "no version “nonsense”" in await scene.ask("!mix aaa nonsense")
        assert "no version “@\u200beveryone”" in await scene.ask("!mix @everyone aaa")
        assert "a number from 0.1 to 2" in await scene.ask("!mix aaa base --temperature 0.01")
        assert "Something is missing: second" in await scene.ask("!mix aaa")
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    async with running_bot(scene):
        await scene.you.say(there.id, "!mix aaa base")
        assert "no version “aaa”" in await scene.from_bot()


async def test_neither_versions_training_is_repeated(scene: Scene) -> None:
    """What one of them was trained on is not written by the other either."""
    said = tuple(f"{'a' * first} {'b' * second} " * 40 for first in (1, 2) for second in (1, 2))
    async with running_bot(scene) as bot:
        await give_version(scene, bot, "aaa", "a", said=said)
        await give_version(scene, bot, "bbb", "b")
        command = "!mix aaa bbb --temperature 1 --length 1000 --n 1"
        texts = [await scene.ask(f"{command} --seed {seed}") for seed in (1, 2, 3)]
    seen = SeenFilter.from_texts(said, run_chars=40)
    assert not any(seen.knows(text).any() for text in texts)


async def test_a_mix_goes_by_the_rules_of_both(scene: Scene) -> None:
    scene.talk.overwrites += [
        Overwrite(scene.guild.id, 0, deny=Permission.VIEW_CHANNEL),
        Overwrite(scene.world.bot.id, 1, allow=Permission.VIEW_CHANNEL),
    ]
    async with running_bot(scene, member_per_minute=4) as bot:
        await scene.train()
        await give_version(scene, bot, "aaa", "a")
        for pair in ("1 aaa", "aaa 1"):
            assert "not everyone here can read" in await scene.ask(f"!mix {pair}")
        await scene.ask("!settings words voldemort")
        assert "voldemort" not in await scene.ask("!mix base aaa hello voldemort! --length 5")
        await scene.ask("!mix base aaa")
        assert re.search(r"limit of 4 a minute", await scene.ask("!mix base aaa"))


async def test_versions_are_offered_while_they_are_typed(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await give_version(scene, bot, "aaa", "a")
        for name in ("first", "second"):
            option = {"type": 3, "name": name, "value": "a", "focused": True}
            nonce = await scene.you.run(scene.guild.id, scene.commands.id, "mix", option, kind=4)
            told = await scene.you.expect(
                "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE",
                lambda data, nonce=nonce: data["nonce"] == nonce,
            )
            assert [choice["value"] for choice in told["choices"]] == ["aaa", "base"]
