"""The page in headless Chromium, on a loopback Discord with a real bot."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from discord import TextChannel
from judge import Judge
from judging import judged
from page_actions import old_messages
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from showcase_bot import ShowcaseBot

from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.options import SandboxOptions
from bot.loopback.world.model import Channel, Guild
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import BOT_PERMISSIONS, World

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MS = 30_000  # some milliseconds on a calm machine
expect.set_options(timeout=WAIT_MS)
OpenPage = Callable[[], Awaitable[Page]]
HERE = Path(__file__).parent

# One browser serves all tests, so they share its event loop.
shared_loop = pytest_asyncio.fixture(loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of this folder run in the loop that the browser lives in."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@dataclass(slots=True)
class Watch:
    """What a page must not do: complain on its console, or ask another host."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        """Begin to watch."""
        page.on("console", lambda said: self._console(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part in self.expected):
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("blob", "data") and parts.netloc != self.origin:
            self.strangers.append(url)


@pytest.fixture(autouse=True)
def judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Bot and loopback Discord keep to Discord's specification."""
    yield from judged(monkeypatch, bot_errs=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def guild(world: World) -> Guild:
    may = BOT_PERMISSIONS | Permission.MANAGE_MESSAGES
    return world.add_guild("Test server", bot_permissions=may)


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.add_channel(guild, "general", topic="Everything")


@pytest.fixture
def casual(world: World, guild: Guild, general: Channel) -> Channel:
    channel = world.add_channel(guild, "casual")
    world.fill_channel(channel, old_messages(3))
    return channel


@pytest.fixture
def sandbox_options() -> SandboxOptions:
    return SandboxOptions(rate_limits=False, interaction_deadline_s=1.0)


@shared_loop
async def loopback(
    world: World, casual: Channel, sandbox_options: SandboxOptions
) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(world, sandbox_options) as server:
        yield server


@shared_loop
async def bot(loopback: LoopbackDiscord) -> AsyncIterator[ShowcaseBot]:
    bot = ShowcaseBot()
    with loopback.client_routes():
        running = asyncio.create_task(bot.start(loopback.bot_token))
        ready = asyncio.create_task(bot.wait_until_ready())  # after start has begun
        await asyncio.wait_for(ready, 10)
        await bot.tree.sync()
        yield bot
        bot.go_on.set()
        await bot.close()
        await asyncio.gather(running, return_exceptions=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: install it (apt-get install chromium) or name it in CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture
def watch(loopback: LoopbackDiscord) -> Watch:
    return Watch(urlsplit(loopback.url).netloc)


@pytest.fixture
def bots_channel(bot: ShowcaseBot, general: Channel) -> TextChannel:
    """#general as the bot sees it: to send, edit and delete in."""
    channel = bot.get_channel(general.id)
    assert isinstance(channel, TextChannel)
    return channel


@pytest.fixture
def context_settings() -> dict[str, object]:
    """What tests override to have another window."""
    return {"viewport": {"width": 1200, "height": 800}, "locale": "en-GB", "timezone_id": "UTC"}


@shared_loop
async def context(
    browser: Browser, loopback: LoopbackDiscord, context_settings: dict[str, object]
) -> AsyncIterator[BrowserContext]:
    """Open a window; it closes before the server does, which would wait for it."""
    context = await browser.new_context(**context_settings)
    context.set_default_timeout(WAIT_MS)
    yield context
    await context.close()


@shared_loop
async def open_page(
    context: BrowserContext, loopback: LoopbackDiscord, watch: Watch
) -> AsyncIterator[OpenPage]:
    """Open the page; at the end it must have kept quiet and to itself."""

    async def open_one() -> Page:
        page = await context.new_page()
        watch.on(page)
        await page.goto(loopback.url)
        await page.get_by_role("status").filter(has_text="Connected").wait_for()
        await (
            page.locator(".older", has_text="No messages yet")
            .or_(page.locator(".message"))
            .first.wait_for()
        )
        return page

    yield open_one
    assert watch.complaints == []
    assert watch.strangers == []


@shared_loop
async def page(open_page: OpenPage) -> Page:
    return await open_page()
