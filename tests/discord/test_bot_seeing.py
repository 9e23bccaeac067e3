"""!similar and !model map as a person sees them, through the real client."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from bot_harness import Scene, open_scene, running_bot

from bot.insights.recent_messages import LEAST_MESSAGES, MAX_MESSAGES
from bot.loopback.person import Person
from bot.loopback.state.options import SandboxOptions
from bot.loopback.wire.uploads import image_size
from bot.loopback.world.model import Overwrite
from bot.loopback.world.permissions import Permission

FOUND = re.compile(r"`(-?\d\.\d\d)` https://discord\.com/channels/(\d+)/(\d+)/(\d+)\n> (.*)")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=60) as opened:
        yield opened


async def asked(scene: Scene, command: str, person: Person | None = None) -> str:
    """Return what the bot answers in the channel where people talk."""
    await (person or scene.you).say(scene.talk.id, command)
    return str((await scene.next_message())["content"])


def texts_in(answer: str) -> list[str]:
    return [text for *_, text in FOUND.findall(answer)]


async def test_the_likest_messages_are_linked_the_likest_first(scene: Scene) -> None:
    async with running_bot(scene):
        answer = await asked(scene, "!similar Message 17")
        assert answer.startswith("Most similar of the last 60 messages:")
        found = FOUND.findall(answer)
        assert len(found) == 5
        cosines = [float(cosine) for cosine, *_ in found]
        assert cosines == sorted(cosines, reverse=True)
        assert all(-1 <= cosine <= 1 for cosine in cosines)
        said = {str(message.id): message.content for message in scene.talk.messages}
        for _, guild_id, channel_id, message_id, text in found:
            assert (guild_id, channel_id) == (str(scene.guild.id), str(scene.talk.id))
            assert said[message_id] == text
        exactly = FOUND.findall(await asked(scene, "!similar message 17"))[0]
        assert (exactly[0], exactly[4]) == ("1.00", "message 17")


async def test_the_slash_command_sees_the_same(scene: Scene) -> None:
    async with running_bot(scene):
        option = {"type": 3, "name": "text", "value": "message 17"}
        await scene.you.run(scene.guild.id, scene.talk.id, "similar", option)
        assert texts_in(await scene.from_bot())[0] == "message 17"


async def test_nobody_is_pinged_and_nothing_private_is_shown(scene: Scene) -> None:
    you = scene.world.you
    scene.world.post(scene.talk, you, f"@everyone call <@{you.id}> and <@&{scene.guild.id}>")
    scene.world.post(scene.talk, you, "my key is AKIAIOSFODNN7EXAMPLE, hello everyone")
    async with running_bot(scene):
        for words in ("@everyone call <@1> and <@&2>", "my key is AKIA, hello everyone"):
            await scene.you.say(scene.talk.id, f"!similar {words}")
            message = await scene.next_message()
            assert message["mentions"] == []
            assert message["mention_roles"] == []
            assert message["mention_everyone"] is False
            assert "AKIAIOSFODNN7EXAMPLE" not in message["content"]
            assert "@everyone" not in message["content"]


async def test_what_is_not_learned_is_not_found(scene: Scene) -> None:
    """Bots, commands, members who opted out, banned words; equal texts are found once."""
    ann = scene.world.add_user("ann")
    scene.world.add_member(scene.guild, ann)
    scene.world.post(scene.talk, scene.world.bot, "said by a bot")
    scene.world.post(scene.talk, scene.world.you, "!said as a command")
    scene.world.post(scene.talk, scene.world.you, "said voldemort")
    scene.world.post(scene.talk, ann, "said by ann")
    for _ in range(7):
        scene.world.post(scene.talk, scene.world.you, "said often")
    async with running_bot(scene), Person(scene.discord.url, ann.token or "") as person:
        await scene.ask("!settings words voldemort")

        async def is_found(text: str) -> bool:
            found = texts_in(await asked(scene, f"!similar {text}"))
            assert len(set(found)) == 5
            return found[0] == text

        assert await is_found("said often")
        assert await is_found("said by ann")
        for text in ("said by a bot", "!said as a command", "said voldemort"):
            assert not await is_found(text)
        await person.run(scene.guild.id, scene.talk.id, "privacy", {"type": 1, "name": "out"})
        await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
        assert not await is_found("said by ann")
        await scene.ask("!settings learns files")
        assert "only learn from files" in await asked(scene, "!similar said")


async def test_a_sample_is_bounded(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=2 * MAX_MESSAGES) as scene, running_bot(scene):
        answer = await asked(scene, "!similar message 7")
        assert f"of the last {MAX_MESSAGES} messages" in answer
        assert scene.pages() == MAX_MESSAGES / 100


async def test_too_little_to_compare_is_told(scene: Scene) -> None:
    async with running_bot(scene):
        answer = await scene.ask("!similar hello")
        assert f"{LEAST_MESSAGES} different ones" in answer
        assert "There are no words in that" in await asked(scene, "!similar https://example.org")
        assert "Something is missing: text" in await asked(scene, "!similar")


async def test_who_may_not_read_the_history_is_refused(scene: Scene) -> None:
    eve = scene.world.add_user("eve")
    scene.world.add_member(scene.guild, eve)
    reading = Permission.READ_MESSAGE_HISTORY
    async with running_bot(scene), Person(scene.discord.url, eve.token or "") as person:
        scene.talk.overwrites.append(Overwrite(eve.id, 1, deny=reading))
        scene.discord.announce_channel(scene.talk)
        refusal = await asked(scene, "!similar hello", person)
        assert "You need the permission Read Message History" in refusal


async def test_the_rules_of_talking_hold(scene: Scene) -> None:
    async with running_bot(scene, member_per_minute=2):
        await scene.ask(f"!talk deny <#{scene.talk.id}>")
        assert "asked me not to write" in await asked(scene, "!similar hello")
        await scene.ask(f"!talk allow <#{scene.talk.id}>")
        await asked(scene, "!similar hello")
        assert "limit of 2 a minute" in await asked(scene, "!similar hello")


async def test_without_content_it_is_told_what_is_missing(tmp_path: Path) -> None:
    options = SandboxOptions(rate_limits=False, message_content_intent=False)
    async with (
        open_scene(tmp_path, options=options) as scene,
        running_bot(scene, message_content=False),
    ):
        answer = await asked(scene, f"<@{scene.world.bot.id}> similar hello")
    assert "don't have the Message Content Intent" in answer


async def test_the_map_is_a_picture_with_an_explanation(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.you.say(scene.talk.id, "!model map")
        message = await scene.next_message()
        assert message["content"].startswith("A map of the last 60 messages")
        (attachment,) = message["attachments"]
        async with aiohttp.ClientSession() as http, http.get(attachment["url"]) as answer:
            picture = await answer.read()
        assert image_size(picture) == (800, 500)
        await scene.you.run(scene.guild.id, scene.talk.id, "model", {"type": 1, "name": "map"})
        message = await scene.next_message()
        while not message["attachments"]:
            message = await scene.next_message("MESSAGE_UPDATE")
        assert "different ones" in await scene.ask("!model map")


async def test_a_map_that_cannot_be_sent_or_drawn_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (sys.executable, "-c", "raise SystemExit('no matplotlib here')")
    monkeypatch.setattr("bot.app.services.MAP", broken)
    async with running_bot(scene):
        assert "couldn't draw the map" in await asked(scene, "!model map")
        for role in scene.guild.roles.values():
            role.permissions &= ~Permission.ATTACH_FILES
            scene.discord.announce_role(scene.guild, role)
        assert "Give me Attach Files, or use `/model`" in await asked(scene, "!model map")
