"""The words of the message that shows how a training is coming along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.corpus.progress import CorpusProgress
from bot.storage.records import TrainJob, TrainMetrics
from bot.text.discord_markup import cut, quoted
from bot.text.formatting import bar, duration, messages_count
from bot.training.trainer import TrainDone, TrainProgress, TrainStarted

QUEUED_MARK, DONE_MARK, FAILED_MARK, CANCELLED_MARK = "⏳", "✅", "❌", "🛑"


def queued(place: int, begins_at: datetime | None = None, file_name: str = "") -> str:
    """Tell how many trainings come first, of what, and when it begins where that is known."""
    if place == 0:
        return f"{QUEUED_MARK} **Training** begins in a moment."
    noun = "training comes" if place == 1 else "trainings come"
    # Discord counts down on each reader's screen.
    when = f" It should begin <t:{int(begins_at.timestamp())}:R>." if begins_at else ""
    what = f" on the file `{file_name}`" if file_name else ""
    mark = f"{QUEUED_MARK} **Training is queued**"
    return f"{mark}{what}, place {place + 1}: {place} {noun} first.{when}"


def queued_without_machine() -> str:
    """Tell that no machine is there to train."""
    return f"{QUEUED_MARK} **Training is queued**: it begins when a training machine is there."


def starting(messages: int) -> str:
    """Tell that the history is read and training is being set up."""
    return f"🧠 **Training** on {messages_count(messages)}\n{bar(0)} · getting ready"


def training(start: TrainStarted | None, progress: TrainProgress) -> str:
    """Tell how far training has come."""
    counted = f" on {messages_count(start.messages)}" if start else ""
    parts = [
        f"epoch {progress.epoch:.1f}" + (f" of {progress.epochs:g}" if progress.epochs else "")
    ]
    best = progress.val_bits_per_char
    if best is not None:
        before = f" (began at {start.val_bits_per_char:.2f})" if start else ""
        parts.append(f"{best:.2f} bits/char{before}")
    elif progress.train_bits_per_char is not None:
        parts.append(f"{progress.train_bits_per_char:.2f} bits/char")
    if progress.eta_s:
        parts.append(f"about {duration(progress.eta_s)} left")
    return f"🧠 **Training**{counted}\n{bar(_training_share(progress))}\n" + " · ".join(parts)


def _training_share(progress: TrainProgress) -> float:
    if progress.steps:
        return progress.step / progress.steps
    if progress.eta_s is not None and progress.elapsed_s + progress.eta_s > 0:
        return progress.elapsed_s / (progress.elapsed_s + progress.eta_s)
    return 0.0


def tuning(
    messages: int, recipes: int, running: Sequence[TrainProgress], done: Sequence[TrainDone]
) -> str:
    """Tell how far the recipes of a training have come."""
    shares = [_training_share(progress) for progress in running]
    parts = [f"{len(done)} done"]
    if shares:
        parts.append(f"{len(shares)} under way")
    if done:
        best = min(one.bits_per_char_after for one in done)
        parts.append(f"the best so far {best:.2f} bits/char")
    return (
        f"🧠 **Training** on {messages_count(messages)} in {recipes} ways\n"
        f"{bar((len(done) + sum(shares)) / recipes)} · " + " · ".join(parts)
    )


def best_recipe(recipes: int, epochs: float, learning_rate: float) -> str:
    """Tell which of several recipes was kept."""
    return f"The best of {recipes} ways: {epochs:g} epochs, learning rate {learning_rate:g}."


def waiting_for_a_machine(messages: int) -> str:
    """Tell that the machines that train cannot be reached."""
    return (
        f"🧠 **Training** on {messages_count(messages)}\n{bar(0)} · waiting for a training "
        "machine; it goes on when one is there"
    )


def again_with_smaller_steps(messages: int) -> str:
    """Tell that training has begun anew because memory ran out."""
    return (
        f"🧠 **Training** on {messages_count(messages)}\n{bar(0)} · memory ran out, trying again "
        "with smaller steps"
    )


def done(metrics: TrainMetrics, samples: Sequence[str], read: str = "") -> str:
    """Tell what was learned, and show it; `read` says from what."""
    shown = ["This is how I talk now:", *map(quoted, samples)] if samples else []
    return cut("\n".join([*_trained(metrics, read), *shown]))


def kept_aside(version: int, metrics: TrainMetrics, samples: Sequence[str], read: str = "") -> str:
    """Tell that a version is no better than what it was to take the place of, and show it."""
    lines = [
        *_trained(metrics, read),
        f"That is no better, so I keep my former voice: `model use {version}` takes the "
        "new one all the same.",
        *(["It would talk like this:", *map(quoted, samples)] if samples else []),
    ]
    return cut("\n".join(lines))


def _trained(metrics: TrainMetrics, read: str) -> list[str]:
    learned = f"{messages_count(metrics.messages)} in {duration(metrics.train_s)}"
    head = f"{DONE_MARK} **Trained** on {learned}."
    return [head, *([read] if read else []), surprise(metrics)]


def surprise(metrics: TrainMetrics) -> str:
    """Tell how well a version predicts what it was not trained on."""
    return (
        f"Surprise at the newest messages: {metrics.bits_per_char_before:.2f} → "
        f"**{metrics.bits_per_char_after:.2f} bits/char** (lower is better)."
    )


def failed(sentence: str) -> str:
    """Tell why there is no new model."""
    return cut(f"{FAILED_MARK} **Training failed.** {sentence}")


def cancelled() -> str:
    """Tell that somebody stopped it."""
    what = "What I had read of it is deleted; my voice is as before."
    return f"{CANCELLED_MARK} **Training cancelled.** {what}"


SHOWN_CHANNELS = 5


SHOWN_OF_ALL = 40


MESSAGES_PER_S = 100  # that Discord gives of a channel


CHANNELS_AT_ONCE = 4


_DISCORD_EPOCH_S = 1_420_070_400


def moment(snowflake: int) -> str:
    """Return the day an id was made on, for Discord to show in each reader's own form."""
    return f"<t:{(snowflake >> 22) // 1000 + _DISCORD_EPOCH_S}:D>"


