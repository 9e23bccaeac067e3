"""The page when its line to the server breaks, or the server goes away and returns."""

from dataclasses import replace
from urllib.parse import urlsplit

from page_actions import composer, row, say
from playwright.async_api import Page, expect

from bot.loopback.server import LoopbackDiscord

REFUSED = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "WebSocket")


def connection(page: Page):
    return page.locator("#connection")


async def test_a_dropped_line_is_taken_up_again_with_what_was_missed(page, loopback, bots_channel):
    loopback.drop_connections()
    await bots_channel.send("said meanwhile")
    await expect(row(page, "said meanwhile")).to_be_visible()
    await expect(connection(page)).to_have_text("Connected")
    await expect(page.locator(".message")).to_have_count(1)


async def test_a_lost_session_is_begun_anew_where_the_reader_was(page, loopback, general, world):
    await composer(page).fill("half a thought")
    loopback.drop_connections(4000, keep_sessions=False)
    world.post(general, world.bot, "said meanwhile")
    await expect(row(page, "said meanwhile")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("general")
    await expect(composer(page)).to_have_value("half a thought")


async def test_the_page_reconnects_when_it_is_asked_to(page, loopback, bot):
    loopback.ask_to_reconnect()
    await say(page, "still here")
    await expect(row(page, "still here")).to_be_visible()
    await expect(connection(page)).to_have_attribute("data-state", "ready")


async def test_a_server_that_returns_is_found_with_one_press(page, loopback, world, watch):
    watch.expected.extend(REFUSED)
    await composer(page).fill("kept")
    port = urlsplit(loopback.url).port
    await loopback.stop()
    again = connection(page).get_by_role("button", name="Try now")
    await expect(connection(page)).to_contain_text("Reconnecting in")
    async with LoopbackDiscord(world, replace(loopback.options, port=port)):
        await again.click()
        await expect(connection(page)).to_have_text("Connected")
        await expect(composer(page)).to_have_value("kept")
        await say(page, "we meet again")
        await expect(row(page, "we meet again")).to_have_class("message head-row")
        await page.close()


async def test_what_cannot_be_sent_while_the_server_is_away_says_so(page, loopback, watch):
    watch.expected.extend(REFUSED)
    await loopback.stop()
    await say(page, "into the void")
    await expect(row(page, "into the void")).to_contain_text("The server cannot be reached")
