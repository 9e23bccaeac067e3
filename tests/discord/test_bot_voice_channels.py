"""Messages of voice channels: without Connect, Discord shows them to nobody."""

from __future__ import annotations

from bot_harness import Scene, rows, running_bot

from bot.loopback.world.model import Channel, Overwrite
from bot.loopback.world.permissions import OverwriteKind, Permission
from bot.loopback.world.world import VOICE_CHANNEL


def voice_channel(scene: Scene, *overwrites: Overwrite) -> Channel:
    kind = VOICE_CHANNEL
    made = scene.world.add_channel(scene.guild, "voice", kind=kind, overwrites=overwrites)
    scene.world.fill_channel(made, rows(60))
    return made


def bot_role(scene: Scene) -> int:
    return next(role.id for role in scene.guild.roles.values() if role.managed)


async def test_a_voice_channel_is_learned(scene: Scene) -> None:
    voice = voice_channel(scene)
    async with running_bot(scene):
        assert "on 60 messages" in await scene.train(voice)


async def test_without_connect_the_permission_is_named_and_nothing_is_asked(scene: Scene) -> None:
    closed = Overwrite(bot_role(scene), OverwriteKind.ROLE, deny=Permission.CONNECT)
    voice = voice_channel(scene, closed)
    async with running_bot(scene):
        answer = await scene.ask(f"!train <#{voice.id}>")
        assert (
            answer
            == f"I'm not allowed to read the history of <#{voice.id}>. Give me Connect there."
        )
        assert scene.pages() == 0


async def test_what_few_may_hear_is_not_said_where_all_read(scene: Scene) -> None:
    """Everybody sees the channel in the list; only those who may connect read it."""
    everybody = Overwrite(scene.guild.id, OverwriteKind.ROLE, deny=Permission.CONNECT)
    bot = Overwrite(bot_role(scene), OverwriteKind.ROLE, allow=Permission.CONNECT)
    voice = voice_channel(scene, everybody, bot)
    async with running_bot(scene):
        await scene.train(voice)
        assert "not everyone here can read" in await scene.ask("!generate")
