"""Writing: sending, completing names, attaching, editing, deleting, and when it fails."""

import asyncio

from page_actions import HEARD_S, channel_button, composer, in_menu, row, say, suggestion
from playwright.async_api import expect
from showcase_bot import png

from bot.loopback.world.model import Overwrite
from bot.loopback.world.permissions import Permission

SEND = "POST /channels/{channel_id}/messages"


async def test_shift_and_enter_begin_a_new_line(page, bot):
    heard = bot.wait_for("message", timeout=HEARD_S)
    await composer(page).press_sequentially("one")
    await composer(page).press("Shift+Enter")
    await composer(page).press_sequentially("two")
    await composer(page).press("Enter")
    assert (await heard).content == "one\ntwo"


async def test_enter_sends_what_is_written_and_nothing_else(page, bot):
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await composer(page).fill("   ")
    await composer(page).press("Enter")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await expect(page.locator(".message")).to_have_count(0)
    await say(page, "hello there")
    await expect(row(page, "hello there")).to_contain_text("you")
    await expect(composer(page)).to_have_value("")
    await expect(composer(page)).to_be_focused()


async def test_a_message_too_long_stays_and_says_by_how_much(page):
    await say(page, "x" * 2003)
    await expect(page.get_by_role("alert")).to_have_text("The message is 3 characters too long.")
    await expect(page.get_by_label("-3 characters left")).to_be_visible()
    await expect(composer(page)).to_have_value("x" * 2003)


async def test_a_draft_waits_in_its_channel(page):
    await composer(page).fill("half a thought")
    await channel_button(page, "casual").click()
    await expect(composer(page)).to_have_value("")
    await channel_button(page, "general").click()
    await expect(composer(page)).to_have_value("half a thought")


async def test_a_channel_is_completed_and_sent_as_a_mention(page, bot, casual):
    heard = bot.wait_for("message", timeout=HEARD_S)
    await composer(page).press_sequentially("!train #cas")
    await expect(suggestion(page, "casual")).to_have_attribute("aria-selected", "true")
    await composer(page).press("Tab")
    await expect(composer(page)).to_have_value("!train #casual ")
    await composer(page).press("Enter")
    assert (await heard).content == f"!train <#{casual.id}>"


async def test_a_name_typed_out_is_a_mention_too(page, bot, world):
    heard = bot.wait_for("message", timeout=HEARD_S)
    await say(page, "hey @textgen, `@textgen`")
    message = await heard
    assert message.content == f"hey <@{world.bot.id}>, `@textgen`"


async def test_an_emoji_is_completed_or_picked(page):
    await composer(page).press_sequentially("well :tad")
    await suggestion(page, "tada").click()
    await expect(composer(page)).to_have_value("well 🎉 ")
    await page.get_by_role("button", name="Insert an emoji").click()
    await page.get_by_role("searchbox", name="Find an emoji").fill("fire")
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("well 🎉 🔥")
    await expect(composer(page)).to_be_focused()


async def test_files_are_sent_with_the_message(page, bot):
    heard = bot.wait_for("message", timeout=HEARD_S)
    async with page.expect_file_chooser() as chosen:
        await page.get_by_role("button", name="Attach files").click()
    picture = {"name": "view.png", "mimeType": "image/png", "buffer": png(60, 40)}
    note = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"a note"}
    dropped = {"name": "no.txt", "mimeType": "text/plain", "buffer": b"no"}
    await (await chosen.value).set_files([picture, note, dropped])
    await page.get_by_role("button", name="Remove no.txt").click()
    await say(page, "look")
    message = await heard
    assert [file.filename for file in message.attachments] == ["view.png", "note.txt"]
    assert await message.attachments[1].read() == b"a note"
    await expect(row(page, "look").get_by_role("img", name="view.png")).to_be_visible()
    await expect(page.get_by_role("list", name="Files to send")).to_be_hidden()


async def test_ones_own_message_is_edited_in_its_place_or_left(page, bot):
    await say(page, "as it was")
    await in_menu(page, row(page, "as it was"), "Edit")
    await page.get_by_label("Edit the message").fill("something else")
    await page.get_by_role("button", name="Cancel").click()
    await expect(row(page, "as it was")).not_to_contain_text("(edited)")
    await in_menu(page, row(page, "as it was"), "Edit")
    heard = bot.wait_for("message_edit", timeout=HEARD_S)
    await page.get_by_label("Edit the message").fill("hello")
    await page.get_by_label("Edit the message").press("Enter")
    assert (await heard)[1].content == "hello"
    await expect(row(page, "hello")).to_contain_text("(edited)")
    await expect(composer(page)).to_be_focused()


async def test_a_message_is_deleted_once_that_is_confirmed(page, bot):
    await say(page, "a mistake")
    await in_menu(page, row(page, "a mistake"), "Delete")
    asked = page.get_by_role("dialog", name="Delete this message?")
    await asked.get_by_role("button", name="Cancel").click()
    await expect(row(page, "a mistake")).to_be_visible()
    await in_menu(page, row(page, "a mistake"), "Delete")
    heard = bot.wait_for("message_delete", timeout=HEARD_S)
    await asked.get_by_role("button", name="Delete").click()
    assert (await heard).content == "a mistake"
    await expect(page.locator(".message")).to_have_count(0)


async def test_a_message_that_failed_is_sent_again_or_thrown_away(page, bot, loopback, watch):
    watch.expected.append("500")
    loopback.faults.fail(SEND)
    await say(page, "important")
    failed = row(page, "important")
    await expect(failed).to_contain_text("The server failed to answer (500)")
    await failed.get_by_role("button", name="Send again").click()
    await expect(failed.get_by_role("alert")).to_have_count(0)
    await expect(page.locator(".message")).to_have_count(1)
    assert bot.heard == ["important"]
    loopback.faults.fail(SEND)
    await say(page, "never mind")
    await row(page, "never mind").get_by_role("button", name="Discard").click()
    await expect(page.locator(".message")).to_have_count(1)


async def test_a_message_under_way_is_shown_at_once(page, loopback):
    gate = loopback.faults.hold(SEND)
    await say(page, "on its way")
    await asyncio.wait_for(gate.reached.wait(), HEARD_S)
    await expect(row(page, "on its way")).to_have_class("message head-row unsent")
    gate.open()
    await expect(row(page, "on its way")).to_have_class("message head-row")


async def test_where_one_may_not_write_the_box_says_so(world, guild, open_page):
    other = world.add_user("owner")
    guild.owner_id = other.id
    quiet = world.add_channel(guild, "quiet")
    quiet.overwrites.append(Overwrite(guild.id, 0, 0, int(Permission.SEND_MESSAGES)))
    page = await open_page()
    await channel_button(page, "quiet").click()
    box = page.get_by_label("You do not have the permission to write here.")
    await expect(box).to_be_disabled()
    for name in ("Send", "Attach files", "Insert an emoji"):
        await expect(page.get_by_role("button", name=name)).to_be_disabled()
