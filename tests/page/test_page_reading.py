"""What the page shows: channels, history, markdown, live changes."""

from playwright.async_api import Page, expect


def row(page: Page, text: str):
    return page.locator(".message", has_text=text).last


async def say(page: Page, text: str) -> None:
    box = page.get_by_label("Message in")
    await box.fill(text)
    await box.press("Enter")


async def test_channels_and_their_messages_are_shown(page, bot):
    await expect(page.get_by_role("heading", level=1)).to_have_text("general")
    await page.get_by_role("button", name="casual").click()
    await expect(page.locator(".message")).to_have_count(3)
    await expect(row(page, "old message 0")).to_contain_text("mia")
    await expect(page).to_have_title("#casual · Test server")
