"""The whole bot on the page: a person lets it learn a channel, and hears it talk."""

import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest_asyncio
from bot_harness import Scene, open_scene, running_bot
from page_actions import composer, open_command, row, say, suggestion
from playwright.async_api import expect

from bot.app.client import TextgenBot
from bot.app.typed_commands import typed_commands
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


async def test_typed_commands_are_offered_as_slash_commands_are(page, bot, scene):
    scene.discord.backend.typed_commands = partial(typed_commands, bot)
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await composer(page).press_sequentially("!")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await expect(suggestion(page, "!generate")).to_contain_text("[prompt]")
    await expect(suggestion(page, "!train all")).to_contain_text("Learn from every channel")
    await composer(page).press_sequentially("gen")
    await composer(page).press("Enter")
    await expect(composer(page)).to_have_value("!generate ")
    await composer(page).press_sequentially("--mo")
    await expect(options).to_have_count(1)
    await expect(options).to_contain_text("A version of this server's model")
    await composer(page).press("Tab")
    await expect(composer(page)).to_have_value("!generate --model ")
    await expect(suggestion(page, "base")).to_be_visible()
    await suggestion(page, "base").click()
    await expect(composer(page)).to_have_value("!generate --model base ")


async def test_a_command_that_is_written_out_is_sent_by_enter(page, bot, scene):
    scene.discord.backend.typed_commands = partial(typed_commands, bot)
    await composer(page).press_sequentially("!help")
    await composer(page).press("Enter")
    await expect(row(page, "What you can ask me")).to_be_visible()
    await composer(page).press_sequentially("!train")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await expect(suggestion(page, "!train all")).to_be_visible()
    await expect(composer(page)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    await composer(page).press("ArrowDown")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await composer(page).press("Escape")
    await composer(page).press("Enter")
    await expect(row(page, "!train")).to_be_visible()


async def test_the_settings_panel_fits_a_phone(page, bot):
    await page.set_viewport_size({"width": 390, "height": 780})
    await say(page, "/settings")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Reset everything").wait_for()
    edges = await page.locator(".components :is(button, .select)").evaluate_all(
        "nodes => nodes.map((node) => node.getBoundingClientRect().right)"
    )
    assert len(edges) >= 6
    assert max(edges) <= 390
