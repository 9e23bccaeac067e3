"""Channels of every kind, and who writes in them: what is learned, and from whom."""

from __future__ import annotations

from typing import Any

import pytest
from bot_harness import Scene, fake_trainer, rows, running_bot

from bot.loopback.world.model import Channel, Overwrite
from bot.loopback.world.permissions import OverwriteKind, Permission

STAGE, VOICE, FORUM = 13, 2, 15


@pytest.fixture
def vocal_payloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give voice channels the fields that Discord sends and the loopback leaves out."""
    from bot.loopback.wire import entities

    made = entities.channel_payload

    def with_sound(world: object, channel: Channel, viewer_id: int | None = None) -> object:
        payload = made(world, channel, viewer_id)  # type: ignore[arg-type]
        if channel.kind in (VOICE, STAGE):
            payload.update(bitrate=64_000, user_limit=0, rtc_region=None)
        return payload

    monkeypatch.setattr(entities, "channel_payload", with_sound)


def proxied(scene: Scene, count: int, name: str = "Luna") -> Channel:
    """Return a channel in which a member writes by a webhook of PluralKit's."""
    channel = scene.world.add_channel(scene.guild, f"plural-{name}")
    user = scene.world.add_user(name)
    for number in range(count):
        message = scene.world.post(channel, user, f"proxied message {number} about tea")
        message.details.webhook_id = 555555555555555555
    return channel


async def test_what_is_written_by_webhooks_is_learned_where_a_server_wants_it(
    scene: Scene,
) -> None:
    channel = proxied(scene, 60)
    async with running_bot(scene):
        refused = await scene.train(channel)
        assert "webhooks" in refused
        assert "`!settings proxies pluralkit tupperbox`" in refused
        assert "doesn't work for" in await scene.ask("!settings proxies nobody")
        assert "555555555555555555" in await scene.ask("!settings proxies 555555555555555555")
        assert "on 60 messages" in await scene.train(channel, how="full")


async def test_members_left_out_and_commands_to_other_bots_are_not_learned(scene: Scene) -> None:
    world = scene.world
    channel = world.add_channel(scene.guild, "mixed")
    people = [world.add_user(name) for name in ("ann", "bob")]
    for person in people:
        world.add_member(scene.guild, person)
    for number in range(60):
        world.post(channel, people[0], f"ann says {number}")
        world.post(channel, people[1], f"bob says {number}")
        world.post(channel, people[0], f"?play song {number}")
        world.post(channel, people[0], "\u200b\u2060")
    world.post(channel, people[0], "see <t:1704450000:R> </play:123456789012345678> you")
    async with running_bot(scene, fake_trainer("hold")):
        assert f"<@{people[1].id}>" in await scene.ask(f"!settings leave-out <@{people[1].id}>")
        await scene.ask(f"!train <#{channel.id}>")
        await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on")
        assert scene.corpus() == [*(f"ann says {number}" for number in range(60)), "see you"]


@pytest.mark.parametrize("kind", [STAGE, VOICE])
async def test_stages_and_voice_channels_are_read_by_who_may_connect(
    scene: Scene, kind: int, vocal_payloads: None
) -> None:
    channel = scene.world.add_channel(scene.guild, "sounds", kind=kind)
    scene.world.fill_channel(channel, rows(60))
    rule = Overwrite(scene.world.bot.id, OverwriteKind.MEMBER, deny=Permission.CONNECT)
    closed = scene.world.add_channel(scene.guild, "closed", kind=kind, overwrites=[rule])
    async with running_bot(scene):
        assert "on 60 messages" in await scene.train(channel)
        assert "won't write in" in await scene.ask(f"!talk deny <#{channel.id}>")
        assert "Give me Connect there" in await scene.ask(f"!train <#{closed.id}>")


async def test_all_channels_are_shown_before_they_are_learned(scene: Scene) -> None:
    more = scene.world.add_channel(scene.guild, "more")
    scene.world.fill_channel(more, rows(60, text="more {}"))
    news = scene.world.add_channel(scene.guild, "news")
    scene.world.fill_channel(news, rows(60, text="news {}"))
    async with running_bot(scene):
        question = await scene.ask_message("!train all --except #news")
        text = question["content"]
        assert "I'd learn from 3 channels" in text
        assert f"<#{news.id}>" not in text
        assert "about 161 messages" in text  # at least 100 of 250, 60, and the command
        assert scene.query("SELECT COUNT(*) FROM train_job") == [(0,)]
        await scene.press(question, "Learn from them")
        assert "on 310 messages" in await scene.outcome()
        assert "I can't find a channel “#nowhere”" in await scene.ask(
            "!train all --except #nowhere"
        )
        question = await scene.ask_message("!train all")
        await scene.press(question, "Don't")
        assert await scene.from_bot("MESSAGE_UPDATE", "All right, I didn't start anything.")


async def test_of_thousands_of_channels_a_sentence_comes_and_nobody_waits(scene: Scene) -> None:
    for number in range(2_000):
        scene.world.add_channel(scene.guild, f"channel-{number}")
    async with running_bot(scene):
        assert "2,002 channels here" in await scene.ask("!train all")
        assert "I'm here" in await scene.ask("!ping")
        assert (await scene.train()).startswith("✅")


async def test_commands_that_another_program_overwrote_are_registered_again(scene: Scene) -> None:
    registry = scene.discord.backend.commands

    def known() -> list[dict[str, Any]]:
        return [command for scope in registry.by_scope.values() for command in scope.values()]

    def descriptions() -> dict[str, str]:
        return {command["name"]: command["description"] for command in known()}

    async with running_bot(scene):
        told = descriptions()
    for change in ("gone", "of another program", "of an older version"):
        if change == "gone":
            registry.by_scope.clear()
        elif change == "of another program":
            known()[0]["name"] = "somethingelse"
        else:
            known()[-1]["description"] = "as it was once"
        assert descriptions() != told
        async with running_bot(scene):
            assert descriptions() == told, change
    versions = [command["version"] for command in known()]
    async with running_bot(scene):
        pass
    assert [command["version"] for command in known()] == versions  # nothing had changed


async def test_the_posts_of_a_forum_are_silenced_with_it(scene: Scene) -> None:
    forum = scene.world.add_channel(scene.guild, "ideas", kind=FORUM)
    async with running_bot(scene):
        assert "won't write in" in await scene.ask("!talk deny #ideas")
        assert f"<#{forum.id}>" in await scene.ask("!talk")
        assert "write in" in await scene.ask(f"!talk allow <#{forum.id}>")
        assert "can't find that channel" in await scene.ask(
            "!talk rate 5% #ideas"
        )  # nobody writes there
