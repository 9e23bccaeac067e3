"""The whole bot on the page: a person lets it learn a channel, and hears it talk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from bot_harness import Scene, open_scene, running_bot
from page_actions import composer, open_command, row, say
from playwright.async_api import expect

from bot.app.client import TextgenBot
from bot.loopback.server import LoopbackDiscord

HISTORY = "GET /channels/{channel_id}/messages"


@pytest_asyncio.fixture(loop_scope="session")
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path) as scene:
        yield scene


@pytest_asyncio.fixture(loop_scope="session")
async def loopback(scene: Scene) -> LoopbackDiscord:
    return scene.discord


@pytest_asyncio.fixture(loop_scope="session")
async def bot(scene: Scene) -> AsyncIterator[TextgenBot]:
    async with running_bot(scene) as bot:
        yield bot


async def test_a_person_trains_the_bot_and_hears_it_talk(page, bot, scene):
    gate = scene.discord.faults.hold(HISTORY, after=1)
    await composer(page).press_sequentially("!train #talk")
    await composer(page).press("Enter")
    await expect(row(page, "!train").get_by_role("button", name="#talk")).to_be_visible()
    await expect(row(page, "Reading #talk")).to_contain_text("100 messages so far")
    gate.open()
    trained = row(page, "Trained on 250 messages")
    await expect(trained).to_contain_text("52% better than before")
    await expect(trained).to_contain_text("(edited)")
    await expect(page.locator(".message")).to_have_count(2)
    await say(page, "!generate hello --seed 7")
    await expect(page.locator(".message")).to_have_count(4)
    await expect(page.locator(".message").last.locator(".text")).to_contain_text("hello")
    form = await open_command(page, "generate")
    await form.get_by_role("button", name="+ prompt").click()
    await page.keyboard.type("good morning")
    await page.keyboard.press("Enter")
    answer = row(page, "used /generate")
    await expect(answer.locator(".text")).to_contain_text("good morning")
