"""Light and dark, legible in both; and the policy that keeps the page to itself."""

import re

from page_actions import row, say
from playwright.async_api import Page, expect

LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
TEXTS = """() => {
  const rgb = (css) => (css.match(/[\\d.]+/g) ?? []).map(Number);
  const solid = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const shown = (node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && !node.closest(":disabled, .visually-hidden, .spoiler:not([data-open])");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text && shown(node)) found.push([text, rgb(getComputedStyle(node).color), solid(node)]);
  }
  return found;
}"""


def luminance(rgb: list[float]) -> float:
    """Return the relative luminance of a colour, its parts in 0 to 255."""
    parts = [part / 255 for part in rgb[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: list[float], second: list[float]) -> float:
    """Return the contrast ratio of two colours, in 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


async def background(page: Page) -> float:
    color = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return luminance([float(part) for part in re.findall(r"[\d.]+", color)])


async def test_the_page_is_light_or_dark_as_the_system_is(page):
    await page.emulate_media(color_scheme="light")
    assert await background(page) > 0.8
    await page.emulate_media(color_scheme="dark")
    assert await background(page) < 0.05


async def test_a_theme_is_chosen_and_kept(page):
    await page.get_by_role("button", name="Theme: as the system").click()
    await page.get_by_role("button", name="Theme: light").click()
    await expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert await background(page) < 0.05
    await page.reload()
    await expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert await background(page) < 0.05
    await page.get_by_role("button", name="Theme: dark").click()
    await expect(page.get_by_role("button", name="Theme: as the system")).to_be_visible()


async def test_every_text_stands_out_from_what_is_behind_it(page, bot, world):
    await say(page, f"**hello** `code` #casual https://example.invalid/ <@{world.you.id}>")
    for command in ("!card", "!panel", "!picture", "!typing"):
        await say(page, command)
    await expect(page.locator(".typing")).to_contain_text("typing")
    await say(page, "/whisper")
    await page.keyboard.press("Enter")
    await expect(row(page, "psst")).to_be_visible()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        texts = await page.evaluate(TEXTS)
        assert len(texts) > 40
        weak = [text for text, *colors in texts if contrast(*colors) < LEAST_CONTRAST]
        assert weak == [], scheme


async def test_nothing_moves_for_those_who_ask_for_calm(page, bot):
    await page.emulate_media(reduced_motion="reduce")
    await say(page, "!typing")
    dot = page.locator(".typing .dots i").first
    duration = await dot.evaluate("node => getComputedStyle(node).animationDuration")
    assert duration == "1e-05s"


async def test_the_content_policy_lets_nothing_foreign_run(page, watch):
    watch.expected.append("Content Security Policy")
    await page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'ran = 1'}))"
    )
    assert await page.evaluate("typeof ran") == "undefined"
    blocked = "fetch('https://example.invalid/').then(() => 'sent', () => 'blocked')"
    assert await page.evaluate(blocked) == "blocked"
