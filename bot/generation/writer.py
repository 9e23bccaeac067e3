"""Texts that a server may read: in its voice, by its rules."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.generation.live_memory import LiveMemory
from bot.generation.live_speech import LiveSpeech
from bot.generation.request import TextRequest
from bot.locales.messages import N_, Message
from bot.models.inference import Chosen, Inference
from bot.storage.author_tokens import MIN_MARKED, AuthorTokenStore
from bot.storage.guild_settings import ServerSettings
from bot.storage.guilds import ServerStore
from bot.storage.learned_channels import UNKNOWN_CHANNEL, LearnedStore, Source
from bot.storage.records import ModelRecord
from bot.text.banned_phrases import PhraseFilter, phrase_filter
from bot.text.discord_markup import resolved
from bot.text.pii import is_private, mask_pii
from textgen_core import GenerationOptions
from textgen_core.generation.counted_speech import CountedSpeech
from textgen_core.text.special_tokens import AUTHOR_TOKENS

HIDDEN = N_(
    "I learned from a channel that not everyone here can read, so I don't write here. An admin can "
    "change that with `!settings hidden off`."
)

UNKNOWN_ORIGIN = N_(
    "This version came as a file and I can't tell what it learned, so I don't write with it. An "
    "admin who knows can allow it with `!model vouch`."
)
NSFW = N_(
    "I learned from an NSFW channel, so I only write in NSFW channels. An admin can change that "
    "with `!settings nsfw off`."
)
MAX_DRAWS = 6  # of a text with what may not be said in it, before that is covered
_SEEDS = 2**53
_NOWHERE = 0  # a place whose readers may read what all may, and nothing else


@dataclass(frozen=True, slots=True)
class WriteLocation:
    """Where a text is to be written; a thread has its channel as parent."""

    guild_id: int
    channel_id: int
    parent_id: int | None = None
    nsfw: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the models are asked for.

    Attributes:
        models: numbers or names of the one or two that write; empty: as `Inference.generate`.
        chooses: whether the best of several drafts is wanted.
        heard: what was just said where the texts are to be read.
        counted: what several people said lately where it may be told there.
    """

    guild_id: int
    options: GenerationOptions
    models: tuple[str, str]
    chooses: bool
    heard: Sequence[str]
    counted: CountedSpeech | None


