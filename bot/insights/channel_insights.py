"""How the bot sees what is said in a channel: what is like what, and a map of it."""

from __future__ import annotations

import asyncio
from functools import partial

from bot.errors import UserError
from bot.generation.writer import WriteLocation, Writer
from bot.insights.clustering import Map, Match, cluster_map, most_similar
from bot.insights.excerpts import excerpts
from bot.insights.recent_messages import MAX_MESSAGE_CHARS, RecentMessage, RecentMessages, Sample
from bot.locales.messages import N_, _, ngettext
from bot.models.inference import Inference
from bot.plots.renderer import Drawing
from bot.text.discord_markup import marked_content, quoted, worth_learning

SHOWN_LIKE = 5
EXCERPT_CHARS = 100
CANDIDATES = 5  # of excerpts, where the font lacks a letter
CAPTION = N_(
    "A map of the last {count} messages here. Each dot is a message (the longer, the bigger), and "
    "similar ones are close together. Each colour is a group, with typical words below."
)
JUMP = "https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"


class ChannelInsights:
    """Compares the last messages of a channel by the vectors of the model that speaks."""

    def __init__(
        self, recent: RecentMessages, inference: Inference, voice: Writer, drawing: Drawing
    ) -> None:
        self._drawing = drawing
        self._drawing_now = asyncio.Lock()  # one child at a time
        self._recent = recent
        self._inference = inference
        self._voice = voice

    async def similar(self, place: WriteLocation, before_id: int, text: str) -> str:
        """Return which messages before one are likest to a text, with links to them.

        Raises:
            UserError: nothing may be written there, or there is too little to compare.
        """
        await self._voice.check_may_write(place)
        asked = await self._inference.run_in_executor(partial(marked_content, text))
        if not worth_learning(asked):
            raise UserError("There are no words in that to compare. Try a few.")
        sample = await self._recent.read(place.guild_id, place.channel_id, before_id)
        texts = [asked[:MAX_MESSAGE_CHARS], *sample.texts]
        vectors = await self._inference.vectors(place.guild_id, texts)
        found = await self._inference.run_in_executor(
            partial(most_similar, vectors[1:], vectors[0], SHOWN_LIKE)
        )
        return _told(place, sample.said, found)

    async def draw(self, place: WriteLocation, before_id: int) -> tuple[bytes, str]:
        """Return a picture of the messages before one, and what it shows.

        Raises:
            UserError: nothing may be written there, there is too little to draw, or it
                cannot be drawn.
        """
        await self._voice.check_may_write(place)
        sample = await self._recent.read(place.guild_id, place.channel_id, before_id)
        vectors = await self._inference.vectors(place.guild_id, sample.texts)
        found = await self._inference.run_in_executor(partial(cluster_map, vectors))
        async with self._drawing_now:
            picture = await self._drawing.picture(_pictured(sample, found))
        if picture is None:
            raise UserError("I couldn't draw the map. The bot's log says why.")
        return picture, _(CAPTION, count=len(sample.said))


def _pictured(sample: Sample, found: Map) -> dict[str, object]:
    """Return what bot/plots/message_map.py draws."""
    texts = sample.texts
    points = [
        {"x": float(x), "y": float(y), "group": int(group), "chars": len(text)}
        for (x, y), group, text in zip(found.points, found.groups, texts, strict=True)
    ]
    typical = [
        excerpts(texts, members, CANDIDATES, names=sample.names) for members in found.central
    ]
    return {"points": points, "typical": typical}


def _told(place: WriteLocation, said: list[RecentMessage], found: list[Match]) -> str:
    lines = [
        ngettext(
            "Most similar of the last {count} message:",
            "Most similar of the last {count} messages:",
            len(said),
        )
    ]
    for like in found:
        message = said[like.place]
        link = JUMP.format(
            guild_id=place.guild_id, channel_id=place.channel_id, message_id=message.message_id
        )
        lines.append(f"`{like.cosine:.2f}` {link}\n{quoted(message.text, EXCERPT_CHARS)}")
    return "\n".join(lines)
