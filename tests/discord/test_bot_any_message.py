"""Whatever people write, nothing raises and nobody is pinged.

SOAK_MESSAGES=10000 (`make soak`) sends as many instead of some hundreds.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from bot_harness import Scene, open_scene, running_bot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app.client import TextgenBot
from bot.loopback.person import RequestRefused

AT_ONCE = 20
MESSAGES = int(os.environ.get("SOAK_MESSAGES", "300"))
MAX_CHARS = 2000

FRAGMENTS = (
    *(
        "!",
        "!!",
        "!generate ",
        "!train ",
        "!train status",
        "!train cancel",
        "!talk ",
        "!talk rate ",
    ),
    *("!talk every ", "!talk quiet ", "!talk mute ", "!talk deny ", "!talk allow ", "!settings "),
    *("!settings words ", "!settings words +", "!settings temperature ", "!settings channels "),
    *("!settings prefix ", "!settings reset", "!help ", "!about", "!ping", "!generate --n "),
    *("--n 3 ", "--temperature ", "--length 5 ", "--length ", "--top_k ", "--top_p ", "--seed "),
    *("@everyone", "@here", "<@BOT>", "<@!BOT> ", "<@YOU>", "<#TALK>", "<#COMMANDS>", "<@&GUILD>"),
    *(
        "<:wave:123456789012345678>",
        "<a:x:1>",
        "<t:0:R>",
        "</generate:1>",
        "<id:guide>",
        "```",
        "`",
    ),
    *("||", "**", "> ", ">>> ", "# ", "-# ", "[a](https://example.invalid)", "\\", '"', "“", "'"),
    *("\x00", "\u200b", "\u202e", "\ufeff", "\n", "\r\n", "2%", "100%", "0", "-1", "1e999", "nan"),
    *(
        "2h",
        "off",
        "on",
        "22-7",
        "9" * 40,
        "٣",
        "𝟛",
        "a" * 300,
        "😀",
        "👩‍👩‍👧",
        "e\u0301",
        "ﷺ" * 30,
    ),
)
chars = st.characters(exclude_categories=["Cs"])
parts = st.one_of(st.sampled_from(FRAGMENTS), st.text(chars, max_size=40))
messages = st.one_of(
    st.lists(parts, min_size=1, max_size=8).map("".join),
    st.text(chars, min_size=1, max_size=MAX_CHARS),
    st.builds(lambda part: part * (MAX_CHARS // len(part)), st.sampled_from(FRAGMENTS)),
)


@dataclass(slots=True)
class Room:
    """A running bot, the loop it runs in, and the errors that its log has seen."""

    runner: asyncio.Runner
    scene: Scene
    bot: TextgenBot
    errors: list[logging.LogRecord]

    async def write(self, texts: list[str]) -> None:
        """Write messages at once, and return when the bot has done with them."""
        channels = (self.scene.talk, self.scene.commands)
        await asyncio.gather(
            *(self._say(channels[place % 2].id, text) for place, text in enumerate(texts))
        )
        bot_id = self.scene.world.bot.id
        await self.scene.you.say(self.scene.commands.id, f"<@{bot_id}> ping")
        await self.scene.from_bot("MESSAGE_CREATE", "I'm here")
        while handling := [
            task for task in asyncio.all_tasks() if task.get_name().startswith("discord.py: on_")
        ]:
            await asyncio.wait(handling)
        self.scene.you.events.clear()
        # Else another prefix, or silence for days, would keep the next ones from mattering.
        await self.bot.services.servers.reset(self.scene.guild.id)

    async def _say(self, channel_id: int, text: str) -> None:
        with suppress(RequestRefused):  # Discord takes no message of nothing but white space
            await self.scene.you.say(channel_id, text)

    def filled_in(self, text: str) -> str:
        world = self.scene.world
        ids = {
            "BOT": world.bot.id,
            "YOU": world.you.id,
            "TALK": self.scene.talk.id,
            "COMMANDS": self.scene.commands.id,
            "GUILD": self.scene.guild.id,
        }
        for name, found in ids.items():
            text = text.replace(name, str(found))
        return text[:MAX_CHARS]


class Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    seen = Errors()
    logging.getLogger().addHandler(seen)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        # Too few messages to be learned from: each `!train` ends in a refusal.
        scene = runner.run(stack.enter_async_context(open_scene(tmp_path, messages=5)))
        running = running_bot(scene, member_per_minute=0, server_per_minute=0)
        bot = runner.run(stack.enter_async_context(running))
        try:
            yield Room(runner, scene, bot, seen.records)
        finally:
            runner.run(stack.aclose())
            logging.getLogger().removeHandler(seen)


@pytest.mark.timeout(3600)
def test_nothing_raises_and_nobody_is_pinged(room: Room) -> None:
    sent = 0

    @settings(
        max_examples=max(1, MESSAGES // AT_ONCE),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(messages, min_size=AT_ONCE, max_size=AT_ONCE))
    def write(texts: list[str]) -> None:
        nonlocal sent
        room.runner.run(room.write([room.filled_in(text) for text in texts]))
        sent += len(texts)
        assert [record.getMessage() for record in room.errors] == []

    write()
    assert sent >= MESSAGES - AT_ONCE
    bot = room.scene.world.bot
    answers = 0
    for channel in room.scene.guild.channels.values():
        for message in channel.messages:
            if message.author is not bot:
                continue
            answers += 1
            if message.extra is not None:
                assert message.extra.mention_ids == []
                assert message.extra.mention_role_ids == []
                assert not message.extra.mention_everyone
    assert answers > sent / 10
