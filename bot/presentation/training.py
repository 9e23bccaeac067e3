"""The words of the message that shows how a training is coming along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.corpus.progress import CorpusProgress
from bot.storage.records import ChosenRecipe, TrainJob, TrainMetrics
from bot.text.discord_markup import cut, quoted
from bot.text.formatting import bar, counted, day, duration, listed, messages_count
from bot.training.trainer import TrainDone, TrainProgress, TrainStarted

QUEUED_MARK, DONE_MARK, FAILED_MARK, CANCELLED_MARK = "⏳", "✅", "❌", "🛑"
NOTHING_NEW_MARK = "💤"

SHOWN_SAMPLES = 3
SHOWN_CHANNELS = 5
SHOWN_OF_ALL = 40
MESSAGES_PER_S = 100  # that Discord gives of a channel
CHANNELS_AT_ONCE = 4
MOST_BEFORE_THE_END = 0.99  # of a bar: what follows the last step takes seconds too
_DISCORD_EPOCH_S = 1_420_070_400


def queued(place: int, begins_at: datetime | None = None, file_name: str = "") -> str:
    """Tell how many trainings come first, of what, and when it begins where that is known."""
    if place == 0:
        return f"{QUEUED_MARK} **Training** starts in a moment."
    comes = "comes" if place == 1 else "come"
    # Discord counts down on each reader's screen.
    when = f" It should start <t:{int(begins_at.timestamp())}:R>." if begins_at else ""
    what = f" on the file `{file_name}`" if file_name else ""
    return (
        f"{QUEUED_MARK} **Waiting to train**{what}: {counted(place, 'other training')} {comes} "
        f"first.{when}"
    )


def queued_without_machine() -> str:
    """Tell that no machine is there to train."""
    return (
        f"{QUEUED_MARK} **Waiting to train**: no training machine is connected. It starts as soon "
        "as one is."
    )


def starting(messages: int) -> str:
    """Tell that the history is read and training is being set up."""
    return f"{_training_on(messages)}\n{bar(0)} · getting ready"


def training(start: TrainStarted | None, progress: TrainProgress) -> str:
    """Tell how far training has come."""
    head = _training_on(start.messages) if start else "🧠 **Training**"
    parts = [bar(_training_share(progress))]
    if progress.eta_s:
        parts.append(f"about {duration(progress.eta_s)} left")
    if start is not None and progress.val_bits_per_char is not None:
        now = better(start.val_bits_per_char, progress.val_bits_per_char)
        if now is not None:
            parts.append(f"so far it guesses your next letter {now}")
    return f"{head}\n" + " · ".join(parts)


def _training_on(messages: int) -> str:
    return f"🧠 **Training** on {messages_count(messages)}"


def _training_share(progress: TrainProgress) -> float:
    share = 0.0
    if progress.steps:
        share = progress.step / progress.steps
    elif progress.eta_s is not None and progress.elapsed_s + progress.eta_s > 0:
        share = progress.elapsed_s / (progress.elapsed_s + progress.eta_s)
    return min(share, MOST_BEFORE_THE_END)


def tuning(
    messages: int, recipes: int, running: Sequence[TrainProgress], done: Sequence[TrainDone]
) -> str:
    """Tell how far the recipes of a training have come."""
    shares = [_training_share(progress) for progress in running]
    share = min((len(done) + sum(shares)) / recipes, MOST_BEFORE_THE_END)
    return (
        f"{_training_on(messages)}, in {recipes} ways to keep the best\n"
        f"{bar(share)} · {len(done)} of {recipes} done"
    )


def waiting_for_a_machine(messages: int) -> str:
    """Tell that the machines that train cannot be reached."""
    return (
        f"{_training_on(messages)}\n{bar(0)} · no training machine is connected; it goes on as "
        "soon as one is"
    )


def again_with_smaller_steps(messages: int) -> str:
    """Tell that training has begun anew because memory ran out."""
    return f"{_training_on(messages)}\n{bar(0)} · ran out of memory, trying again with less"


def stopping() -> str:
    """Tell at once that somebody asked for it to be stopped."""
    return f"{CANCELLED_MARK} **Stopping…**"


def better(before: float, after: float) -> str | None:
    """Return by how much the next letter is guessed better; None where it is not.

    Args:
        before, after: bits per character on messages that were not trained on. 2 ** -bits is
            the (geometric) mean probability that was given to the letter that came.
    """
    times = 2 ** (before - after)
    if times <= 1:
        return None
    if times >= 2:
        return f"{times:.1f} times as well"
    percent = round(100 * (times - 1))
    return f"{percent}% better" if percent else "a little better"


def guesses(metrics: TrainMetrics) -> str:
    """Tell in a sentence how good a version is beside what came before it."""
    how = better(metrics.bits_per_char_before, metrics.bits_per_char_after)
    if how is None:
        return "It doesn't guess your next letter any better than before."
    as_or_than = "as before" if how.endswith("as well") else "than before"
    return f"It guesses your next letter {how} {as_or_than}."


def done(job: TrainJob, metrics: TrainMetrics, samples: Sequence[str]) -> str:
    """Tell what was learned, and show it."""
    heading = "This is how I talk now:"
    return cut("\n".join([*_trained(job, metrics), *_shown(heading, samples), *_read(job)]))


def kept_aside(job: TrainJob, version: int, metrics: TrainMetrics, samples: Sequence[str]) -> str:
    """Tell that a version is no better than what it was to take the place of, and show it."""
    lines = [
        *_trained(job, metrics),
        f"So I'm keeping the version I had. `!model use {version}` switches to the new one anyway.",
        *_shown("The new one talks like this:", samples),
        *_read(job),
    ]
    return cut("\n".join(lines))


def done_long_ago(job: TrainJob) -> str:
    """Tell of a training whose figures a former release did not keep."""
    return cut("\n".join([f"{DONE_MARK} **Trained** on {learned_from(job)}.", *_read(job)]))


def _trained(job: TrainJob, metrics: TrainMetrics) -> list[str]:
    took = duration(metrics.train_s)
    read = messages_count(metrics.messages)
    return [
        f"{DONE_MARK} **Trained** on {read} of {learned_from(job)} in {took}. {guesses(metrics)}"
    ]


def _shown(heading: str, samples: Sequence[str]) -> list[str]:
    """Return samples as lines, each set apart from the next."""
    if not samples:
        return []
    return [heading, "\n\n".join(quoted(sample) for sample in samples[:SHOWN_SAMPLES])]


def _read(job: TrainJob) -> list[str]:
    """Return from when to when was read, and what was left out, in small letters."""
    base = f"on top of version {job.base_version}" if job.base_version else ""
    first = min((c.first_id for c in job.channels if c.first_id), default=0)
    last = max((c.after_id for c in job.channels), default=0)
    span = f"{snowflake_day(first)} to {snowflake_day(last)}" if first else ""
    told = ", ".join(filter(None, [span, job.file_found, base, _left_out(job)]))
    return [f"-# Read: {told}"] if told else []


def learned_from(job: TrainJob) -> str:
    """Return the channels or the file that a job learns from."""
    if job.scope.file_name is not None:
        return f"the file `{job.scope.file_name}`"
    asked = [channel.channel_id for channel in job.channels if channel.parent_id is None]
    threads = sum(c.parent_id is not None and c.messages > 0 for c in job.channels)
    with_threads = f" with {counted(threads, 'thread')}" if threads else ""
    return f"{named(asked)}{with_threads}"


def figures(
    job: TrainJob,
    version: int | None,
    metrics: TrainMetrics,
    epochs: float | None,
    recipe: ChosenRecipe | None,
) -> str:
    """Tell the figures of a training, to those who ask for them."""
    passes = f", {counted_passes(epochs)} over them (epochs)" if epochs else ""
    lines = [
        f"**Version {version}**" if version else "**This training**",
        f"Learned from: {messages_count(metrics.messages)} of {learned_from(job)}",
        f"Time: {duration(metrics.train_s)}{passes}",
        surprise(metrics),
        guesses(metrics),
    ]
    if recipe is not None:
        lines.append(
            f"Best of {recipe.tried} ways: {counted_passes(recipe.epochs)} over the messages "
            f"(epochs), learning rate {recipe.learning_rate:g}"
        )
    return cut("\n".join(lines))


def counted_passes(epochs: float) -> str:
    """Return how many times everything was read."""
    return "1 pass" if epochs == 1 else f"{epochs:.2g} passes"


def surprise(metrics: TrainMetrics) -> str:
    """Tell how well a version predicts what it was not trained on."""
    return (
        f"Bits per character: {metrics.bits_per_char_before:.2f} before, "
        f"**{metrics.bits_per_char_after:.2f}** now, on messages it wasn't trained on (lower is "
        "better)"
    )


def curve_in_words(metrics: TrainMetrics, epochs: float) -> str:
    """Return the alternative text of the picture of a training's curve."""
    return (
        "Learning curve. On messages it wasn't trained on, bits per character went from "
        f"{metrics.bits_per_char_before:.2f} to {metrics.bits_per_char_after:.2f} in "
        f"{counted_passes(epochs)} over the messages. Lower is better."
    )


