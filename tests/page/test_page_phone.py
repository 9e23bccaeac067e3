"""The page at a phone's size, touched with a finger."""

import pytest
from page_actions import composer, open_command, row, say
from playwright.async_api import Locator, Page, expect

SMALLEST_PX = 36


@pytest.fixture
def context_settings() -> dict[str, object]:
    return {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "locale": "en-GB",
        "timezone_id": "UTC",
    }


async def fits(page: Page, part: Locator) -> None:
    """Expect a part to lie between the left and the right edge."""
    box = await part.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


async def no_sideways_scrolling(page: Page) -> None:
    widths = "[document.documentElement, document.getElementById('scroller')]"
    assert await page.evaluate(f"{widths}.every(node => node.scrollWidth <= 390)")


async def test_channels_are_in_a_drawer(page):
    opener = page.get_by_role("button", name="Show channels")
    channels = page.get_by_role("navigation", name="Channels")
    await opener.tap()
    await expect(channels).to_be_visible()
    await page.touchscreen.tap(380, 400)
    await expect(channels).to_have_count(0)
    await opener.tap()
    await expect(channels).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
    await expect(channels).to_have_count(0)
    await opener.tap()
    await expect(channels).to_be_visible()
    await channels.get_by_role("button", name="casual").tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("casual")
    await expect(channels).to_have_count(0)


async def test_messages_lists_and_forms_stay_on_the_screen(page, bot):
    await say(page, "w" * 300 + "\n```\n" + "code " * 60 + "\n```")
    for command in ("!card", "!panel", "!picture"):
        await say(page, command)
    await expect(row(page, "log.txt")).to_be_visible()
    await no_sideways_scrolling(page)
    for part in (page.get_by_role("article"), page.get_by_role("button", name="Choose voices")):
        await fits(page, part)
    await page.get_by_role("button", name="Choose a person").tap()
    await fits(page, page.get_by_role("listbox", name="Choose a person"))
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Insert an emoji").tap()
    await fits(page, page.get_by_role("listbox", name="Emoji"))
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Tell").tap()
    await fits(page, page.get_by_role("dialog", name="Tell me"))
    await no_sideways_scrolling(page)


async def test_a_command_is_filled_in_by_touch(page, bot):
    form = await open_command(page, "generate")
    await form.get_by_label("prompt").fill("hello")
    await form.get_by_role("button", name="+ voice").tap()
    await page.get_by_role("option", name="wild").tap()
    await no_sideways_scrolling(page)
    await page.get_by_role("button", name="Send").tap()
    await expect(row(page, "hello | 1 | wild")).to_be_visible()


async def test_what_can_be_touched_is_large_enough(page, bot):
    await say(page, "!panel")
    await page.get_by_role("button", name="Again").wait_for()
    for button in await page.locator("#main button:visible, #main a.button:visible").all():
        box = await button.bounding_box()
        name = await button.get_attribute("aria-label") or await button.inner_text()
        if await button.get_attribute("class") != "author":
            assert min(box["width"], box["height"]) >= SMALLEST_PX, name


async def test_a_touched_message_shows_what_can_be_done_with_it(page, bots_channel):
    await bots_channel.send("touch me")
    await row(page, "touch me").tap(position={"x": 200, "y": 30})
    await page.get_by_role("button", name="Reply").tap()
    await expect(page.get_by_text("Replying to textgen")).to_be_visible()
    await expect(composer(page)).to_be_focused()
