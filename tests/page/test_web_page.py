"""A model exported as a page, in headless Chromium: it writes what Python writes."""

import re
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from firefox import firefox
from ngram_models import with_ngrams
from playwright.async_api import Browser, Page, expect
from random_checkpoints import random_checkpoint

from textgen_core import Checkpoint, Engine, GenerationOptions, load_checkpoint
from textgen_core.export.web import web_files
from textgen_core.export.web.model_file import model_file
from textgen_core.model.bundled import model_path
from textgen_core.model.checkpoint import checkpoint_from_bytes

PIECES = (
    *(("hel", -3.0), ("lo", -4.0), (" wor", -4.5), ("ld", -4.0), ("the", -2.5), (" the", -2.0)),
    *(("ing", -3.0), ("é", -5.0), ("h", -5.0), (" a", -3.5), ("aé", -6.0), (" 😀x", -7.0)),
)
PROMPTS = ("", "hello", "I lo", "né ", "what the hel", " ", "日本 ", "😀", "the", "a\nb")
TEMPERATURES = (0.7, 1.0, 0.0, 1.3, 0.4, (0.5, 1.1, 0.8))
SAID = {"^h": {"e": 0.9}, "the": {" ": 0.5, "y": 0.2}, "e ": {"a": 0.3}}
# Models, and how many seeds each is asked for.
SEEDS = {"base": 80, "n-grams": 30, "large": 20, "pieces": 50, "pieces, n-grams": 20}
IN_PLAIN_JAVASCRIPT = 5  # of each

WRITE = """async ([model, cases, plain]) => {
  const { Engine } = await import('./textgen.js');
  const read = (name) => fetch(name).then((answer) => answer.arrayBuffer());
  const engine = new Engine(await read(model), plain ? null : await read('products.wasm'));
  return {
    inVectors: Boolean(engine.network.products.kernel),
    texts: cases.map((asked) => engine.text({ ...asked, seed: BigInt(asked.seed) })),
  };
}"""


@cache
def model_of(name: str) -> bytes:
    """Return a model as a page holds it."""
    models: dict[str, Checkpoint] = {}
    if name in ("base", "large"):
        models[name] = load_checkpoint(model_path(name))
    elif name == "n-grams":
        models[name] = with_ngrams(
            SAID, load_checkpoint(model_path("base")), own={"l": {"o": 0.7}, "^": {"I": 0.99}}
        )
    else:
        random = random_checkpoint(scores=PIECES, units=12, embedded=7, seed=3, scale=0.8)
        models[name] = with_ngrams(SAID, random) if "n-grams" in name else random
    return model_file(models[name], name, ngrams=True)


def cases(count: int) -> list[dict[str, Any]]:
    """Return ways to write, every combination of a few in turn."""
    return [
        {
            "seed": number * 7919 + (2**63 if number % 3 == 0 else 0),
            "prompt": PROMPTS[number % len(PROMPTS)],
            "temperature": TEMPERATURES[number % len(TEMPERATURES)],
            "max_chars": (40, 90, 7)[number % 3],
            "top_k": (None, 1, None, 5, None, 40, None)[number % 7],
            "top_p": (None, 0.9, 0.5, None, 0.99)[number % 5],
            "min_p": (None, None, 0.05, 0.2)[number % 4],
            "whole_sentences": number % 2 == 1,
        }
        for number in range(count)
    ]


def asked_of_page(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "seed": str(case["seed"]),
        "prompt": case["prompt"],
        "temperature": case["temperature"],
        "maxChars": case["max_chars"],
        "wholeSentences": case["whole_sentences"],
        **{"topK": case["top_k"], "topP": case["top_p"], "minP": case["min_p"]},
    }


@pytest_asyncio.fixture(loop_scope="session")
async def folder() -> AsyncIterator[str]:
    """The address of a server that has a page, and the other models beside it."""
    files = web_files(load_checkpoint(model_path("base")), "base")
    files |= {name: model_of(name) for name in SEEDS}
    kinds = {".js": "text/javascript", ".html": "text/html", ".wasm": "application/wasm"}

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["name"] or "index.html"
        kind = kinds.get(Path(name).suffix, "application/octet-stream")
        return web.Response(body=files[name], content_type=kind)

    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    yield f"http://127.0.0.1:{port}/"
    await runner.cleanup()


@pytest.fixture
def single_file(tmp_path: Path) -> str:
    """The address of a page in one file."""
    path = tmp_path / "index.html"
    (page,) = web_files(load_checkpoint(model_path("base")), "The base", single=True).values()
    path.write_bytes(page)
    return path.as_uri()


class Opened:
    """A page, and what it complained of or asked another host."""

    def __init__(self, page: Page, own: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "request", lambda asked: asked.url.startswith(own) or self.complaints.append(asked.url)
        )


@pytest_asyncio.fixture(loop_scope="session")
async def opened(browser: Browser, single_file: str) -> AsyncIterator[Page]:
    """The single file, opened without a network; at the end it must have kept to itself."""
    context = await browser.new_context(viewport={"width": 1100, "height": 860}, offline=True)
    page = await context.new_page()
    watched = Opened(page, single_file)
    await page.goto(f"{single_file}#p=good+mor&s=7")
    await expect(page.locator("#paper")).to_be_visible()
    yield page
    assert watched.complaints == []
    await context.close()


def python_text(model: bytes, case: dict[str, Any]) -> str:
    return engine_of(model).generate(GenerationOptions(**case))[0]


@cache
def engine_of(model: bytes) -> Engine:
    return Engine(checkpoint_from_bytes(model))


