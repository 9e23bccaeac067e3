"""What somebody sees who opens the demo's page for the first time."""

import pytest
from page_actions import channel_button
from playwright.async_api import expect

from bot.cli.demo import demo_world
from bot.loopback.world.world import World


@pytest.fixture
def world() -> World:
    return demo_world(prefix="?").world


@pytest.fixture
def casual(world: World) -> None:
    """Nothing is added to the demo's own channels."""


async def test_the_demo_opens_where_commands_are_typed_and_tells_which(page):
    await expect(page.get_by_role("heading", level=1)).to_have_text("bot-talk")
    start = page.locator(".older .text")
    await expect(start.locator("code")).to_have_text(["?train #casual", "?generate", "?help"])
    await expect(page.get_by_label("Message in bot-talk")).to_be_focused()


async def test_the_channel_that_the_demo_names_is_there(page):
    await channel_button(page, "casual").click()
    await expect(page.locator(".message").last).to_be_visible()
