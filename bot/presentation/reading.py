"""The words about what is read to be learned from: how far it is, and when it is too little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.corpus.progress import CorpusProgress
from bot.locales.messages import _, listed, ngettext
from bot.storage.records import TrainJob
from bot.text.discord_markup import cut
from bot.text.formatting import bar, day, duration

NOTHING_NEW_MARK = "💤"
SHOWN_CHANNELS = 5
SHOWN_OF_ALL = 40
MESSAGES_PER_S = 100  # that Discord gives of a channel
CHANNELS_AT_ONCE = 4
_DISCORD_EPOCH_S = 1_420_070_400


def snowflake_day(snowflake: int) -> str:
    """Return the day an id was made on, for Discord to show in each reader's own form."""
    return day(datetime.fromtimestamp((snowflake >> 22) // 1000 + _DISCORD_EPOCH_S, UTC))


def named(channel_ids: Sequence[int]) -> str:
    """Return channels' names for Discord to show, the first few of them."""
    shown = [f"<#{channel_id}>" for channel_id in channel_ids[:SHOWN_CHANNELS]]
    rest = len(channel_ids) - SHOWN_CHANNELS
    if rest > 0:
        shown.append(ngettext("{count} more", "{count} more", rest))
    return listed(shown or [_("no channel")])


def collecting(now: CorpusProgress) -> str:
    """Tell how far the histories have been read."""
    count = len(now.channel_ids)
    what = named(now.channel_ids)
    if count > 1:
        head = _(
            "📖 **Reading** {channels} ({done} of {all} done)",
            channels=what,
            done=now.finished,
            all=count,
        )
    else:
        head = _("📖 **Reading** {channels}", channels=what)
    parts = [bar(now.share), _so_far(now.messages)]
    if now.eta_s is not None:
        parts.append(_("about {duration} left", duration=duration(now.eta_s)))
    return f"{head}\n" + " · ".join(parts)


def _so_far(messages: int) -> str:
    return ngettext("{count:,} message so far", "{count:,} messages so far", messages)


def all_channels(channel_ids: Sequence[int], messages: int) -> str:
    """Tell which channels would be learned from, and about how much that is.

    Args:
        messages: an estimate.
    """
    shown = " ".join(f"<#{channel_id}>" for channel_id in channel_ids[:SHOWN_OF_ALL])
    rest = len(channel_ids) - SHOWN_OF_ALL
    if rest > 0:
        shown = _("{channels} and {more} more", channels=shown, more=rest)
    seconds = messages / (MESSAGES_PER_S * min(len(channel_ids), CHANNELS_AT_ONCE))
    return "\n".join(
        [
            ngettext(
                "I'd learn from {count:,} channel: {channels}",
                "I'd learn from {count:,} channels: {channels}",
                len(channel_ids),
                channels=shown,
            ),
            ngettext(
                "That is about {count:,} message, or about {duration} of reading. To leave some "
                "out, type `!train all --except #channel`.",
                "That is about {count:,} messages, or about {duration} of reading. To leave some "
                "out, type `!train all --except #channel`.",
                messages,
                duration=duration(seconds),
            ),
        ]
    )


def reading_file(name: str, found: str, messages: int) -> str:
    """Tell what a file is, and how far it has been read."""
    head = (
        _("📖 **Reading** the file `{name}` ({found})", name=name, found=found)
        if found
        else _("📖 **Reading** the file `{name}`", name=name)
    )
    return f"{head}: {_so_far(messages)}" if messages else f"{head} …"


def too_few(job: TrainJob, least: int) -> str:
    """Tell that there is not enough to learn from, and what else can be done."""
    if job.scope.file_name is not None:
        what = f" ({job.file_found})" if job.file_found else ""
        text = ngettext(
            "**Not enough to learn from.** The file {file} has {count:,} message that I can use, "
            "and I need {least}. Messages of bots, commands, empty messages and members who opted "
            "out don't count.",
            "**Not enough to learn from.** The file {file} has {count:,} messages that I can use, "
            "and I need {least}. Messages of bots, commands, empty messages and members who opted "
            "out don't count.",
            job.messages,
            file=f"`{job.scope.file_name}`{what}",
            least=least,
        )
        return cut(f"{NOTHING_NEW_MARK} {text}")
    return cut(f"{NOTHING_NEW_MARK} {_too_few_in_channels(job, least)}")


def _too_few_in_channels(job: TrainJob, least: int) -> str:
    where = named([c.channel_id for c in job.channels if c.parent_id is None])
    parts = [_too_little(job, where, least)]
    if limit := left_out(job):
        parts.append(_("As asked, I read {limit}.", limit=limit))
    return " ".join(parts)


def _too_little(job: TrainJob, where: str, least: int) -> str:
    since = {"where": where, "version": job.base_version}
    if job.base_version and any(channel.floor_id for channel in job.channels):
        if job.messages == 0:
            return _(
                "**Nothing new** in {where} since version {version}. `!train full #channel` learns "
                "the whole history again.",
                **since,
            )
        return ngettext(
            "**Only {count:,} new message** in {where} since version {version}; I need {least}. "
            "Try again when there are more. `!train full #channel` learns the whole history again.",
            "**Only {count:,} new messages** in {where} since version {version}; I need {least}. "
            "Try again when there are more. `!train full #channel` learns the whole history again.",
            job.messages,
            least=least,
            **since,
        )
    return ngettext(
        "**Not enough to learn from.** {where} has {count:,} message that I can use, and I need "
        "{least}. Messages of bots and webhooks, commands and empty messages don't count. Choose "
        "a livelier channel, or several at once. If members write through PluralKit or Tupperbox, "
        "type `!settings proxies pluralkit tupperbox` first.",
        "**Not enough to learn from.** {where} has {count:,} messages that I can use, and I need "
        "{least}. Messages of bots and webhooks, commands and empty messages don't count. Choose "
        "a livelier channel, or several at once. If members write through PluralKit or Tupperbox, "
        "type `!settings proxies pluralkit tupperbox` first.",
        job.messages,
        where=where,
        least=least,
    )


def left_out(job: TrainJob) -> str:
    """Return what was left out because it was asked for."""
    scope = job.scope
    limits = []
    if scope.max_messages:
        limits.append(
            ngettext(
                "only the newest {count:,} message of each channel",
                "only the newest {count:,} messages of each channel",
                scope.max_messages,
            )
        )
    if scope.since_id and any(c.floor_id == scope.since_id for c in job.channels):
        limits.append(_("nothing before {day}", day=snowflake_day(scope.since_id)))
    return listed(limits) if limits else ""


def learned_from(job: TrainJob) -> str:
    """Return the channels or the file that a job learns from."""
    if job.scope.file_name is not None:
        return _("the file `{name}`", name=job.scope.file_name)
    asked = [channel.channel_id for channel in job.channels if channel.parent_id is None]
    threads = sum(c.parent_id is not None and c.messages > 0 for c in job.channels)
    if not threads:
        return named(asked)
    return ngettext(
        "{channels} with {count:,} thread",
        "{channels} with {count:,} threads",
        threads,
        channels=named(asked),
    )
