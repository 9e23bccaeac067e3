"""What changes under the reader's eyes: edits, typing, reactions, deletions, replies."""

import discord
from page_actions import HEARD_S, channel_button, in_menu, row, say
from playwright.async_api import expect


async def test_an_edit_replaces_the_text_where_it_stands(page, bot):
    await say(page, "!progress")
    message = row(page, "collecting: 0 messages")
    await expect(message).not_to_contain_text("(edited)")
    bot.go_on.set()
    await expect(row(page, "collecting: 200 messages")).to_contain_text("(edited)")
    await expect(page.locator(".message")).to_have_count(2)


async def test_who_types_is_told_on_either_side(page, bot):
    heard = bot.wait_for("typing", timeout=HEARD_S)
    await page.get_by_label("Message in").press_sequentially("hm")
    _, user, _ = await heard
    assert user.name == "you"
    await say(page, "!typing")
    line = page.get_by_role("form", name="Write a message").locator(".typing")
    await expect(line).to_have_text("textgen is typing…")
    await expect(channel_button(page, "general, somebody is typing")).to_be_visible()
    bot.go_on.set()
    await expect(row(page, "done typing")).to_be_visible()
    await expect(line).to_be_empty()


async def test_a_reaction_is_given_taken_back_and_cleared(page, bots_channel):
    message = await bots_channel.send("like this")
    await message.add_reaction("👍")
    chip = page.get_by_role("button", name="👍, 1 reaction")
    await expect(chip).to_have_attribute("aria-pressed", "false")
    await chip.click()
    mine = page.get_by_role("button", name="👍, 2 reactions, yours too")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await expect(page.get_by_role("button", name="👍, 1 reaction", exact=True)).to_be_visible()
    await message.clear_reactions()
    await expect(page.get_by_role("button", name="👍")).to_have_count(0)


async def test_an_emoji_is_found_by_name_and_reaches_the_bot(page, bot, bots_channel):
    await bots_channel.send("like this")
    await row(page, "like this").hover()
    await page.get_by_role("button", name="Add reaction").click()
    await page.get_by_role("searchbox", name="Find an emoji").fill("tada")
    heard = bot.wait_for("raw_reaction_add", timeout=HEARD_S)
    await page.get_by_role("option", name="tada").click()
    assert str((await heard).emoji) == "🎉"
    await expect(page.get_by_role("button", name="🎉, 1 reaction, yours too")).to_be_visible()


async def test_a_deleted_message_disappears_and_its_answer_says_so(page, bots_channel):
    original = await bots_channel.send("short-lived")
    await original.reply("an answer")
    answer = row(page, "an answer")
    await expect(answer.get_by_role("button", name="short-lived")).to_be_visible()
    await original.delete()
    await expect(answer).to_contain_text("The message replied to is gone.")
    await expect(page.locator(".message")).to_have_count(1)


async def test_many_messages_deleted_at_once_disappear(page, bots_channel):
    kept = await bots_channel.send("kept")
    gone = [await bots_channel.send(f"gone {number}") for number in range(3)]
    await expect(row(page, "gone 2")).to_be_visible()
    await bots_channel.delete_messages(gone)
    await expect(page.locator(".message")).to_have_count(1)
    await expect(row(page, kept.content)).to_be_visible()


async def test_an_answer_leads_to_what_it_answers(world, general, open_page, bots_channel):
    first = await bots_channel.send("the first of many")
    for number in range(70):
        world.post(general, world.bot, f"filler {number}")
    await bots_channel.send("back to it", reference=first)
    page = await open_page()
    await expect(page.get_by_text("the first of many")).to_have_count(1)
    await row(page, "back to it").get_by_role("button", name="the first of many").click()
    original = page.locator(".message .body", has_text="the first of many")
    await expect(original).to_be_in_viewport()


async def test_a_reply_names_whom_it_answers_and_reaches_the_bot(page, bot, bots_channel):
    sent = await bots_channel.send("a question")
    await in_menu(page, row(page, "a question"), "Reply")
    await expect(page.get_by_text("Replying to textgen")).to_be_visible()
    heard = bot.wait_for("message", check=lambda message: not message.author.bot, timeout=HEARD_S)
    await page.keyboard.type("an answer")
    await page.keyboard.press("Enter")
    answer = await heard
    assert answer.type is discord.MessageType.reply
    assert answer.reference.message_id == sent.id
    await expect(row(page, "an answer")).to_contain_text("a question")
    await expect(page.get_by_text("Replying to")).to_be_hidden()


async def test_a_new_message_is_said_to_those_who_listen(page, bots_channel):
    await bots_channel.send("**loud** news")
    await expect(page.locator("#announcer")).to_have_text("textgen: loud news")


async def test_a_channel_made_renamed_or_deleted_changes_the_list(page, loopback, world, guild):
    made = world.add_channel(guild, "brand-new")
    loopback.announce_channel(made, "CHANNEL_CREATE")
    await expect(channel_button(page, "brand-new")).to_be_visible()
    made.name = "renamed"
    loopback.announce_channel(made)
    # Asked for after the channel has gone, its messages would not be found.
    async with page.expect_response(f"**/channels/{made.id}/messages*"):
        await channel_button(page, "renamed").click()
    loopback.delete_channel(made)
    await expect(page.get_by_role("heading", level=1)).to_have_text("general")
    await expect(channel_button(page, "renamed")).to_have_count(0)
