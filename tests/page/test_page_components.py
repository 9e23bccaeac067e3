"""Buttons, menus and forms that bots put under their messages."""

import pytest
from page_actions import row, say
from playwright.async_api import Locator, expect


@pytest.fixture
def panel(page, bot):
    """Return a function that asks for the panel and returns its message."""

    async def ask() -> Locator:
        await say(page, "!panel")
        await page.get_by_role("button", name="Again").wait_for()
        return page.locator(".message", has=page.get_by_role("button", name="Again"))

    return ask


async def test_a_pressed_button_changes_its_message(panel):
    message = await panel()
    await message.get_by_role("button", name="Again").click()
    await expect(message).to_contain_text("pressed 1 times")
    await message.get_by_role("button", name="Again").click()
    await expect(message).to_contain_text("pressed 2 times")


async def test_a_disabled_button_rests_and_a_link_opens_elsewhere(panel):
    message = await panel()
    await expect(message.get_by_role("button", name="Off")).to_be_disabled()
    link = message.get_by_role("link", name="Site")
    await expect(link).to_have_attribute("href", "https://example.invalid/")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_a_press_that_is_not_answered_says_so(panel):
    message = await panel()
    button = message.get_by_role("button", name="Fail")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    await expect(message.get_by_role("alert")).to_have_text("This interaction failed.")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_several_options_are_chosen_up_to_the_limit_and_sent(page, panel):
    message = await panel()
    await message.get_by_role("button", name="Choose voices").click()
    done = page.get_by_role("button", name="Done")
    await expect(done).to_be_disabled()
    for name in ("wild", "calm", "lively"):
        await page.get_by_role("option", name=name).click()
    await expect(page.get_by_role("option", selected=True)).to_have_count(2)
    await done.click()
    await expect(row(page, "voices: calm, wild")).to_be_visible()


async def test_a_person_is_searched_for_and_chosen_or_nobody(page, panel):
    message = await panel()
    opener = message.get_by_role("button", name="Choose a person")
    await opener.click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await expect(opener).to_be_focused()
    await expect(page.locator(".message")).to_have_count(2)
    await opener.click()
    await page.get_by_role("searchbox", name="Search").fill("to")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.get_by_role("option", name="tom").click()
    await expect(row(page, "person: tom")).to_be_visible()


async def test_a_form_waits_for_what_it_requires_and_is_sent(page, panel):
    await (await panel()).get_by_role("button", name="Tell").click()
    form = page.get_by_role("dialog", name="Tell me")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_be_visible()
    await expect(form.locator("input:invalid")).to_be_focused()
    await expect(form.get_by_label("Topic")).to_be_focused()
    await form.get_by_label("Topic").fill("the weather")
    await form.get_by_label("Details").fill("it rains")
    await form.get_by_role("button", name="Submit").click()
    await expect(row(page, "topic: the weather")).to_be_visible()
    await expect(form).to_have_count(0)


async def test_a_form_that_fails_keeps_what_was_written(page, panel, loopback, watch):
    watch.expected.append("503")
    await (await panel()).get_by_role("button", name="Tell").click()
    form = page.get_by_role("dialog", name="Tell me")
    loopback.faults.fail("POST /interactions", status=503)
    await form.get_by_label("Topic").fill("the weather")
    await form.get_by_role("button", name="Submit").click()
    await expect(form.get_by_role("alert")).to_contain_text("The server failed to answer (503)")
    await form.get_by_role("button", name="Submit").click()
    await expect(row(page, "topic: the weather")).to_be_visible()
