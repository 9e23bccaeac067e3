"""A game that measures: among lines of a channel's people one is the bot's. Which?

Four lines, so who cannot tell is right once in four times: a server's score says how far its
bot is from that. The people's are of one old moment of the channel, which nobody remembers
word by word, and by the rules of what may be learned; no name is shown, and none is kept.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass, field
from statistics import median

from bot.errors import UserError
from bot.generation.request import TextRequest
from bot.generation.writer import WriteLocation, Writer
from bot.insights.recent_messages import RecentMessages
from bot.storage.guilds import ServerStore
from textgen_core.text.special_tokens import LINK

LINES = 4
LEAST_CHARS, MOST_CHARS = 12, 160
DRAWN = 5  # of which the one that is as long as people's is shown
MOST_ROUNDS = 500  # of all servers; the oldest is given up


@dataclass(slots=True, eq=False)
class Round:
    """One game.

    Attributes:
        guild_id: where it is played.
        lines: with marks, in the order in which they are shown.
        mine: the place of the bot's.
        votes: by member, the place that each has chosen last.
    """

    guild_id: int
    lines: tuple[str, ...]
    mine: int
    votes: dict[int, int] = field(default_factory=dict)

    @property
    def right(self) -> list[int]:
        """Who has found the bot's line."""
        return [user_id for user_id, place in self.votes.items() if place == self.mine]


@dataclass(frozen=True, slots=True)
class Score:
    """What a server's members have guessed so far."""

    right: int
    guesses: int


class Guessing:
    """Begins rounds, takes guesses and keeps each server's score, which is two numbers."""

    def __init__(self, recent: RecentMessages, writer: Writer, servers: ServerStore) -> None:
        self._recent = recent
        self._writer = writer
        self._servers = servers
        self._rounds: OrderedDict[int, Round] = OrderedDict()

    async def begin(self, place: WriteLocation, now_id: int) -> Round:
        """Return a new round; `show` makes it one that can be played.

        Args:
            place: where it is asked for.
            now_id: a message of now.

        Raises:
            UserError: nothing may be read or written there, or too little was said.
        """
        refusal = await self._writer.refusal(place)
        if refusal is not None:
            raise UserError(refusal)
        moments = (random.randint(min(place.channel_id, now_id), now_id), now_id)
        for before_id in moments:
            people = await self._people(place, before_id)
            if len(people) >= LINES - 1:
                break
        else:
            raise UserError(
                "Too little was said here for a guess: I need three messages of more than a few "
                "words."
            )
        lines = [*random.sample(people, LINES - 1), await self._own(place, people)]
        order = random.sample(range(LINES), LINES)
        shown = tuple(lines[number] for number in order)
        return Round(place.guild_id, shown, order.index(LINES - 1))

    def show(self, message_id: int, new: Round) -> None:
        """Note under which message a round is played."""
        self._rounds[message_id] = new
        while len(self._rounds) > MOST_ROUNDS:
            self._rounds.popitem(last=False)

    def vote(self, message_id: int, user_id: int, place: int) -> None:
        """Take a member's guess, in place of a former one.

        Raises:
            UserError: the round is over.
        """
        self._playing(message_id).votes[user_id] = place

    async def end(self, message_id: int, user_id: int) -> tuple[Round, Score]:
        """End a round, which who has guessed may, and count its guesses.

        Raises:
            UserError: it is over, or they have not guessed.
        """
        if user_id not in self._playing(message_id).votes:
            raise UserError("Guess first: press the number of the line that you take for mine.")
        ended = self._rounds.pop(message_id)
        totals = await self._servers.count_guesses(
            ended.guild_id, right=len(ended.right), guesses=len(ended.votes)
        )
        return ended, Score(*totals)

    def _playing(self, message_id: int) -> Round:
        found = self._rounds.get(message_id)
        if found is None:
            raise UserError("That round is over: `guess` begins another one.")
        return found

    async def _people(self, place: WriteLocation, before_id: int) -> list[str]:
        said = await self._recent.page(place.guild_id, place.channel_id, before_id)
        fitting = {
            " ".join(text.split())
            for text in said
            if LEAST_CHARS <= len(text) <= MOST_CHARS and LINK not in text
        }
        return sorted(fitting)

    async def _own(self, place: WriteLocation, people: list[str]) -> str:
        texts, _ = await self._writer.write(place, TextRequest(n=DRAWN, length=MOST_CHARS))
        usual = median(map(len, people))
        fresh = [" ".join(text.split()) for text in texts if text.strip()]
        fresh = [text for text in fresh if text not in people]
        if not fresh:
            raise UserError("Nothing came to my mind; ask again.")
        return min(fresh, key=lambda text: abs(len(text) - usual))
