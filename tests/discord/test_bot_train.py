"""!train as a person sees it, through the real client."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from bot_harness import Scene, fake_trainer, open_scene, rows, running_bot

from bot.loopback.person import Person
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import PRIVATE_THREAD
from bot.runtime.subprocesses import ChildLimits
from bot.training.pipeline import SMALLER_BATCH_TARGETS


async def test_a_channel_is_read_learned_and_its_text_deleted(scene: Scene) -> None:
    async with running_bot(scene):
        assert "starts in a moment" in await scene.ask(f"!train <#{scene.talk.id}>")
        outcome = await scene.outcome()
    assert "250 messages" in outcome
    assert "It guesses your next letter 52% better than before." in outcome
    assert outcome.count("\n> ") == 3
    assert scene.job_rows() == [("done", 250)]
    assert scene.left_texts() == []
    models = list((scene.folder / "data" / "models").rglob("*.safetensors"))
    assert models == [scene.folder / "data" / "models" / str(scene.guild.id) / "1.safetensors"]


async def test_only_what_people_said_is_collected(scene: Scene) -> None:
    world, talk = scene.world, scene.talk
    helper = world.add_user("helper", bot=True)
    world.post(talk, helper, "I am a bot")
    world.post(talk, world.you, "!generate something")
    world.post(talk, world.you, f"<@{world.bot.id}> generate")
    world.post(talk, world.you, "")
    world.post(talk, world.you, "!!! wow")
    async with running_bot(scene):
        assert "251 messages" in await scene.train()


async def test_several_channels_become_one_corpus(scene: Scene) -> None:
    second = scene.world.add_channel(scene.guild, "second")
    third = scene.world.add_channel(scene.guild, "third")
    scene.world.fill_channel(second, rows(130))
    scene.world.fill_channel(third, rows(20))
    async with running_bot(scene):
        assert "400 messages" in await scene.train(scene.talk, second, third, second)


async def test_training_again_replaces_the_model_and_keeps_some_former(scene: Scene) -> None:
    async with running_bot(scene, keep_versions=2):
        for _ in range(4):
            assert "250 messages" in await scene.train(how="full")
    models = {path.name for path in (scene.folder / "data" / "models").rglob("*.safetensors")}
    assert models == {"3.safetensors", "4.safetensors"}


async def test_members_without_manage_server_are_refused(scene: Scene) -> None:
    member = scene.world.add_user("member")
    scene.world.add_member(scene.guild, member)
    async with running_bot(scene), Person(scene.discord.url, member.token or "") as person:
        for command in (f"!train <#{scene.talk.id}>", "!train status", "!train cancel"):
            await person.say(scene.commands.id, command)
            assert "Manage Server" in await scene.from_bot()
        assert "train" not in await person.commands(scene.guild.id)
    assert scene.job_rows() == []


async def test_a_member_cannot_read_a_hidden_channel_through_the_bot(scene: Scene) -> None:
    manager = scene.world.add_user("manager")
    role = scene.world.add_role(scene.guild, "manager", Permission.MANAGE_GUILD)
    scene.world.add_member(scene.guild, manager, roles=[role])
    scene.discord.backend.world.guilds[scene.guild.id].roles[scene.guild.id].permissions &= ~(
        Permission.READ_MESSAGE_HISTORY
    )
    async with running_bot(scene), Person(scene.discord.url, manager.token or "") as person:
        await person.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        assert "You can't read" in await scene.from_bot()


async def test_a_member_cannot_read_a_private_thread_through_the_bot(scene: Scene) -> None:
    manager = scene.world.add_user("manager")
    role = scene.world.add_role(scene.guild, "manager", Permission.MANAGE_GUILD)
    scene.world.add_member(scene.guild, manager, roles=[role])
    secret = scene.world.add_thread(scene.talk, "secret", kind=PRIVATE_THREAD)
    secret.member_ids[scene.world.bot.id] = 1_700_000_000_000
    scene.world.fill_channel(secret, rows(60))
    async with running_bot(scene), Person(scene.discord.url, manager.token or "") as person:
        await person.say(scene.commands.id, f"!train <#{secret.id}>")
        assert "You can't read" in await scene.from_bot()
        secret.member_ids[manager.id] = 1_700_000_000_000
        await person.say(scene.commands.id, f"!train <#{secret.id}>")
        assert "**Trained** on 60 messages" in await scene.outcome()


async def test_a_channel_closed_to_the_bot_is_named(scene: Scene) -> None:
    for role in scene.guild.roles.values():
        role.permissions &= ~Permission.READ_MESSAGE_HISTORY
    async with running_bot(scene):
        answer = await scene.ask(f"!train <#{scene.talk.id}>")
    assert f"<#{scene.talk.id}>" in answer
    assert "Read Message History" in answer


async def test_too_few_messages_are_counted(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=12) as scene, running_bot(scene):
        outcome = await scene.train()
        assert outcome.startswith("💤")
        assert "12 messages that I can use" in outcome
        assert "I need 50" in outcome
        assert scene.left_texts() == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("!train", "what to learn from"),
        ("!train nonsense", "find that channel"),
        ("!train @everyone", "find that channel"),
        ("!train status", "Nothing is training"),
        ("!train cancel", "nothing to stop"),
    ],
)
async def test_bad_input_is_answered_in_one_sentence(
    scene: Scene, command: str, expected: str
) -> None:
    async with running_bot(scene):
        answer = await scene.ask(command)
    assert expected in answer
    assert "\n" not in answer


@pytest.mark.parametrize("mode", ["killed", "hungry"])
async def test_when_memory_runs_out_smaller_steps_are_tried(scene: Scene, mode: str) -> None:
    async with running_bot(scene, fake_trainer(mode, limits=ChildLimits(memory_mb=100))):
        assert (await scene.train()).startswith("✅")
    with sqlite3.connect(scene.folder / "data" / "textgen.sqlite3") as connection:
        (targets,) = connection.execute("SELECT batch_targets FROM train_job").fetchone()
    assert targets == SMALLER_BATCH_TARGETS


async def test_when_memory_runs_out_twice_it_is_told(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("starved")):
        outcome = await scene.train()
    assert outcome.startswith("❌")
    assert "memory ran out" in outcome
    assert scene.left_texts() == []


async def test_a_version_that_is_no_better_is_kept_but_not_used(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("worse")) as bot:
        outcome = await scene.train()
        assert "It doesn't guess your next letter any better than before." in outcome
        assert "I'm keeping the version I had. `!model use 1` switches to the new one" in outcome
        assert await bot.services.models.current(scene.guild.id) is None
        assert "no better than the version before" in await scene.ask("!model")
        assert "talk with version 1" in await scene.ask("!model use 1")
        live = await bot.services.models.current(scene.guild.id)
        assert live is not None
        assert live.version == 1


async def test_a_version_is_held_against_its_parent_and_not_the_base_model(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("mixed")) as bot:
        assert "It guesses your next letter 52% better than before." in await scene.train(
            how="full"
        )
        assert "It doesn't guess your next letter any better" in await scene.train(how="full")
        live = await bot.services.models.current(scene.guild.id)
        assert live is not None
        assert live.version == 1


async def test_a_restart_goes_on_with_training_in_the_same_message(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("hold")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
    assert scene.job_rows() == [("training", 250)]
    scene.you.events.clear()
    async with running_bot(scene, fake_trainer("hold")):
        assert "250 messages" in await scene.outcome()
    assert [name for name, _ in scene.you.events if name == "MESSAGE_CREATE"] == []


async def test_a_restart_goes_on_with_reading(scene: Scene) -> None:
    gate = scene.discord.faults.hold("GET /channels/{channel_id}/messages", after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
    assert scene.job_rows() == [("collecting", 100)]
    gate.open()
    async with running_bot(scene):
        assert "250 messages" in await scene.outcome()
    # The first page, the one given up, and what was left.
    assert scene.discord.request_log.by_route["GET /channels/{channel_id}/messages"] == 1 + 1 + 2


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("refuse", "is damaged: restore it"), ("crash", "status 3")],
)
async def test_a_failed_training_is_told_in_a_sentence(
    scene: Scene, mode: str, expected: str
) -> None:
    async with running_bot(scene, fake_trainer(mode)):
        outcome = await scene.train()
        assert outcome.startswith("❌")
        assert expected in outcome
        assert "Traceback" not in outcome
        assert scene.left_texts() == []
        assert expected in await scene.ask("!train status")


async def test_a_channel_deleted_under_the_reader_is_named(scene: Scene) -> None:
    gate = scene.discord.faults.hold("GET /channels/{channel_id}/messages", after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        scene.discord.delete_channel(scene.talk)
        gate.open()
        assert "was deleted" in await scene.outcome()


async def test_passing_failures_of_discord_are_outlasted(scene: Scene) -> None:
    scene.discord.faults.fail("GET /channels/{channel_id}/messages", times=2, status=503)
    async with running_bot(scene):
        assert "250 messages" in await scene.train()


async def test_lasting_failures_of_discord_are_told(scene: Scene) -> None:
    scene.discord.faults.fail("GET /channels/{channel_id}/messages", times=3, status=503)
    async with running_bot(scene):
        assert "Discord didn't answer" in await scene.train()


async def test_lost_gateway_connections_do_not_stop_the_reader(scene: Scene) -> None:
    gate = scene.discord.faults.hold("GET /channels/{channel_id}/messages", after=1)
    async with running_bot(scene):
        await scene.ask(f"!train <#{scene.talk.id}>")
        await gate.reached.wait()
        for session in scene.discord.backend.sessions_of(scene.world.bot):
            if session.connection is not None:
                session.connection.close(4000)
        gate.open()
        assert "250 messages" in await scene.outcome()


async def test_a_deleted_progress_message_is_written_anew(scene: Scene) -> None:
    gate = scene.discord.faults.hold("GET /channels/{channel_id}/messages")
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        first = await scene.you.expect("MESSAGE_CREATE", lambda data: data["content"][0] == "⏳")
        await gate.reached.wait()
        await scene.you.request("DELETE", f"/channels/{scene.commands.id}/messages/{first['id']}")
        gate.open()
        await scene.from_bot("MESSAGE_CREATE")
        assert "250 messages" in await scene.outcome()


async def test_the_slash_command_reports_in_an_ordinary_message(scene: Scene) -> None:
    async with running_bot(scene):
        channel = {"type": 7, "name": "channel", "value": str(scene.talk.id)}
        start = {"type": 1, "name": "start", "options": [channel]}
        await scene.you.run(scene.guild.id, scene.commands.id, "train", start)
        assert "progress below" in await scene.from_bot()
        assert "starts" in await scene.from_bot()
        assert "250 messages" in await scene.outcome()


async def test_commands_are_told_to_discord_only_when_they_change(scene: Scene) -> None:
    route = "PUT /applications/{application_id}/commands"
    async with running_bot(scene):
        assert scene.discord.request_log.by_route[route] == 1
    async with running_bot(scene):
        assert scene.discord.request_log.by_route[route] == 1