def named(channel_ids: Sequence[int]) -> str:
    """Return channels' names for Discord to show, the first few of them."""
    shown = ", ".join(f"<#{channel_id}>" for channel_id in channel_ids[:SHOWN_CHANNELS])
    rest = len(channel_ids) - SHOWN_CHANNELS
    return f"{shown} and {rest} more" if rest > 0 else shown


def collecting(now: CorpusProgress) -> str:
    """Tell how far the histories have been read."""
    count = len(now.channel_ids)
    which = f" ({now.finished} of {count} done)" if count > 1 else ""
    left = f" · about {duration(now.eta_s)} left" if now.eta_s is not None else ""
    return (
        f"📖 **Reading** {named(now.channel_ids)}{which}\n"
        f"{bar(now.share)} · {messages_count(now.messages)} collected{left}"
    )


def all_channels(channel_ids: Sequence[int], messages: int) -> str:
    """Tell which channels would be learned from, and about how much that is.

    Args:
        messages: an estimate.
    """
    shown = " ".join(f"<#{channel_id}>" for channel_id in channel_ids[:SHOWN_OF_ALL])
    rest = len(channel_ids) - SHOWN_OF_ALL
    more = f" and {rest} more" if rest > 0 else ""
    seconds = messages / (MESSAGES_PER_S * min(len(channel_ids), CHANNELS_AT_ONCE))
    noun = "channel" if len(channel_ids) == 1 else "channels"
    return (
        f"That is {len(channel_ids)} {noun}: {shown}{more}\nThey hold about "
        f"{messages_count(messages)}, which takes about {duration(seconds)} to read. Leave some "
        "out by `train all --except #channel`."
    )


def reading_file(name: str, found: str, messages: int) -> str:
    """Tell what a file is, and how far it has been read."""
    read = f"; {messages:,} of them usable so far" if messages else " …"
    return f"📖 **Reading** the file `{name}`: {found}{read}"


def what_was_read(job: TrainJob) -> str:
    """Tell which messages a model was made from, and which were left out."""
    base = f", on top of what my version {job.base_version} knew" if job.base_version else ""
    if job.scope.file_name is not None:
        found = f" ({job.file_found})" if job.file_found else ""
        return f"Read: the file `{job.scope.file_name}`{found}{base}."
    asked = [channel.channel_id for channel in job.channels if channel.parent_id is None]
    threads = sum(c.parent_id is not None and c.messages > 0 for c in job.channels)
    with_threads = f" and {threads} of their threads" if threads else ""
    first = min((c.first_id for c in job.channels if c.first_id), default=0)
    span = f" from {moment(first)} to {moment(max((c.after_id for c in job.channels), default=0))}"
    return f"Read: {named(asked)}{with_threads}{span if first else ''}{base}.{_left_out(job)}"


def too_few(job: TrainJob, least: int) -> str:
    """Tell that there is not enough to learn from, and what else can be done."""
    if job.scope.file_name is not None:
        found = f", which is {job.file_found}," if job.file_found else ""
        return (
            f"I found {job.messages} usable messages in that file{found} and need at least {least} "
            "(bots, commands, empty messages and those of members who opted out do not count)."
        )
    where = named([c.channel_id for c in job.channels if c.parent_id is None])
    if job.base_version and any(channel.floor_id for channel in job.channels):
        return (
            f"I found only {job.messages} new usable messages in {where} since my version "
            f"{job.base_version} and need at least {least}: train again when there are more, or "
            f"start over with the whole history by `train full #channel`.{_left_out(job)}"
        )
    return (
        f"I found {job.messages} usable messages in {where} and need at least {least} (bots, "
        "webhooks, commands and empty messages do not count): choose a livelier channel, or "
        "several at once. Where members write by PluralKit or Tupperbox, `settings proxies "
        f"pluralkit tupperbox` has me learn that.{_left_out(job)}"
    )


def _left_out(job: TrainJob) -> str:
    """Tell what was left out because it was asked for, with a space in front."""
    scope = job.scope
    limits = []
    if scope.max_messages:
        limits.append(f"no more than the newest {messages_count(scope.max_messages)} of each")
    if scope.since_id and any(c.floor_id == scope.since_id for c in job.channels):
        limits.append(f"nothing before {moment(scope.since_id)}")
    return f" As asked, I read {' and '.join(limits)}." if limits else ""