def failed(sentence: str) -> str:
    """Tell why there is no new model."""
    return cut(f"{FAILED_MARK} **Training failed.** {sentence}".rstrip())


def cancelled() -> str:
    """Tell that somebody stopped it."""
    return f"{CANCELLED_MARK} **Training stopped.** What I had read is deleted; I talk as before."


def snowflake_day(snowflake: int) -> str:
    """Return the day an id was made on, for Discord to show in each reader's own form."""
    return day(datetime.fromtimestamp((snowflake >> 22) // 1000 + _DISCORD_EPOCH_S, UTC))


def named(channel_ids: Sequence[int]) -> str:
    """Return channels' names for Discord to show, the first few of them."""
    shown = [f"<#{channel_id}>" for channel_id in channel_ids[:SHOWN_CHANNELS]]
    rest = len(channel_ids) - SHOWN_CHANNELS
    return listed([*shown, f"{rest} more"] if rest > 0 else shown or ["no channel"])


def collecting(now: CorpusProgress) -> str:
    """Tell how far the histories have been read."""
    count = len(now.channel_ids)
    which = f" ({now.finished} of {count} done)" if count > 1 else ""
    left = f" · about {duration(now.eta_s)} left" if now.eta_s is not None else ""
    return (
        f"📖 **Reading** {named(now.channel_ids)}{which}\n"
        f"{bar(now.share)} · {messages_count(now.messages)} so far{left}"
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
    return (
        f"I'd learn from {counted(len(channel_ids), 'channel')}: {shown}{more}\nThat is about "
        f"{messages_count(messages)}, or about {duration(seconds)} of reading. To leave "
        "some out, type `!train all --except #channel`."
    )


def reading_file(name: str, found: str, messages: int) -> str:
    """Tell what a file is, and how far it has been read."""
    what = f" ({found})" if found else ""
    read = f": {messages_count(messages)} so far" if messages else " …"
    return f"📖 **Reading** the file `{name}`{what}{read}"


def too_few(job: TrainJob, least: int) -> str:
    """Tell that there is not enough to learn from, and what else can be done."""
    if job.scope.file_name is not None:
        what = f" ({job.file_found})" if job.file_found else ""
        text = (
            f"**Not enough to learn from.** The file `{job.scope.file_name}`{what} has "
            f"{messages_count(job.messages)} that I can use, and I need {least}. Messages of bots, "
            "commands, empty messages and members who opted out don't count."
        )
        return cut(f"{NOTHING_NEW_MARK} {text}")
    return cut(f"{NOTHING_NEW_MARK} {_too_few_in_channels(job, least)}")


def _too_few_in_channels(job: TrainJob, least: int) -> str:
    where = named([c.channel_id for c in job.channels if c.parent_id is None])
    limits = f" As asked, I read {limit}." if (limit := _left_out(job)) else ""
    if job.base_version and any(channel.floor_id for channel in job.channels):
        full = "`!train full #channel` learns the whole history again."
        since = f"in {where} since version {job.base_version}"
        if job.messages == 0:
            return f"**Nothing new** {since}. {full}{limits}"
        return (
            f"**Only {messages_count(job.messages, 'new')}** {since}; I need {least}. Try again "
            f"when there are more. {full}{limits}"
        )
    return (
        f"**Not enough to learn from.** {where} has {messages_count(job.messages)} that I can use, "
        f"and I need {least}. Messages of bots and webhooks, commands and empty messages don't "
        "count. Choose a livelier channel, or several at once. If members write through PluralKit "
        f"or Tupperbox, type `!settings proxies pluralkit tupperbox` first.{limits}"
    )


def _left_out(job: TrainJob) -> str:
    """Return what was left out because it was asked for."""
    scope = job.scope
    limits = []
    if scope.max_messages:
        limits.append(f"only the newest {messages_count(scope.max_messages)} of each channel")
    if scope.since_id and any(c.floor_id == scope.since_id for c in job.channels):
        limits.append(f"nothing before {snowflake_day(scope.since_id)}")
    return listed(limits) if limits else ""
