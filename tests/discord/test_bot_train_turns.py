"""Whose training comes next, who may take it back, and how many may wait or run."""

from __future__ import annotations

import asyncio

from bot_harness import WAIT_S, Scene, fake_trainer, rows, running_bot

from bot.loopback.person import Person
from bot.loopback.world.permissions import Permission
from bot.presentation import training

EDIT_ROUTE = "PATCH /channels/{channel_id}/messages/{message_id}"


async def test_trainings_wait_their_turn_and_can_be_taken_back(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold"), train_max_waiting=2):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        assert "1 other training comes first" in await scene.ask(f"!train <#{scene.talk.id}>")
        assert "2 other trainings come first" in await scene.ask(f"!train <#{scene.talk.id}>")
        assert "already has 2 trainings waiting" in await scene.ask(f"!train <#{scene.talk.id}>")
        status = await scene.ask("!train status")
        assert "**Training**" in status
        assert "1 other training comes first" in status
        assert "2 other trainings come first" in status
        assert "Stopping 3 trainings" in await scene.ask("!train cancel")
        assert {await scene.outcome() for _ in range(3)} == {training.cancelled()}
        assert "stopped" in await scene.ask("!train status")
    assert [status for status, _ in scene.job_rows()] == ["cancelled"] * 3
    assert scene.left_texts() == []


async def test_a_days_trainings_are_limited(scene: Scene) -> None:
    async with running_bot(scene, train_max_a_day=1):
        await scene.train()
        answer = await scene.ask(f"!train <#{scene.talk.id}>")
    assert "1 in 24 h" in answer
    assert "<t:" in answer


async def test_who_asked_can_cancel_without_managing_the_server(scene: Scene) -> None:
    manager = scene.world.add_user("manager")
    role = scene.world.add_role(scene.guild, "manager", Permission.MANAGE_GUILD)
    scene.world.add_member(scene.guild, manager, roles=[role])
    async with (
        running_bot(scene, fake_trainer("hold")),
        Person(scene.discord.url, manager.token or "") as person,
    ):
        await person.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        await scene.from_bot()
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        await scene.ask(f"!train <#{scene.talk.id}>")
        role.permissions = 0
        scene.discord.announce_role(scene.guild, role)
        await person.say(scene.commands.id, "!train cancel")
        assert "Stopping the training" in await scene.from_bot()
        assert "stopped" in await scene.outcome()
        # The other one is not theirs: it has taken the place of the first.
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        await person.say(scene.commands.id, "!train cancel")
        assert "Manage Server" in await scene.from_bot()
    assert [status for status, _ in scene.job_rows()] == ["cancelled", "training"]


async def test_servers_take_turns(scene: Scene) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    scene.world.fill_channel(there, rows(60))
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.you.say(there.id, f"!train <#{there.id}>")
        # It asked last, but the other server has had its turn.
        assert "1 other training comes first" in await scene.from_bot()
        assert "2 other trainings come first" in await scene.from_bot("MESSAGE_UPDATE", "⏳")
    assert [status for status, _ in scene.job_rows()] == ["training", "queued", "queued"]


async def test_the_next_training_does_not_wait_for_discord(scene: Scene) -> None:
    """The last word on the first one hangs; the second begins, and ends, all the same."""
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
    async with running_bot(scene, fake_trainer()):
        gate = scene.discord.faults.hold(EDIT_ROUTE)
        await gate.reached.wait()
        await scene.ask(f"!train full <#{scene.talk.id}>")
        async with asyncio.timeout(WAIT_S):
            while [status for status, _ in scene.job_rows()] != ["done", "done"]:
                await scene.ask("!help")
        gate.open()


async def test_two_slots_train_two_servers(scene: Scene) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    scene.world.fill_channel(there, rows(60))
    async with running_bot(scene, fake_trainer("hold"), train_slots=2):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.ask(f"!train full <#{scene.talk.id}>")
        await scene.you.say(there.id, f"!train <#{there.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60 messages\n`█")
        assert [status for status, _ in scene.job_rows()] == ["training", "queued", "training"]
    # After a restart both are gone on with.
    async with running_bot(scene, fake_trainer("hold"), train_slots=2):
        outcomes = [await scene.outcome() for _ in range(2)]
        assert all(outcome.startswith("✅") for outcome in outcomes)


async def test_another_servers_training_comes_after(scene: Scene) -> None:
    elsewhere = scene.world.add_guild("Elsewhere")
    there = scene.world.add_channel(elsewhere, "there")
    scene.world.fill_channel(there, rows(60))
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.you.say(there.id, f"!train <#{there.id}>")
        assert "1 other training comes first" in await scene.from_bot()
        assert "find that channel" in await scene.ask(f"!train <#{there.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
        await scene.ask("!train cancel")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 60 messages\n`█")
    assert [status for status, _ in scene.job_rows()] == ["cancelled", "training"]
