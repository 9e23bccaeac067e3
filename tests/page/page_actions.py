"""What is said in a channel, what a person does, and where to look for what comes of it."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, Page

START = datetime(2024, 3, 1, tzinfo=UTC)
HEARD_S = 30.0  # some milliseconds on a calm machine


def row(page: Page, text: str) -> Locator:
    """Return the last message that holds a text."""
    return page.locator(".message", has_text=text).last


def composer(page: Page) -> Locator:
    """Return the box that messages are written in."""
    return page.get_by_label("Message in")


def channel_button(page: Page, name: str) -> Locator:
    """Return a channel's entry in the list, whatever else it says about the channel."""
    return page.get_by_role("navigation", name="Channels").get_by_role("button", name=name)


def suggestion(page: Page, text: str) -> Locator:
    """Return an entry of the list above the message box."""
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option", name=text)


async def say(page: Page, text: str) -> None:
    """Write a message and send it."""
    await composer(page).fill(text)
    await composer(page).press("Enter")


async def open_command(page: Page, name: str) -> Locator:
    """Write a command out and return its form."""
    await composer(page).fill(f"/{name} ")
    form = page.get_by_role("group", name=f"Command {name}:")
    await form.wait_for()
    return form


async def in_menu(page: Page, message: Locator, entry: str) -> None:
    """Choose an entry of a message's menu."""
    await message.click(button="right", position={"x": 5, "y": 5})
    await page.get_by_role("menuitem", name=entry, exact=True).click()


def old_messages(count: int) -> list[dict[str, object]]:
    """Return messages a minute apart by two people."""
    return [
        {
            "author": ("mia", "tom")[number % 2],
            "timestamp": (START + timedelta(minutes=number)).isoformat(),
            "content": f"old message {number}",
        }
        for number in range(count)
    ]
