"""`!model export web` through the real client, and what it sends, opened in Chromium."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest_asyncio
from bot_harness import Scene, open_scene, running_bot
from playwright.async_api import Browser, expect

from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Overwrite
from bot.loopback.world.permissions import Permission
from textgen_core.model.bundled import base_weights_path


@pytest_asyncio.fixture(loop_scope="session")
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as scene:
        yield scene


async def pressed(scene: Scene, question: Payload, label: str) -> Payload:
    """Press a button under a question and return what that becomes."""
    await scene.press(question, label)
    return await scene.you.expect("MESSAGE_UPDATE", lambda data: data["id"] == question["id"])


async def exported(scene: Scene, label: str) -> tuple[Payload, bytes]:
    """Ask for a page, press a button, and return what the bot then shows, and the file."""
    question = await scene.ask_message("!model export web")
    assert "nobody can call it back" in question["content"]
    answer = await pressed(scene, question, label)
    (attachment,) = answer["attachments"]
    assert attachment["filename"] == "page-1.html"
    async with aiohttp.ClientSession() as http, http.get(attachment["url"]) as response:
        return answer, await response.read()


async def test_a_page_writes_the_line_that_the_bot_does(
    browser: Browser, scene: Scene, tmp_path: Path
) -> None:
    async with running_bot(scene, base_model=base_weights_path()):
        await scene.train()
        answer, page_file = await exported(scene, "Make the page")
        assert "not in it" in answer["content"]
        assert answer["components"] == []
        line = await scene.ask("!generate good mor --seed 2 --length 200")
    assert line.startswith("good morning. that")
    path = tmp_path / "page-1.html"
    path.write_bytes(page_file)
    context = await browser.new_context(offline=True)
    page = await context.new_page()
    await page.goto(f"{path.as_uri()}#p=good+mor&s=2")
    await expect(page.get_by_role("heading", level=1)).to_have_text(scene.guild.name)
    await page.get_by_label("Length").fill("200")
    shown = page.locator("#mirror")
    await expect(shown).to_have_text(re.compile(f"^{re.escape(line.strip())}"))
    await context.close()


async def test_what_only_some_may_read_is_not_published(scene: Scene) -> None:
    view = Permission.VIEW_CHANNEL
    scene.talk.overwrites += [
        Overwrite(scene.guild.id, 0, deny=view),
        Overwrite(scene.world.bot.id, 1, allow=view),
    ]
    async with running_bot(scene):
        await scene.train()
        refusal = await scene.ask_message("!model export web")
        assert "so I don't make a page of it" in refusal["content"]
        assert "textgen export DATA_DIR/" in refusal["content"]
        assert not refusal["components"]


async def test_nsfw_is_not_published_even_if_it_became_so_after_the_question(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await scene.train()
        question = await scene.ask_message("!model export 1 web")
        await bot.services.learned.note_nsfw([scene.talk.id])
        await scene.press(question, "With phrases")
        assert "so I don't make a page of it" in (await scene.next_message())["content"]
        question = await scene.ask_message("!model export 1")
        assert question["attachments"]  # a file is for this server


async def test_no_is_no(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        question = await scene.ask_message("!model export web")
        assert (await pressed(scene, question, "Don't"))["content"].startswith("All right")
