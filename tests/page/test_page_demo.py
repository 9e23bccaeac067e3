"""What somebody sees who opens the demo's page for the first time."""

import pytest
from axe_playwright_python.async_playwright import Axe
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


async def test_the_first_steps_can_be_clicked(page):
    await page.get_by_role("group", name="First steps").get_by_role("button").last.click()
    await expect(page.locator(".message").last).to_contain_text("?help")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(page, scheme):
    """axe-core judges the page as assistive technology meets it, its contrasts too."""
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await channel_button(page, "casual").click()
    await expect(page.locator(".message").last).to_be_visible()
    found = await Axe().run(page)
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]][:5])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious, "\n".join(map(str, serious))