async def test_two_hundred_seeds_write_what_they_write_in_python(
    browser: Browser, folder: str
) -> None:
    page = await browser.new_page()
    await page.goto(folder)
    for name, count in SEEDS.items():
        wanted = [python_text(model_of(name), case) for case in cases(count)]
        asked = [asked_of_page(case) for case in cases(count)]
        written = await page.evaluate(WRITE, [name, asked, False])
        assert written == {"inVectors": True, "texts": wanted}, name
        plain = await page.evaluate(WRITE, [name, asked[:IN_PLAIN_JAVASCRIPT], True])
        assert plain == {"inVectors": False, "texts": wanted[:IN_PLAIN_JAVASCRIPT]}, name
    assert sum(SEEDS.values()) == 200
    await page.close()


async def test_firefox_writes_the_same(folder: str, tmp_path: Path) -> None:
    async with firefox(tmp_path) as browser:
        await browser.do("WebDriver:Navigate", url=folder)
        for name, count in SEEDS.items():
            some = cases(count)[::5]
            wanted = [python_text(model_of(name), case) for case in some]
            asked = [asked_of_page(case) for case in some]
            written = await browser.evaluate(WRITE, [name, asked, False])
            assert written == {"inVectors": True, "texts": wanted}, name


async def test_the_page_shows_the_line_that_python_writes(opened: Page) -> None:
    options = GenerationOptions(prompt="good mor", seed=7, temperature=0.7, max_chars=300)
    (text,) = Engine(load_checkpoint(model_path("base"))).generate(options)
    await expect(opened.locator("#mirror")).to_have_text(text, use_inner_text=False)


async def test_a_word_that_is_typed_in_part_is_gone_on_with_by_a_longer_piece(
    browser: Browser, tmp_path: Path
) -> None:
    model = random_checkpoint(scores=PIECES, units=12, embedded=7, seed=3, scale=0.8)
    path = tmp_path / "pieces.html"
    path.write_bytes(web_files(model, "Pieces", single=True)["index.html"])
    carried = engine_of(model_file(model, "Pieces", ngrams=False))
    page = await browser.new_page()
    for seed in range(3):
        options = GenerationOptions(prompt="what the hel", seed=seed, max_chars=300)
        (text,) = carried.generate(options)
        await page.goto(f"{path.as_uri()}#p=what+the+hel&s={seed}")
        await expect(page.locator("#mirror")).to_have_text(text, use_inner_text=False)
        assert "".join(await page.locator("#mirror .typed").all_text_contents()) == "what the hel"
    await page.close()


async def test_typing_changes_what_may_follow(opened: Page) -> None:
    field = opened.get_by_role("textbox")
    await field.fill("the")
    await expect(opened.locator("#mirror .typed")).to_have_count(3)
    first = opened.locator("#bars button").first
    await expect(first).to_have_accessible_name(re.compile(r".+: \d+(\.\d)?%"))
    before = await first.locator(".share").text_content()
    await opened.get_by_label("Temperature").fill("0.1")
    await expect(first.locator(".share")).not_to_have_text(before or "")
    await first.click()
    await expect(field).not_to_have_value("the")
    assert (await field.input_value()).startswith("the")


async def test_a_word_is_taken_by_the_arrow_and_a_branch_by_a_click(opened: Page) -> None:
    field = opened.get_by_role("textbox")
    await field.press("End")
    await field.press("ArrowRight")
    taken = await field.input_value()
    assert taken.startswith("good mor")
    assert len(taken) > len("good mor")
    ghosts = opened.locator("#mirror .ghost")
    begins = await ghosts.nth(4).evaluate(
        "(e) => { let n = 0; for (let b = e.previousSibling; b; b = b.previousSibling)"
        " n += b.textContent.length; return n; }"
    )
    whole = await opened.locator("#mirror").text_content()
    seed = await opened.locator("#seed").text_content()
    box = await ghosts.nth(4).bounding_box()
    assert box
    await opened.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(field).to_have_value((whole or "")[:begins])
    await expect(opened.locator("#seed")).not_to_have_text(seed or "")


async def test_a_branch_at_the_cursor_needs_no_mouse(opened: Page) -> None:
    field = opened.get_by_role("textbox")
    await field.press("Home")
    for _ in range(4):
        await field.press("ArrowRight")
    await field.press("Control+Enter")
    await expect(field).to_have_value("good")


async def test_a_link_holds_the_prompt_and_the_seed_alone(opened: Page) -> None:
    await opened.get_by_role("button", name="Copy a link").click()
    await expect(opened.locator("#told")).to_contain_text("link")
    assert opened.url.endswith("#p=good+mor&s=7")


async def test_what_is_spelled_in_bytes_is_one_bar(opened: Page) -> None:
    await opened.get_by_role("textbox").fill("日本")
    await expect(opened.locator("#mirror .typed")).to_have_text(["日", "本"])
    await opened.get_by_label("Temperature").fill("1")
    bytes_of_any = opened.get_by_role("button", name="another character")
    await expect(bytes_of_any).to_have_count(1)
    await expect(bytes_of_any).to_be_disabled()


async def test_a_text_with_marks_is_read_as_marks(opened: Page) -> None:
    field = opened.get_by_role("textbox")
    await field.fill("@user")
    await expect(opened.locator("#mirror .typed")).to_have_text(["@user"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(opened: Page, scheme: Any) -> None:
    await opened.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = await Axe().run(opened)
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]][:5])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious, "\n".join(map(str, serious))


async def test_nothing_is_wider_than_a_phone(opened: Page) -> None:
    await opened.set_viewport_size({"width": 390, "height": 800})
    assert await opened.evaluate("document.documentElement.scrollWidth") == 390
