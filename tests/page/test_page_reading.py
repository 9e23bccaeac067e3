"""What the page shows: channels, history, markdown, embeds, pictures, files."""

import asyncio
import re

import discord
from page_actions import channel_button, old_messages, row, say
from playwright.async_api import expect


async def test_channels_and_their_messages_are_shown(page, bot):
    await expect(page.get_by_role("heading", level=1)).to_have_text("general")
    await channel_button(page, "casual").click()
    await expect(page.locator(".message")).to_have_count(3)
    await expect(row(page, "old message 0")).to_contain_text("mia")
    await expect(page).to_have_title("#casual · Test server")


async def test_a_channel_begins_with_its_name_and_what_it_is_for(page):
    start = page.locator(".older")
    await expect(start.get_by_role("heading", name="#general")).to_be_visible()
    await expect(start).to_contain_text("Everything")
    await expect(start).to_contain_text("No messages yet. Say something, or type / to see")


async def test_a_channels_beginning_is_whole_above_a_long_history(world, general, open_page):
    world.fill_channel(general, old_messages(20))
    page = await open_page()
    heading = await page.get_by_role("heading", name="#general").bounding_box()
    start = await page.locator(".older").bounding_box()
    first = await page.get_by_role("separator").first.bounding_box()
    last_line = await page.get_by_text("This is where the channel begins").bounding_box()
    assert heading["y"] + heading["height"] <= last_line["y"]
    assert last_line["y"] + last_line["height"] <= start["y"] + start["height"] <= first["y"] + 1


async def test_a_topic_is_read_as_markdown(world, general, open_page):
    general.topic = "Type `!generate` **now**"
    page = await open_page()
    topic = page.locator(".topbar .topic")
    await expect(topic).to_have_text("Type !generate now")
    await expect(topic.locator("code")).to_have_text("!generate")


async def test_the_channel_in_the_address_is_opened(page, casual):
    await channel_button(page, "casual").click()
    await expect(page).to_have_url(re.compile(f"#{casual.id}$"))
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("casual")


async def test_markdown_becomes_elements_and_code_keeps_its_marks(page):
    await say(page, "**bold** *slanted* ~~gone~~ `code`\n> quoted\n- one\n- two")
    message = row(page, "bold")
    await expect(message.locator("strong")).to_have_text("bold")
    await expect(message.locator("em")).to_have_text("slanted")
    await expect(message.locator("s")).to_have_text("gone")
    await expect(message.locator("code")).to_have_text("code")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    await expect(message.locator("ul > li")).to_have_text(["one", "two"])
    await say(page, "```py\nprint('**not bold**')\n```")
    await expect(page.get_by_label("py code")).to_have_text("print('**not bold**')")


async def test_html_in_a_message_stays_text(page):
    await say(page, "<img src=x onerror=alert(1)> <b>loud</b>")
    message = row(page, "<b>loud</b>")
    await expect(message.locator("img, b")).to_have_count(0)


async def test_a_spoiler_shows_when_it_is_pressed(page):
    await say(page, "the end: ||everybody lives||")
    spoiler = page.get_by_role("button", name="Spoiler, press to show")
    await expect(page.get_by_text("everybody lives")).to_be_hidden()
    await spoiler.click()
    await expect(page.get_by_text("everybody lives")).to_be_visible()


async def test_a_mentioned_channel_is_a_way_to_it(page):
    await say(page, "look at #casual")
    await row(page, "look at").get_by_role("button", name="#casual").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("casual")


async def test_being_mentioned_stands_out(page, bots_channel, world):
    await bots_channel.send(f"<@{world.you.id}> look")
    await expect(row(page, "look")).to_have_class("message head-row mentions-me")
    await expect(row(page, "look")).to_contain_text("@you")


async def test_an_embed_shows_its_parts_and_its_picture_once(page, bot):
    await say(page, "!card")
    embed = page.get_by_role("article")
    await expect(embed).to_contain_text("Training")
    await expect(embed.locator("strong")).to_have_text("Learning")
    await expect(embed.get_by_role("term")).to_have_text(["Epoch", "Bits per character"])
    await expect(embed.get_by_role("definition")).to_have_text(["3 of 8", "2.14"])
    pictures = page.locator(".message img")
    await expect(pictures).to_have_count(1)
    assert await pictures.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320


async def test_a_picture_opens_in_full_and_closes(page, bot):
    await say(page, "!picture")
    await page.get_by_role("button", name="Open picture a view").click()
    opened = page.get_by_role("dialog", name="a view")
    await expect(opened.get_by_role("img", name="a view")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(opened).to_have_count(0)


async def test_an_attached_file_can_be_saved(page, bot):
    await say(page, "!picture")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="log.txt").click()
    saved = await started.value
    assert saved.suggested_filename == "log.txt"
    content = await asyncio.to_thread((await saved.path()).read_bytes)
    assert content == b"bits"


async def test_a_picture_on_another_host_is_not_fetched(page, bots_channel):
    embed = discord.Embed(title="far away").set_image(url="https://example.invalid/far.png")
    await bots_channel.send(embed=embed)
    link = page.get_by_role("link", name="Picture on another site")
    await expect(link).to_have_attribute("href", "https://example.invalid/far.png")
    await expect(page.locator(".message img")).to_have_count(0)


async def test_scrolling_up_brings_older_messages_and_a_press_leads_back(world, general, open_page):
    world.fill_channel(general, old_messages(120))
    page = await open_page()
    await expect(page.get_by_text("old message 119", exact=True)).to_be_in_viewport()
    await expect(page.get_by_text("old message 69", exact=True)).to_have_count(0)
    await page.get_by_role("list", name="Messages in general").hover()
    await page.mouse.wheel(0, -20_000)
    await expect(page.get_by_text("old message 20", exact=True)).to_be_attached()
    await expect(page.get_by_text("old message 70", exact=True)).to_be_in_viewport()
    await page.mouse.wheel(0, -20_000)
    await expect(page.get_by_text("old message 0", exact=True)).to_be_attached()
    await expect(page.locator(".older")).to_contain_text("This is where the channel begins.")
    await page.get_by_role("button", name="Jump to the present").click()
    await expect(page.get_by_text("old message 119", exact=True)).to_be_in_viewport()


async def test_a_channel_with_news_says_so_until_it_is_read(page, bot, casual):
    channel = bot.get_channel(casual.id)
    await channel.send("news")
    await expect(channel_button(page, "casual, unread")).to_be_visible()
    await expect(page).to_have_title("(1) #general · Test server")
    await channel_button(page, "casual").click()
    await expect(row(page, "news")).to_be_visible()
    await expect(channel_button(page, "casual, unread")).to_have_count(0)
