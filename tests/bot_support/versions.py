"""What tests of a server's versions do and look at."""

from __future__ import annotations

import io

import aiohttp
from bot_harness import Scene
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes

WORDS = "--seed 7 --length 40"


def said_by(content: bytes) -> str:
    engine = Engine(checkpoint_from_bytes(content))
    options = GenerationOptions(seed=7, max_chars=40, whole_sentences=True)
    return engine.generate(options)[0].strip()


def model_bytes(seed: int) -> bytes:
    return checkpoint_to_bytes(random_checkpoint(seed=seed))


async def attach(scene: Scene, command: str, **files: bytes) -> str:
    """Type a command with files and return the answer; `a__b` stands for `a.b`."""
    form = aiohttp.FormData()
    form.add_field("payload_json", f'{{"content": "{command}"}}', content_type="application/json")
    for place, (name, content) in enumerate(files.items()):
        form.add_field(f"files[{place}]", io.BytesIO(content), filename=name.replace("__", "."))
    url = f"{scene.discord.url}/api/v10/channels/{scene.commands.id}/messages"
    headers = {"Authorization": scene.discord.user_token}
    async with aiohttp.ClientSession(headers=headers) as http, http.post(url, data=form) as answer:
        assert answer.status == 200
    return await scene.from_bot()


async def say(scene: Scene, options: str = "") -> str:
    """Return what the bot generates with a fixed seed."""
    return (await scene.ask(f"!generate {WORDS} {options}")).replace("\u200b", "")


def files(scene: Scene) -> set[str]:
    models = scene.folder / "data" / "models"
    return {path.name for path in models.rglob("*") if path.is_file()}
