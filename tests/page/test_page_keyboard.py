"""The page without a mouse: nothing here points or clicks."""

import asyncio

from page_actions import channel_button, composer, old_messages, row, suggestion
from playwright.async_api import expect


async def write(page, text: str) -> None:
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def test_writing_begins_where_the_page_opens(page, bot):
    await expect(composer(page)).to_be_focused()
    await write(page, "hello")
    await expect(row(page, "hello")).to_be_visible()


async def test_a_way_past_the_channels_shows_when_it_has_the_focus(page):
    link = page.get_by_role("link", name="Skip to the message box")
    await expect(link).not_to_be_in_viewport()
    await channel_button(page, "general").focus()
    await page.keyboard.press("Shift+Tab")
    await expect(link).to_be_focused()
    await expect(link).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_be_focused()


async def test_channels_are_walked_through(page):
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.get_by_role("heading", level=1)).to_have_text("casual")
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.get_by_role("heading", level=1)).to_have_text("general")
    await channel_button(page, "general").focus()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.get_by_role("heading", level=1)).to_have_text("casual")
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.get_by_role("heading", level=1)).to_have_text("general")
    await channel_button(page, "general").focus()
    await page.keyboard.press("ArrowDown")
    await expect(channel_button(page, "casual")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("casual")


async def test_the_last_own_message_is_edited_with_arrow_up(page, bot):
    await write(page, "helo")
    await expect(row(page, "helo")).to_have_class("message head-row")
    await page.keyboard.press("ArrowUp")
    editor = page.get_by_label("Edit the message")
    await expect(editor).to_have_value("helo")
    await editor.fill("hello")
    await page.keyboard.press("Enter")
    await expect(row(page, "hello")).to_contain_text("(edited)")
    await expect(composer(page)).to_be_focused()


async def test_messages_are_walked_through_and_answered(page, bots_channel):
    for text in ("first", "second", "third"):
        await bots_channel.send(text)
    await expect(row(page, "third")).to_be_visible()
    await page.keyboard.press("Shift+ArrowUp")
    await expect(row(page, "third")).to_be_focused()
    await page.keyboard.press("Home")
    await expect(row(page, "first")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(row(page, "second")).to_be_focused()
    await page.keyboard.press("r")
    await expect(page.get_by_text("Replying to textgen")).to_be_visible()
    await write(page, "an answer")
    await expect(row(page, "an answer")).to_contain_text("second")


async def test_a_reaction_is_given_and_a_message_deleted(page, bot):
    await write(page, "mine")
    await expect(row(page, "mine")).to_have_class("message head-row")
    await page.keyboard.press("Shift+ArrowUp")
    await page.keyboard.press("+")
    await write(page, "fire")
    await expect(page.get_by_role("button", name="🔥, 1 reaction, yours too")).to_be_visible()
    await expect(row(page, "mine")).to_be_focused()
    await page.keyboard.press("Delete")
    await expect(page.get_by_role("button", name="Delete")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".message")).to_have_count(0)
    await expect(composer(page)).to_be_focused()


async def test_a_late_answer_to_what_was_written_takes_no_reaction_away(page, bot):
    gate = asyncio.Event()

    async def held_back(route):
        answer = await route.fetch()
        if route.request.method == "POST":
            await gate.wait()
        await route.fulfill(response=answer)

    await page.route("**/messages", held_back)
    await write(page, "mine")
    await expect(row(page, "mine")).to_have_class("message head-row")
    await page.keyboard.press("Shift+ArrowUp")
    await page.keyboard.press("+")
    await write(page, "fire")
    reaction = page.get_by_role("button", name="🔥, 1 reaction, yours too")
    await expect(reaction).to_be_visible()
    async with page.expect_event("requestfinished"):
        gate.set()
    await page.wait_for_timeout(500)  # for nothing to happen
    await expect(reaction).to_be_visible()


async def test_a_messages_menu_is_worked_with_arrows(page, bot):
    await write(page, "four")
    await expect(row(page, "four")).to_have_class("message head-row")
    await page.keyboard.press("Shift+ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Add reaction")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Reply")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(row(page, "four")).to_be_focused()


async def test_a_button_keeps_the_focus_and_a_menu_is_opened(page, bot):
    await write(page, "!panel")
    again = page.get_by_role("button", name="Again")
    await again.focus()
    await page.keyboard.press("Enter")
    await expect(row(page, "pressed 1 times")).to_be_visible()
    await expect(again).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(row(page, "pressed 2 times")).to_be_visible()
    await page.get_by_role("button", name="Choose a person").focus()
    await page.keyboard.press("ArrowDown")
    await write(page, "tom")
    await expect(row(page, "person: tom")).to_be_visible()


async def test_a_command_is_found_filled_in_and_sent(page, bot):
    await page.keyboard.type("/gen")
    await expect(suggestion(page, "/generate")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.type("hi")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="+ voice")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(suggestion(page, "lively")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(row(page, "hi | 1 | lively")).to_be_visible()


async def test_older_messages_come_to_those_who_walk_up(world, general, open_page):
    world.fill_channel(general, old_messages(60))
    page = await open_page()
    await page.keyboard.press("Shift+ArrowUp")
    await page.keyboard.press("Home")
    await expect(page.get_by_text("old message 0", exact=True)).to_be_attached()
    await page.keyboard.press("Escape")
    await expect(composer(page)).to_be_focused()
