"""Slash commands and those of menus: found, filled in, answered, refused."""

import discord
from page_actions import composer, in_menu, open_command, row, say, suggestion
from playwright.async_api import expect


async def test_a_slash_lists_the_commands_and_typing_narrows_them(page, bot):
    await composer(page).press_sequentially("/")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await expect(options).to_have_count(5)
    await expect(suggestion(page, "/generate")).to_contain_text("Write something this server")
    await expect(suggestion(page, "/train status")).to_contain_text("Tell how far a channel is.")
    await composer(page).press_sequentially("whi")
    await expect(page.get_by_role("option")).to_have_count(1)
    await composer(page).press("Enter")
    await expect(page.get_by_role("group", name="Command whisper:")).to_be_visible()


async def test_a_command_is_filled_in_and_answered(page, bot):
    form = await open_command(page, "generate")
    await expect(form.get_by_label("prompt")).to_be_focused()
    await page.keyboard.type("hello")
    await form.get_by_role("button", name="+ n").click()
    await page.keyboard.type("3")
    await form.get_by_role("button", name="+ voice").click()
    await suggestion(page, "wild").click()
    await page.keyboard.press("Enter")
    answer = row(page, "hello | 3 | wild")
    await expect(answer).to_contain_text("you used /generate")
    await expect(form).to_have_count(0)
    await expect(page.locator(".message")).to_have_count(1)


async def test_what_an_option_is_for_is_told_and_a_command_can_be_left(page, bot):
    form = await open_command(page, "generate")
    hint = page.locator(".command-hint")
    await expect(hint).to_have_text("prompt What it begins with (required)")
    await form.get_by_role("button", name="+ n").click()
    await expect(hint).to_have_text("n How many")
    await form.get_by_role("button", name="Cancel the command").click()
    await expect(composer(page)).to_have_value("")
    await expect(composer(page)).to_be_focused()


async def test_what_is_missing_or_wrong_is_told_in_words(page, bot):
    form = await open_command(page, "generate")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("prompt is required.")
    await expect(form.get_by_label("prompt")).to_have_attribute("aria-invalid", "true")
    await page.keyboard.type("hello")
    await form.get_by_role("button", name="+ n").click()
    for typed, told in (("9", "at most 5."), ("0", "at least 1."), ("x", "a number.")):
        await form.get_by_label("n", exact=True).fill(typed)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text(f"n must be {told}")
    await form.get_by_label("n", exact=True).fill("")
    await form.get_by_role("button", name="+ voice").click()
    await page.keyboard.type("shrill")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Choose one of the list for voice.")


async def test_the_bot_completes_an_option(page, bot):
    await open_command(page, "fruit")
    await page.keyboard.type("ap")
    await expect(page.get_by_role("option")).to_have_text(["apple", "apricot"])
    await suggestion(page, "apricot").click()
    await page.keyboard.press("Enter")
    await expect(row(page, "fruit APRICOT")).to_be_visible()


async def test_a_person_is_chosen_by_name(page, bot):
    form = await open_command(page, "whisper")
    await form.get_by_role("button", name="+ to").click()
    await page.keyboard.type("mi")
    await suggestion(page, "mia").click()
    await page.keyboard.press("Enter")
    await expect(row(page, "psst, mia")).to_be_visible()


async def test_a_subcommand_takes_a_channel(page, bot):
    await open_command(page, "train status")
    await suggestion(page, "casual").click()
    await page.keyboard.press("Enter")
    answer = row(page, "is learned")
    await expect(answer.get_by_role("button", name="#casual")).to_be_visible()
    await expect(answer).to_contain_text("you used /train status")


async def test_a_hidden_answer_says_so_and_can_be_dismissed(page, bot):
    await say(page, "/whisper")
    await page.keyboard.press("Enter")
    answer = row(page, "psst, nobody")
    await expect(answer).to_contain_text("Only you can see this")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(page.locator(".message")).to_have_count(0)


async def test_thinking_is_shown_until_the_answer_comes(page, bot):
    await say(page, "/slow")
    await page.keyboard.press("Enter")
    await expect(row(page, "textgen is thinking…")).to_be_visible()
    bot.go_on.set()
    await expect(row(page, "thought it over")).to_be_visible()
    await expect(page.locator(".message")).to_have_count(1)


async def test_a_command_of_a_messages_menu_gets_that_message(page, bot):
    await say(page, "four")
    await in_menu(page, row(page, "four"), "Count letters")
    await expect(row(page, "4 letters")).to_contain_text("Count letters")


async def test_a_command_that_is_not_answered_says_so(page, bot):
    async def never(interaction: discord.Interaction) -> None:
        """Leave the reader alone."""

    bot.tree.command(name="mute", description="Never answer")(never)
    await bot.tree.sync()
    await say(page, "/mute")
    await page.keyboard.press("Enter")
    pending = page.locator(".message", has_text="/mute")
    await expect(pending.get_by_role("alert")).to_contain_text("The app did not answer.")
    await pending.get_by_role("button", name="Dismiss").click()
    await expect(pending).to_have_count(0)


async def test_commands_added_later_are_offered(page, bot):
    async def later(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("here I am")

    await composer(page).press_sequentially("/")
    await expect(page.get_by_role("option")).to_have_count(5)
    await composer(page).fill("")
    bot.tree.command(name="later", description="Come later")(later)
    await bot.tree.sync()
    await composer(page).press_sequentially("/la")
    await expect(suggestion(page, "/later")).to_be_visible()
