"""Whatever the bot sends or changes forbids Discord to ping anybody for it.

Every test of the bot in this folder is looked at (conftest.py); this one sees to it that
each way to send and to change something is among what is looked at.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bot_harness import WAIT_S, Scene, open_scene, running_bot
from sent_bodies import Sent, note_sent

from bot.presentation.privacy import AGREE_AND_TELL

WAYS = {"POST channels", "PATCH channels", "POST interactions", "POST webhooks"}


async def test_everything_sent_or_changed_forbids_mentions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = note_sent(monkeypatch)
    async with open_scene(tmp_path) as scene, running_bot(scene, consent="ask"):
        you = f"<@{scene.world.you.id}>"
        question = await scene.ask_message(f"!train <#{scene.talk.id}>")
        await scene.press(question, AGREE_AND_TELL)  # changes it, tells the channel, trains
        await in_talk(scene)
        assert (await scene.outcome()).startswith("✅")
        await scene.ask(f"!generate {you} @everyone")
        await scene.ask(f"!similar {you}")
        await scene.ask(f"!help {you}")
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello {you}")
        await in_talk(scene)
        monkeypatch.setattr("cogs.views.responses.PATIENCE_S", 0.0)
        scene.you.events.clear()
        await scene.you.run(scene.guild.id, scene.commands.id, "generate")
        thinking = await scene.next_message()
        await scene.you.expect("MESSAGE_UPDATE", lambda data: data["id"] == thinking["id"])
    assert [each for each in sent if each.may_ping] == []
    assert {each.way for each in sent} == WAYS


async def in_talk(scene: Scene) -> None:
    """Return when the bot has said something in the channel where people talk."""
    talk, bot = str(scene.talk.id), str(scene.world.bot.id)
    await scene.you.expect(
        "MESSAGE_CREATE",
        lambda data: data["channel_id"] == talk and data["author"]["id"] == bot,
        timeout_s=WAIT_S,
    )


@pytest.mark.parametrize(
    "allowed",
    [
        *(None, {}, {"users": [], "roles": []}, {"parse": ["users"]}),
        *({"parse": [], name: ["1"]} for name in ("users", "roles")),
        {"parse": [], "replied_user": True},
    ],
)
def test_what_forbids_less_is_found(allowed: object) -> None:
    assert Sent("POST channels", allowed).may_ping
    assert not Sent("POST channels", {"parse": [], "users": [], "replied_user": False}).may_ping