class Writer:
    """Writes what people ask for where a server lets it, without what it banned.

    Args:
        is_nsfw: tells of a channel's id whether it is NSFW now, as far as is known.
        is_within: tells of a place and a channel that was learned from whether all who
            read the one may read the other; and is told whether that was hidden then.
        live: what was just said where texts are written.
        speech: what several people said lately in live channels.
    """

    def __init__(
        self,
        inference: Inference,
        servers: ServerStore,
        learned: LearnedStore,
        voices: AuthorTokenStore,
        is_nsfw: Callable[[int], bool],
        is_within: Callable[[int, int, bool], bool],
        live: LiveMemory,
        speech: LiveSpeech,
    ) -> None:
        self._live = live
        self._speech = speech
        self._voices = voices
        self._is_within = is_within
        self._inference = inference
        self._servers = servers
        self._learned = learned
        self._is_nsfw = is_nsfw

    async def refusal(self, place: WriteLocation, chosen: Chosen | None = None) -> Message | None:
        """Return why no text may be written in a place, None where one may.

        Args:
            place: where.
            chosen: the model that is to write; None for the one the server speaks with.
        """
        settings = await self._servers.of(place.guild_id)
        if not settings.may_write_in(place.channel_id, place.parent_id):
            return _where(settings)
        if chosen is not None and chosen.model_id is None:
            return None  # the base model
        asks_nsfw = settings.nsfw_rule and not place.nsfw
        if not (asks_nsfw or settings.hidden_rule):
            return None
        model_id = None if chosen is None else chosen.model_id
        learned = await self._learned.sources(place.guild_id, model_id)
        if any(source.channel_id == UNKNOWN_CHANNEL for source in learned):
            return Message(UNKNOWN_ORIGIN)
        if asks_nsfw and self._has_nsfw(learned):
            return Message(NSFW)
        if settings.hidden_rule and not self._may_hear(place, learned):
            return Message(HIDDEN)
        return None

    def _may_hear(self, place: WriteLocation, learned: Iterable[Source]) -> bool:
        """Say whether all who read a place may read the channels that were learned from."""
        return all(
            source.channel_id in (place.channel_id, place.parent_id)
            or self._is_within(place.channel_id, source.channel_id, source.hidden)
            for source in learned
        )

    async def write(
        self, place: WriteLocation, request: TextRequest
    ) -> tuple[list[str], TextRequest]:
        """Return texts, and the request with the server's defaults filled in.

        Raises:
            UserError: none may be written there, or an option is out of range.
        """
        request = replace(request, prompt=resolved(request.prompt))
        chosen = None
        if request.model:
            chosen = await self._inference.resolve(place.guild_id, request.model)
            request = replace(request, model=str(chosen.number))
        await self._check(place, chosen)
        if request.mixed_with:
            other = await self._inference.resolve(place.guild_id, request.mixed_with)
            request = replace(request, mixed_with=str(other.number))
            await self._check(place, other)
        settings = await self._servers.of(place.guild_id)
        if request.temperature is None:
            request = replace(request, temperature=settings.temperature)
        chooses = request.leaves_drawing_open
        heard: Sequence[str] = ()
        counted = None
        if chooses and not request.model:
            heard = await self._live.heard(place.guild_id, place.channel_id)
            counted = await self._speech.of(place.guild_id, await self._live_channels(place))
        options, by = request.options(), request
        if request.as_id:
            record, mark = await self._version_of(place.guild_id, request)
            options, by = replace(options, voice=mark), request.by(str(record.version))
        asked = _Asked(place.guild_id, options, (by.model, by.mixed_with), chooses, heard, counted)
        banned = await _banned_by(settings)
        if settings.spoilers:
            texts = await self._draw_allowed(asked, phrase_filter(()))
            return await asyncio.to_thread(list, map(banned.spoilered, texts)), request
        return await self._draw_allowed(asked, banned), request

    async def check_may_write(self, place: WriteLocation) -> None:
        """Raise a UserError unless the bot may write in a place, whatever it is."""
        settings = await self._servers.of(place.guild_id)
        if not settings.may_write_in(place.channel_id, place.parent_id):
            raise UserError(_where(settings))

    async def _check(self, place: WriteLocation, chosen: Chosen | None) -> None:
        refusal = await self.refusal(place, chosen)
        if refusal is not None:
            raise UserError(refusal)

    async def _version_of(self, guild_id: int, request: TextRequest) -> tuple[ModelRecord, str]:
        """Return the version that is to write in a member's way, and the mark of that.

        Raises:
            UserError: it knows no such way, as it knows only those of members who agreed.
        """
        record = await self._inference.record(guild_id, request.model)
        mark = await self._voices.mark_of(record.model_id, request.as_id) if record else None
        if record is None or mark is None:
            known = {"member": f"<@{request.as_id}>", "least": 2 * MIN_MARKED}
            if record is None:
                raise UserError(
                    "I can't write like {member} with the base model. They have to type `!privacy "
                    "voice on` first, and then a training has to include about {least} of their "
                    "messages.",
                    **known,
                )
            raise UserError(
                "I can't write like {member} with version {version}. They have to type `!privacy "
                "voice on` first, and then a training has to include about {least} of their "
                "messages.",
                version=record.label,
                **known,
            )
        return record, AUTHOR_TOKENS[mark]

    async def may_quote(self, place: WriteLocation, train_job_id: int | None = None) -> bool:
        """Say whether a place may read what a new version has written.

        Args:
            place: where it is to be read.
            train_job_id: of the training that made it; its version may not be the one in
                use. None for a version that came as a file.
        """
        if await self.refusal(place) is not None:
            return False
        if train_job_id is None:
            return True
        settings = await self._servers.of(place.guild_id)
        made_from = await self._learned.sources_of_job(train_job_id)
        if settings.nsfw_rule and not place.nsfw and self._has_nsfw(made_from):
            return False
        return not settings.hidden_rule or self._may_hear(place, made_from)

    async def may_publish(self, guild_id: int, model_id: int) -> bool:
        """Say whether every channel that a version learned from is open to all, and none NSFW."""
        learned = await self._learned.sources(guild_id, model_id)
        return not self._has_nsfw(learned) and all(
            self._is_within(_NOWHERE, source.channel_id, source.hidden) for source in learned
        )

    async def without_banned(self, guild_id: int, text: str) -> str:
        """Return a text with the phrases covered that a server has banned."""
        settings = await self._servers.of(guild_id)
        banned = await _banned_by(settings)
        cover = banned.spoilered if settings.spoilers else banned.masked
        return await asyncio.to_thread(cover, text) if settings.phrases else text

    async def continue_text(
        self, place: WriteLocation, request: TextRequest
    ) -> tuple[list[str], TextRequest]:
        """Return one text that is longer than the prompt, if the model finds more to say.

        A model that thinks a text complete ends it at once: then it is given a space
        to go on from.

        Raises:
            UserError: as of `write`.
        """
        texts, request = await self.write(place, request)
        if texts[0].strip() == request.prompt.strip():
            spaced = replace(request, prompt=request.prompt.rstrip() + " ")
            texts, request = await self.write(place, spaced)
        return texts, request

    async def _draw_allowed(self, asked: _Asked, banned: PhraseFilter) -> list[str]:
        """Draw texts, again where one may not be said, and cover what may not be said in the rest.

        That is banned phrases, and what is private by itself (bot/text/pii.py).
        """

        def is_bad(text: str) -> bool:
            return banned.finds(text) or is_private(text)

        def bad_places() -> list[int]:
            return [place for place, text in enumerate(texts) if is_bad(text)]

        options = asked.options
        texts = await self._drawn(asked)
        seed = secrets.randbelow(_SEEDS) if options.seed is None else options.seed
        draws = 1 if is_bad(options.prompt) else MAX_DRAWS
        for draw in range(1, draws):
            bad = await self._inference.run_in_executor(bad_places)
            if not bad:
                return texts
            again = replace(options, n=len(bad), seed=(seed + draw * 7919) % _SEEDS)
            drawn = await self._drawn(replace(asked, options=again))
            for place, text in zip(bad, drawn, strict=True):
                texts[place] = text
        return await self._inference.run_in_executor(
            lambda: [mask_pii(banned.masked(text)) for text in texts]
        )

    async def _drawn(self, asked: _Asked) -> list[str]:
        """Return texts as they will be shown: what goes may join what a filter looks for."""
        drawn = await self._inference.generate(
            asked.guild_id,
            asked.options,
            *asked.models,
            chooses=asked.chooses,
            heard=asked.heard,
            counted=asked.counted,
        )
        return [resolved(text) for text in drawn]

    async def _live_channels(self, place: WriteLocation) -> frozenset[int]:
        """Return the live channels of which may be told in a place."""
        settings = await self._servers.of(place.guild_id)
        if not settings.live:
            return frozenset()
        asks_nsfw = settings.nsfw_rule and not place.nsfw
        return frozenset(
            source.channel_id
            for source in await self._learned.as_noted(place.guild_id, settings.live)
            if not (asks_nsfw and self._has_nsfw([source]))
            and (not settings.hidden_rule or self._may_hear(place, [source]))
        )

    def _has_nsfw(self, learned: Iterable[Source]) -> bool:
        return any(source.nsfw or self._is_nsfw(source.channel_id) for source in learned)


def _where(settings: ServerSettings) -> Message:
    if not settings.allowed:
        return Message(N_("An admin has asked me not to write in this channel."))
    channels = " ".join(f"<#{channel_id}>" for channel_id in sorted(settings.allowed)[:10])
    return Message(N_("In this server I only write in {channels}."), {"channels": channels})


async def _banned_by(settings: ServerSettings) -> PhraseFilter:
    """Return the filter of what a server banned, which may take a second to be made."""
    if not settings.phrases:
        return phrase_filter(())
    return await asyncio.to_thread(phrase_filter, settings.phrases)
