"""The bot answers each server in its language: its own in Discord, or the one it has set.

The German here is a catalog of the test's own, in which every English sentence stands between
marks: so it is seen that each sentence comes out of a catalog, whoever has translated it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import catalogs
import pytest
from babel.messages.catalog import Catalog
from bot_harness import Scene, running_bot

from bot.app.languages import CommandTranslator
from bot.locales import messages
from bot.locales.languages import speaking
from bot.locales.messages import _
from bot.loopback.world.model import Channel

MARKS = "‹{}›"
LONGEST = 98  # with the marks it is as long as Discord lets a description be


def marked(text: str, described: set[str]) -> str:
    """Return a text between marks, but for descriptions that would be too long with them."""
    return text if text in described and len(text) > LONGEST else MARKS.replace("{}", text)


def german_of_marks() -> Catalog:
    """Return the template with a translation of everything."""
    catalog = Catalog(locale="de")
    described = {text for kind, text, _ in catalogs.slash_texts() if kind is None}
    for message in catalogs.messages(catalogs.template()):
        if isinstance(message.id, tuple):
            said: Any = tuple(MARKS.replace("{}", form) for form in message.id)
        elif message.context in ("command", "option"):
            said = f"{message.id}-de"
        else:
            said = marked(message.id, described)
        catalog.add(message.id, said, context=message.context)
    return catalog


@pytest.fixture(autouse=True)
def marked_german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = tmp_path / "locales" / "de" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(catalogs.as_text(german_of_marks()), encoding="utf-8")
    monkeypatch.setattr(messages, "FOLDER", tmp_path / "locales")
    messages.catalog.cache_clear()
    yield
    messages.catalog.cache_clear()


@pytest.fixture
def german(scene: Scene) -> Scene:
    """The server as a German one, before the bot runs."""
    scene.guild.preferred_locale = "de"
    return scene


def channel_elsewhere(scene: Scene, locale: str) -> Channel:
    """Make another server, and return its channel."""
    elsewhere = scene.world.add_guild("Elsewhere")
    elsewhere.preferred_locale = locale
    return scene.world.add_channel(elsewhere, "there")


async def test_a_server_is_answered_in_its_own_language(german: Scene) -> None:
    async with running_bot(german):
        assert "‹Nothing is training. Start with `!train #channel`.›" in await german.ask(
            "!train status"
        )
        helped = await german.ask_message("!help")
        assert helped["content"].startswith("‹**What you can ask me**›")
        labels = [one["label"] for row in helped["components"] for one in row["components"]]
        assert labels == ["‹Talk›", "‹Teach›", "‹Versions›", "‹Privacy›", "‹Settings›"]
        await german.press(helped, "‹Talk›")
        topic = (await german.next_message("MESSAGE_UPDATE"))["content"]
        assert topic.startswith("**‹Talk›**")
        assert "`!generate` · ‹Say something in this server's voice.›" in topic
        assert await german.ask("!model use 9") == (
            "‹This server has no version “9”. `!model list` shows which there are.›"
        )
        assert (await german.ask("!talk every never-ever")).startswith("‹I couldn't read")


async def test_the_setting_comes_before_what_discord_says(german: Scene) -> None:
    async with running_bot(german):
        assert "‹the language I speak here›" in await german.ask("!settings language")
        english = await german.ask("!settings language english")
        assert english.startswith("`language` **English** · the language I speak here")
        assert await german.ask("!talk unmute") == "I'm back."
    async with running_bot(german):
        assert await german.ask("!talk unmute") == "I'm back."
        assert "‹the language" in await german.ask("!settings language Deutsch")
        refused = await german.ask("!settings language klingon")
        assert refused.startswith("‹“klingon” doesn't work for `language`.")
        assert "`language` **auto**" in await german.ask("!settings language auto")


async def test_a_training_is_told_in_the_servers_language(german: Scene) -> None:
    async with running_bot(german):
        told = await german.train()
    assert "‹**Trained** on" in told
    assert "‹It guesses your next letter" in told or "‹It doesn't guess" in told


async def test_why_a_training_failed_is_told_in_the_servers_language(german: Scene) -> None:
    empty = german.world.add_channel(german.guild, "empty")
    async with running_bot(german):
        told = await german.train(empty)
        assert "‹**Not enough to learn from.**" in told
        assert "‹fewer than" in await german.ask("!train log")


async def test_two_servers_at_once_keep_their_languages(german: Scene) -> None:
    there = channel_elsewhere(german, "en-US")
    async with running_bot(german):
        for _round in range(5):
            await asyncio.gather(
                german.you.say(there.id, "!ping"), german.you.say(german.commands.id, "!ping")
            )
            heard: dict[int, str] = {}
            while len(heard) < 2:
                message = await german.you.expect(
                    "MESSAGE_CREATE", lambda data: "I'm here." in data["content"]
                )
                heard[int(message["channel_id"])] = message["content"]
            assert heard[there.id].startswith("I'm here.")
            assert heard[german.commands.id].startswith("‹I'm here.")


async def test_slash_commands_have_names_in_each_language(german: Scene) -> None:
    async with running_bot(german) as bot:
        known = await german.you.commands(german.guild.id)
        assert known["generate"]["name_localizations"] == {"de": "generate-de"}
        described = known["generate"]["description_localizations"]
        assert described == {"de": "‹Say something in this server's voice.›"}
        option = known["generate"]["options"][0]
        assert option["name_localizations"] == {"de": f"{option['name']}-de"}
        assert isinstance(bot.tree.translator, CommandTranslator)


def test_what_is_not_translated_is_english() -> None:
    with speaking("fr"):
        assert _("I'm back.") == "I'm back."
