"""What a training is given of what people wrote, and of what they should not have written."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bot_harness import PAGE_ROUTE, Scene, fake_trainer, open_scene, running_bot
from private_texts import PRIVATE

from bot.loopback.world.model import User
from textgen_core.text.special_tokens import EMOJI, LINK, MENTION

ORDINARY = 60
TRAINING = "🧠 **Training** on"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=ORDINARY) as opened:
        yield opened


def said(scene: Scene, *texts: str, by: User | None = None) -> None:
    for text in texts:
        scene.world.post(scene.talk, by or scene.world.you, text)


async def learned(scene: Scene, count: int) -> list[str]:
    """Train and return what the training process is given beside the ordinary messages."""
    await scene.ask(f"!train <#{scene.talk.id}>")
    return await given(scene, count)


async def given(scene: Scene, count: int) -> list[str]:
    await scene.from_bot("MESSAGE_UPDATE", f"{TRAINING} {ORDINARY + count} messages\n`█")
    return scene.corpus()[ORDINARY:]


def on_disk(scene: Scene, texts: list[str]) -> list[str]:
    """Return which texts stand in some file of the bot's, as they are or as JSON has them."""
    files = [path for path in (scene.folder / "data").rglob("*") if path.is_file()]
    contents = [path.read_bytes() for path in files]
    forms = {text: (text.encode(), json.dumps(text)[1:-1].encode()) for text in texts}
    return [
        text
        for text, looks in forms.items()
        if any(form in content for form in looks for content in contents)
    ]


async def test_keys_addresses_and_numbers_are_not_learned(scene: Scene) -> None:
    said(scene, *(f"look: {secret} ok?" for secret in PRIVATE.values()))
    said(scene, *PRIVATE.values())  # alone there is nothing left to learn
    async with running_bot(scene, fake_trainer("hold")):
        assert await learned(scene, len(PRIVATE)) == [f"look: {LINK} ok?"] * len(PRIVATE)
        assert on_disk(scene, [f"message {ORDINARY - 1}"]) != []
        assert on_disk(scene, list(PRIVATE.values())) == []


async def test_mentions_links_and_invites_become_marks(scene: Scene) -> None:
    guild_id, you_id = scene.guild.id, scene.world.you.id
    said(
        scene,
        f"<@{you_id}>, <@!{you_id}> and <@&{guild_id}> come to <#{scene.talk.id}>",
        f"see https://example.org/users/{you_id} and <:kek:{guild_id}>",
        "join discord.gg/aBc123 or https://discord.com/invite/python",
        f"my id is {you_id}",
    )
    async with running_bot(scene, fake_trainer("hold")):
        assert await learned(scene, 4) == [
            f"{MENTION}, {MENTION} and {MENTION} come to #channel",
            f"see {LINK} and {EMOJI}kek:",
            f"join {LINK} or {LINK}",
            f"my id is {LINK}",
        ]
        assert on_disk(scene, ["aBc123", "invite/python", "example.org", f"is {you_id}"]) == []


async def test_bots_webhooks_commands_and_banned_words_are_left_out(scene: Scene) -> None:
    world = scene.world
    said(scene, "said by a bot", by=world.add_user("helper", bot=True))
    # A webhook's author has the name that it gave itself, and need not be called a bot.
    said(scene, "said by a webhook", by=world.add_user("feed"))
    list(scene.talk.messages)[-1].details.webhook_id = world.snowflakes.make()
    said(scene, "!generate a command", f"<@{world.bot.id}> generate", "?generate by a new prefix")
    said(scene, "the VOLDEMORT thing", "two\nwords", "voldemortish: a long word with any ending")
    said(scene, "two wordsmiths are others")
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask("!settings words voldemort, two words")
        await scene.ask("!settings prefix ?")
        await scene.you.say(scene.commands.id, f"?train <#{scene.talk.id}>")
        # With another prefix, "!generate" is a command to another bot: left out as well.
        assert await given(scene, 1) == ["two wordsmiths are others"]


async def test_what_is_written_into_a_message_while_it_is_read_is_left_out_too(
    scene: Scene,
) -> None:
    said(scene, *(f"mine {number}" for number in range(100)))
    mine = list(scene.talk.messages)[ORDINARY:]
    gate = scene.discord.faults.hold(PAGE_ROUTE, after=1)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        for message, secret in zip(mine, PRIVATE.values(), strict=False):
            path = f"/channels/{scene.talk.id}/messages/{message.id}"
            await scene.you.request("PATCH", path, {"content": f"now {secret}"})
        await scene.ask("!ping")  # the bot hears of things in order
        assert on_disk(scene, list(PRIVATE.values())) == []
        gate.open()
        texts = await given(scene, 100)
        assert texts[: len(PRIVATE)] == [f"now {LINK}"] * len(PRIVATE)


async def test_files_are_read_by_the_same_rules(scene: Scene) -> None:
    secrets = [f"look: {secret} ok?" for secret in PRIVATE.values()]
    others = ["!generate a command", "the voldemort thing", f"<@{scene.world.you.id}> hello"]
    content = "\n".join(json.dumps({"content": text}) for text in secrets * 2 + others)
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask("!settings words voldemort")
        files = [("chat.jsonl", content.encode())]
        await scene.you.say(scene.commands.id, "!train file", files=files)
        await scene.from_bot("MESSAGE_UPDATE", f"{TRAINING} {2 * len(secrets) + 1} messages\n`█")
        assert set(scene.corpus()) == {f"look: {LINK} ok?", f"{MENTION} hello"}
