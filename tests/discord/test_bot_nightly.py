"""Trainings by themselves, through the real client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot_harness import Scene, fake_trainer, running_bot, until
from turned_clock import TurnedClock


class Clock(TurnedClock):
    """Begins at noon, after all that has been said."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC).replace(hour=12) + timedelta(days=1))


async def night(scene: Scene, clock: Clock, *, hours: float = 24) -> None:
    """Let a night come, and return when the server has had its turn."""
    before = scene.query("SELECT turn_at FROM train_schedule")
    await clock.turn(hours=hours)
    await until(lambda: scene.query("SELECT turn_at FROM train_schedule") != before)


async def speak(scene: Scene, count: int) -> None:
    """Let a person say something new so many times, and the bot hear it."""
    for number in range(count):
        await scene.you.say(scene.talk.id, f"this is news {number}")
    await scene.ask("!ping")


def done(scene: Scene) -> int:
    ((count,),) = scene.query("SELECT COUNT(*) FROM train_job WHERE status = 'done'")
    return int(count)


async def test_a_server_learns_by_itself_what_is_new(scene: Scene) -> None:
    news = scene.world.add_channel(scene.guild, "news")
    clock = Clock()
    async with running_bot(scene, clock=clock) as bot:
        refused = await scene.ask("!train every day")
        assert "Start with `!train #general`" in refused
        assert (await scene.train()).startswith("✅")
        await scene.ask(f"!settings announce <#{news.id}>")
        assert "every 60 messages at 04:00 Europe/Berlin" in await scene.ask(
            "!train every 60 messages at 4:00 Europe/Berlin"
        )
        assert "60 messages at 04:00" in await scene.ask("!settings")
        await night(scene, clock, hours=17)
        assert done(scene) == 1  # nobody has spoken
        await speak(scene, 59)
        await night(scene, clock)
        assert done(scene) == 1  # one less than is wanted
        await speak(scene, 30)
        await night(scene, clock)
        told = await scene.from_bot("MESSAGE_CREATE", "I've learned")
        assert "89 new messages by myself and now talk with version 2" in told
        assert "version 2" in told
        assert done(scene) == 2
        assert "on schedule" in await scene.ask("!train log")
        assert (await scene.ask("!train every off")).startswith("I won't train by myself")
        assert (await scene.ask("!train every off")).startswith("I don't train by myself")
        assert scene.query("SELECT * FROM train_schedule") == []
        assert bot.services.metrics.registry.get_sample_value(
            "textgen_night_servers", {"turn": "trained"}
        )


async def test_what_is_no_better_is_kept_aside_without_a_word(scene: Scene) -> None:
    clock = Clock()
    async with running_bot(scene, clock=clock):
        assert (await scene.train()).startswith("✅")
        await scene.ask("!train every day")
    async with running_bot(scene, fake_trainer("worse"), clock=clock):
        await speak(scene, 80)
        await night(scene, clock, hours=17)
        await until(lambda: done(scene) == 2)
        assert "no better than the version before" in await scene.ask("!model list")
        ((version,),) = scene.query("SELECT version FROM guild JOIN model USING (model_id)")
        assert version == 1


async def test_a_server_without_its_owner_is_left_alone(scene: Scene) -> None:
    clock = Clock()
    async with running_bot(scene, clock=clock):
        assert (await scene.train()).startswith("✅")
        await scene.ask("!train every day")
        await speak(scene, 80)
        scene.discord.faults.fail("GET /guilds/{guild_id}/members/{user_id}", times=10, status=404)
        await night(scene, clock, hours=17)
        assert done(scene) == 1
