"""Whatever the bot sends or changes forbids Discord to ping anybody for it.

Every test of the bot in this folder is looked at (conftest.py); this one sees to it that
each way to send and to change something is among what is looked at.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bot_harness import open_scene, running_bot
from sent_bodies import Sent, note_sent

from bot.consent_text import AGREE_AND_TELL

WAYS = {"POST channels", "PATCH channels", "POST interactions", "POST webhooks"}


async def test_everything_sent_or_changed_forbids_mentions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = note_sent(monkeypatch)
    async with open_scene(tmp_path) as scene, running_bot(scene, consent="ask"):
        you = f"<@{scene.world.you.id}>"
        question = await scene.ask_message(f"!train <#{scene.talk.id}>")
        await scene.press(question, AGREE_AND_TELL)  # changes it, tells the channel, trains
        assert (await scene.outcome()).startswith("✅")
        await scene.ask(f"!generate {you} @everyone")
        await scene.ask(f"!similar {you}")
        await scene.ask(f"!help {you}")
        scene.you.events.clear()  # the channel was told of the training
        await scene.you.say(scene.talk.id, f"<@{scene.world.bot.id}> hello {you}")
        await scene.from_bot()
        monkeypatch.setattr("cogs.views.answers.PATIENCE_S", 0.0)
        await scene.you.run(scene.guild.id, scene.commands.id, "generate")
        thinking = await scene.next_message()
        await scene.you.expect("MESSAGE_UPDATE", lambda data: data["id"] == thinking["id"])
    assert [each for each in sent if each.may_ping] == []
    assert {each.way for each in sent} == WAYS


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
