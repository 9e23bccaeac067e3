"""Roles of whose members an admin wants nothing learned."""

from __future__ import annotations

import json

from bot_harness import Scene, fake_trainer, running_bot

TEXTS = [f"line {number} of a chat" for number in range(60)]


def with_role(scene: Scene) -> tuple[int, int, int]:
    """Let somebody with a role, somebody without and somebody who has left write; return ids."""
    world, guild = scene.world, scene.guild
    role = world.add_role(guild, "Lurkers")
    shy, plain, gone = (world.add_user(name) for name in ("shy", "plain", "gone"))
    world.add_member(guild, shy, roles=[role])
    world.add_member(guild, plain)
    for number in range(60):
        for who in (shy, plain, gone):
            world.post(scene.talk, who, f"{who.name} says {number}")
    return role.id, shy.id, plain.id


async def test_members_with_a_role_are_left_out_of_channels_and_files(scene: Scene) -> None:
    role_id, shy_id, plain_id = with_role(scene)
    async with running_bot(scene, fake_trainer("hold")):
        answer = await scene.ask(f"!settings leave-out <@&{role_id}> <@{plain_id}>")
        assert f"<@{plain_id}> <@&{role_id}>" in answer
        answer = await scene.ask(f"!settings leave-out <@&{role_id}>")
        assert f"<@{plain_id}>" not in answer
        await scene.you.say(scene.commands.id, f"!train <#{scene.talk.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on")
        said = scene.corpus()
        assert [text for text in said if text.startswith("shy")] == []
        assert len([text for text in said if text.startswith(("plain", "gone"))]) == 120
        scene.you.events.clear()
        await scene.you.say(scene.commands.id, "!train cancel")
        await scene.from_bot("MESSAGE_UPDATE", "🛑")
    async with running_bot(scene, fake_trainer("hold")):
        messages = [
            {"type": 0, "content": text, "author": {"id": str(author), "username": "x"}}
            for author, text in [(shy_id, "secret"), *((plain_id, text) for text in TEXTS)]
        ]
        scene.you.events.clear()
        await scene.you.say(
            scene.commands.id, "!train file", files=[("a.json", json.dumps(messages).encode())]
        )
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on")
        assert scene.corpus() == TEXTS
