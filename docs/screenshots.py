"""Makes docs/images anew: a conversation with the bot on the loopback Discord's page.

    python docs/screenshots.py [--channel FILE.jsonl.gz] [--folder FOLDER] [--web]

Trains in full, so it takes some minutes; needs Chromium. Those in the repository were made
with the channel that comes with the program. With --web, the page that the base model is
exported to alone.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, async_playwright, expect

from bot.cli.demo import BUNDLED_CHANNEL, demo_bot, demo_world
from bot.config import load_settings
from bot.loopback.state.options import SandboxOptions
from textgen_core import base_weights_path, load_checkpoint
from textgen_core.export import WebOptions, export_model

FOLDER = Path(__file__).parent / "images"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDTH, TALLEST, SCALE = 960, 1000, 1.5
MARGIN = 8
WEB_PICTURES = (("web", "light", 1000, 850), ("web_phone", "dark", 390, 844))
TRAIN_S = 120.0
PATIENCE_MS = 600_000


def chromium() -> str:
    """Return where Chromium is."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise SystemExit("no Chromium: apt-get install chromium, or name it in CHROMIUM")
    return path


async def web(folder: Path) -> None:
    """Take pictures of the base model's page: by day on a desk, by night on a phone."""
    with tempfile.TemporaryDirectory() as place:
        page_file = Path(place, "base.html")
        model = load_checkpoint(base_weights_path())
        options = WebOptions("The base model", single=True)
        export_model(model, "web", page_file, web=options)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox"]
            )
            for name, scheme, width, height in WEB_PICTURES:
                page = await browser.new_page(
                    viewport={"width": width, "height": height},
                    device_scale_factor=SCALE,
                    color_scheme=scheme,
                )
                await page.goto(f"{page_file.as_uri()}#p=the+best+thing+about+&s=14")
                await expect(page.locator("#mirror .ghost").nth(100)).to_be_visible()
                await page.wait_for_timeout(2_000)
                keep(await page.screenshot(animations="disabled"), folder / f"{name}.png")
            await browser.close()


async def main(channel: Path, folder: Path) -> None:
    """Talk with the bot and take pictures of it."""
    path = chromium()
    settings = load_settings(None, train_budget_s=TRAIN_S)
    demo = demo_world(channel)
    async with (
        demo_bot(demo, SandboxOptions(rate_limits=False), settings) as (discord, bot, _),
        async_playwright() as playwright,
    ):
        await bot.wait_until_serving()
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = await browser.new_context(
            viewport={"width": WIDTH, "height": TALLEST},
            device_scale_factor=SCALE,
            color_scheme="dark",
            locale="en-GB",
        )
        page = await context.new_page()
        await page.goto(discord.url)
        await page.get_by_role("status").filter(has_text="Connected").wait_for()
        await converse(page, folder)
        await context.close()
        await browser.close()


async def converse(page: Page, folder: Path) -> None:
    """Ask for what the pictures show, one after the other."""
    await say(page, "!train #casual")
    progress = last(page, "Training")
    await expect(progress).to_contain_text("left", timeout=PATIENCE_MS)
    await page.wait_for_timeout(20_000)
    await shoot(page, folder / "training.png", messages=2)
    trained = last(page, "guesses your next letter")
    await trained.get_by_role("button", name="Details").wait_for(timeout=PATIENCE_MS)
    await say(page, "!generate")
    await written(page, 1)
    await shoot(page, folder / "talking.png", messages=4)
    await trained.get_by_role("button", name="Details").click()
    await last(page, "Bits per character").locator(".picture img").wait_for(timeout=PATIENCE_MS)
    await shoot(page, folder / "details.png", messages=1)
    await say(page, "!generate --n 3 --length 120")
    await written(page, 2)
    await last(page, "Another one").get_by_role("button", name="More…").click()
    await last(page, "What should I do").wait_for()
    await shoot(page, folder / "generate.png", messages=3)
    await say(page, "!help")
    await last(page, "What you can ask me").wait_for()
    await shoot(page, folder / "help.png", messages=2)
    await say(page, "/settings")
    await page.keyboard.press("Enter")
    await last(page, "This server's settings").wait_for()
    await shoot(page, folder / "settings.png", messages=1)
    channels = page.get_by_role("navigation", name="Channels")
    await channels.get_by_role("button", name="casual").click()
    await say(page, "!model map")
    await last(page, "A map of the last").locator(".picture img").wait_for(timeout=PATIENCE_MS)
    await shoot(page, folder / "map.png", messages=2)


async def written(page: Page, count: int) -> None:
    """Wait for so many generated texts."""
    await expect(page.get_by_role("button", name="Another one")).to_have_count(count)


async def say(page: Page, text: str) -> None:
    """Write a message and send it."""
    box = page.get_by_label("Message in")
    await box.fill(text)
    await box.press("Enter")


def last(page: Page, text: str) -> Locator:
    """Return the last message that holds a text."""
    return page.locator(".message", has_text=text).last


async def shoot(page: Page, path: Path, *, messages: int) -> None:
    """Take a picture of the window, as high as the last messages are."""
    await page.set_viewport_size({"width": WIDTH, "height": TALLEST})
    await page.evaluate("document.activeElement.blur()")
    await page.wait_for_timeout(1_000)  # for what slides in, and pictures that are decoded
    above = await page.locator("header").last.bounding_box()
    first = await page.locator(".message").nth(-messages).bounding_box()
    assert above is not None
    assert first is not None
    spare = first["y"] - above["y"] - above["height"] - MARGIN
    await page.set_viewport_size({"width": WIDTH, "height": TALLEST - int(spare)})
    await page.wait_for_timeout(500)
    keep(await page.screenshot(animations="disabled"), path)


def keep(picture: bytes, path: Path) -> None:
    """Write a picture in 256 colours."""
    taken = Image.open(io.BytesIO(picture))
    palette = taken.convert("RGB").quantize(256, dither=Image.Dither.NONE, kmeans=1)
    palette.save(path, optimize=True)  # a third of what Chromium makes of it
    print(path, flush=True)  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channel", type=Path, default=BUNDLED_CHANNEL, help="what is learned")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pictures go")
    parser.add_argument("--web", action="store_true", help="only the page of the base model")
    asked = parser.parse_args()
    asyncio.run(web(asked.folder) if asked.web else main(asked.channel, asked.folder))
