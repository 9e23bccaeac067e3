"""A training can be seen and stopped where it is shown: button, picture, log."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial

import aiohttp
import bot_harness
import pytest
from bot_harness import Scene, fake_trainer, running_bot, until

from bot.loopback.person import Person
from bot.loopback.wire.json_fields import Payload
from bot.loopback.wire.uploads import image_size
from bot.loopback.world.model import User
from bot.loopback.world.permissions import Permission
from bot.plots.renderer import Drawing
from bot.training.loss_curve import CurvePoints

PICTURE_S = 60.0  # a second on a calm machine
EDIT_ROUTE = "PATCH /channels/{channel_id}/messages/{message_id}"


async def begun(scene: Scene) -> Payload:
    """Ask for a training and return its message once it trains."""
    await scene.ask(f"!train <#{scene.talk.id}>")
    return await scene.you.expect(
        "MESSAGE_UPDATE",
        lambda data: data["content"].startswith("🧠 **Training** on 250 messages\n`█"),
    )


async def ended(scene: Scene) -> Payload:
    return await scene.you.expect(
        "MESSAGE_UPDATE",
        lambda data: data["content"].startswith(("✅", "❌", "🛑 **Training", "💤")),
    )


def member(scene: Scene, name: str, permissions: int = 0) -> User:
    """Let somebody join the server."""
    user = scene.world.add_user(name)
    roles = [scene.world.add_role(scene.guild, name, permissions)] if permissions else []
    scene.world.add_member(scene.guild, user, roles=roles)
    return user


def untold(scene: Scene) -> int:
    with sqlite3.connect(scene.folder / "data" / "textgen.sqlite3") as connection:
        sql = "SELECT COUNT(*) FROM train_job WHERE finished_at IS NOT NULL AND told_at IS NULL"
        return int(connection.execute(sql).fetchone()[0])


async def test_the_button_stops_the_training_and_goes_with_it(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.press(await begun(scene), "Stop training")
        at_once = await scene.you.expect(
            "MESSAGE_UPDATE", lambda data: "Stopping…" in data["content"]
        )
        last = await ended(scene)
    assert at_once["components"][0]["components"][0]["disabled"]
    assert last["content"].startswith("🛑")
    assert last["components"] == []
    assert untold(scene) == 0


async def test_a_waiting_training_can_be_taken_back_by_its_own_button(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await begun(scene)
        waiting = await scene.ask_message(f"!train <#{scene.talk.id}>")
        await scene.press(waiting, "Stop training")
        assert (await ended(scene))["id"] == waiting["id"]
        assert "**Training**" in await scene.ask("!train status")


async def test_the_button_works_after_a_restart(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        message = await begun(scene)
    # Without a former state the training process holds once more.
    (scene.folder / "data" / "corpora" / "1" / "trained.safetensors.part").unlink()
    async with running_bot(scene, fake_trainer("hold")):
        await scene.press(message, "Stop training")
        assert (await ended(scene))["content"].startswith("🛑")


async def test_others_are_told_that_they_may_not(scene: Scene) -> None:
    stranger, manager = member(scene, "stranger"), member(scene, "m", Permission.MANAGE_GUILD)
    async with (
        running_bot(scene, fake_trainer("hold")),
        Person(scene.discord.url, stranger.token or "") as other,
        Person(scene.discord.url, manager.token or "") as admin,
    ):
        message = await begun(scene)
        await scene.press(message, "Stop training", other)
        answer = await other.expect("MESSAGE_CREATE", lambda data: data["flags"] & 64)
        assert "Only whoever started this training" in answer["content"]
        assert "**Training**" in await scene.ask("!train status")
        await scene.press(message, "Stop training", admin)
        assert (await ended(scene))["content"].startswith("🛑")


async def details_of(scene: Scene, message: Payload) -> Payload:
    """Press Details, and return what is shown to "you" alone."""
    await scene.press(message, "Details")
    thinking = await scene.next_message()
    assert thinking["flags"] & 64
    return await scene.you.expect(
        "MESSAGE_UPDATE", lambda data: data["id"] == thinking["id"], timeout_s=PICTURE_S
    )


async def test_details_show_figures_and_a_curve_with_its_numbers_in_words(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await begun(scene)
    curve = scene.folder / "data" / "curves" / "1.jsonl"
    assert CurvePoints(curve).points  # the first half of the picture is from before the restart
    async with running_bot(scene, fake_trainer("hold")):
        message = await ended(scene)
        assert "per character" not in message["content"]
        shown = await details_of(scene, message)
        assert "Bits per character: 3.10 before, **2.50** now" in shown["content"]
        (picture,) = shown["attachments"]
        assert (picture["width"], picture["height"]) == (800, 500)
        assert "from 3.10 to 2.50" in picture["description"]
        assert "Lower is better" in picture["description"]
        async with aiohttp.ClientSession() as web, web.get(picture["url"]) as response:
            assert image_size(await response.read()) == (800, 500)
    assert untold(scene) == 0


async def test_details_last_as_long_as_the_version(scene: Scene) -> None:
    curve = scene.folder / "data" / "curves" / "1.jsonl"
    async with running_bot(scene):
        await scene.train()
    assert curve.exists()
    async with running_bot(scene) as bot:
        message = await scene.ask_message("!model info 1")
        assert (await details_of(scene, message))["attachments"]
        await scene.ask("!model use base")
        await bot.services.versions.delete(await bot.services.versions.find(scene.guild.id, "1"))
        assert not curve.exists()


async def test_a_picture_that_cannot_be_drawn_costs_nothing_else(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.app.services.Drawing", partial(Drawing, command=("false",)))
    async with running_bot(scene):
        assert (await scene.train()).startswith("✅")
        shown = await details_of(scene, await scene.ask_message("!model info"))
        assert "Bits per character" in shown["content"]
        assert not shown["attachments"]
    assert "a picture is not drawn" in caplog.text


async def test_an_end_that_discord_did_not_take_is_told_later(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = replace(bot_harness.QUICKLY, tell_again_s=(0.0,) * 3)
    monkeypatch.setattr(bot_harness, "QUICKLY", patient)
    async with running_bot(scene, fake_trainer("hold")):
        message = await begun(scene)
        scene.discord.faults.fail(EDIT_ROUTE, times=2, status=503)
        await scene.press(message, "Stop training")
        assert (await ended(scene))["components"] == []


async def test_an_end_that_was_never_told_is_told_after_the_next_start(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        message = await begun(scene)
        scene.discord.faults.fail(EDIT_ROUTE, times=1 << 30, status=503)
        await scene.press(message, "Stop training")
        await until(lambda: untold(scene))
    scene.discord.faults.clear()
    scene.you.events.clear()
    async with running_bot(scene):
        last = await ended(scene)
    assert last["id"] == message["id"]
    assert last["components"] == []
    assert untold(scene) == 0


async def test_the_log_lists_what_was_trained_newest_first(scene: Scene) -> None:
    few = scene.world.add_channel(scene.guild, "few")
    async with running_bot(scene):
        assert "Nothing has been trained" in await scene.ask("!train log")
        await scene.train()
        await scene.train(few)
        answer = await scene.ask_message("!train log")
    newest, oldest = answer["content"].splitlines()
    assert newest.startswith("💤 <t:")
    assert f"<#{few.id}>" in newest
    assert "fewer than 50 messages" in newest
    assert oldest.startswith("✅ <t:")
    assert f"<@{scene.world.you.id}> · <#{scene.talk.id}> · 250 messages" in oldest
    assert oldest.endswith("guesses **52% better**")
    assert answer["mentions"] == []
