"""The words of the message that shows how a training is coming along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.locales.messages import _, ngettext
from bot.presentation.reading import learned_from, left_out, snowflake_day
from bot.storage.records import ChosenRecipe, TrainJob, TrainMetrics
from bot.text.discord_markup import cut, quoted
from bot.text.formatting import bar, duration
from bot.training.trainer import TrainDone, TrainProgress, TrainStarted

QUEUED_MARK, DONE_MARK, FAILED_MARK, CANCELLED_MARK = "⏳", "✅", "❌", "🛑"

SHOWN_SAMPLES = 3
MOST_BEFORE_THE_END = 0.99  # of a bar: what follows the last step takes seconds too


def queued(place: int, begins_at: datetime | None = None, file_name: str = "") -> str:
    """Tell how many trainings come first, of what, and when it begins where that is known."""
    if place == 0:
        return " ".join([QUEUED_MARK, _("**Training** starts in a moment.")])
    text = (
        ngettext(
            "**Waiting to train** on the file `{file_name}`: {count:,} other training comes first.",
            "**Waiting to train** on the file `{file_name}`: {count:,} other trainings come first.",
            place,
            file_name=file_name,
        )
        if file_name
        else ngettext(
            "**Waiting to train**: {count:,} other training comes first.",
            "**Waiting to train**: {count:,} other trainings come first.",
            place,
        )
    )
    if begins_at:
        # Discord counts down on each reader's screen.
        when = f"<t:{int(begins_at.timestamp())}:R>"
        text = " ".join([text, _("It should start {when}.", when=when)])
    return f"{QUEUED_MARK} {text}"


def queued_without_machine() -> str:
    """Tell that no machine is there to train."""
    text = _("**Waiting to train**: no training machine is connected. It starts as soon as one is.")
    return f"{QUEUED_MARK} {text}"


def starting(messages: int) -> str:
    """Tell that the history is read and training is being set up."""
    return _state(messages, 0, _("getting ready"))


def training(start: TrainStarted | None, progress: TrainProgress) -> str:
    """Tell how far training has come."""
    head = _training_on(start.messages) if start else _("🧠 **Training**")
    parts = [bar(_training_share(progress))]
    if progress.eta_s:
        parts.append(_("about {duration} left", duration=duration(progress.eta_s)))
    if start is not None and progress.val_bits_per_char is not None:
        now = better(start.val_bits_per_char, progress.val_bits_per_char)
        if now is not None:
            parts.append(_("so far it guesses your next letter {better}", better=now))
    return f"{head}\n" + " · ".join(parts)


def _training_on(messages: int) -> str:
    return ngettext(
        "🧠 **Training** on {count:,} message", "🧠 **Training** on {count:,} messages", messages
    )


def _state(messages: int, share: float, state: str) -> str:
    return f"{_training_on(messages)}\n{bar(share)} · {state}"


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
    head = ngettext(
        "🧠 **Training** on {count:,} message, in {ways} ways to keep the best",
        "🧠 **Training** on {count:,} messages, in {ways} ways to keep the best",
        messages,
        ways=recipes,
    )
    return f"{head}\n{bar(share)} · " + _("{done} of {all} done", done=len(done), all=recipes)


def waiting_for_a_machine(messages: int) -> str:
    """Tell that the machines that train cannot be reached."""
    state = _("no training machine is connected; it goes on as soon as one is")
    return _state(messages, 0, state)


def again_with_smaller_steps(messages: int) -> str:
    """Tell that training has begun anew because memory ran out."""
    return _state(messages, 0, _("ran out of memory, trying again with less"))


def stopping() -> str:
    """Tell at once that somebody asked for it to be stopped."""
    return " ".join([CANCELLED_MARK, _("**Stopping…**")])


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
        return _("{times:.1f} times as well", times=times)
    percent = round(100 * (times - 1))
    return _("{percent}% better", percent=percent) if percent else _("a little better")


def guesses(metrics: TrainMetrics) -> str:
    """Tell in a sentence how good a version is beside what came before it."""
    times = 2 ** (metrics.bits_per_char_before - metrics.bits_per_char_after)
    percent = round(100 * (times - 1))
    if times <= 1:
        return _("It doesn't guess your next letter any better than before.")
    if times >= 2:
        return _("It guesses your next letter {times:.1f} times as well as before.", times=times)
    if percent:
        return _("It guesses your next letter {percent}% better than before.", percent=percent)
    return _("It guesses your next letter a little better than before.")


def done(job: TrainJob, metrics: TrainMetrics, samples: Sequence[str]) -> str:
    """Tell what was learned, and show it."""
    heading = _("This is how I talk now:")
    return cut("\n".join([*_trained(job, metrics), *_shown(heading, samples), *_read(job)]))


def kept_aside(job: TrainJob, version: int, metrics: TrainMetrics, samples: Sequence[str]) -> str:
    """Tell that a version is no better than what it was to take the place of, and show it."""
    lines = [
        *_trained(job, metrics),
        _(
            "So I'm keeping the version I had. `!model use {version}` switches to the new one "
            "anyway.",
            version=version,
        ),
        *_shown(_("The new one talks like this:"), samples),
        *_read(job),
    ]
    return cut("\n".join(lines))


def done_long_ago(job: TrainJob) -> str:
    """Tell of a training whose figures a former release did not keep."""
    told = _("**Trained** on {where}.", where=learned_from(job))
    return cut("\n".join([f"{DONE_MARK} {told}", *_read(job)]))


def _trained(job: TrainJob, metrics: TrainMetrics) -> list[str]:
    told = ngettext(
        "**Trained** on {count:,} message of {where} in {duration}.",
        "**Trained** on {count:,} messages of {where} in {duration}.",
        metrics.messages,
        where=learned_from(job),
        duration=duration(metrics.train_s),
    )
    return [f"{DONE_MARK} {told} {guesses(metrics)}"]


def _shown(heading: str, samples: Sequence[str]) -> list[str]:
    """Return samples as lines, each set apart from the next."""
    if not samples:
        return []
    return [heading, "\n\n".join(quoted(sample) for sample in samples[:SHOWN_SAMPLES])]


def _read(job: TrainJob) -> list[str]:
    """Return from when to when was read, and what was left out, in small letters."""
    version = job.base_version
    base = _("on top of version {version}", version=version) if version else ""
    first = min((c.first_id for c in job.channels if c.first_id), default=0)
    last = max((c.after_id for c in job.channels), default=0)
    days = {"first": snowflake_day(first), "last": snowflake_day(last)}
    span = _("{first} to {last}", **days) if first else ""
    told = ", ".join(filter(None, [span, job.file_found, base, left_out(job)]))
    return [_("-# Read: {what}", what=told)] if told else []


def figures(
    job: TrainJob,
    version: int | None,
    metrics: TrainMetrics,
    epochs: float | None,
    recipe: ChosenRecipe | None,
) -> str:
    """Tell the figures of a training, to those who ask for them."""
    took = {"duration": duration(metrics.train_s)}
    lines = [
        _("**Version {version}**", version=version) if version else _("**This training**"),
        ngettext(
            "Learned from: {count:,} message of {where}",
            "Learned from: {count:,} messages of {where}",
            metrics.messages,
            where=learned_from(job),
        ),
        _("Time: {duration}, {passes} over them (epochs)", passes=counted_passes(epochs), **took)
        if epochs
        else _("Time: {duration}", **took),
        surprise(metrics),
        guesses(metrics),
    ]
    if recipe is not None:
        lines.append(
            _(
                "Best of {ways} ways: {passes} over the messages (epochs), learning rate {rate:g}",
                ways=recipe.tried,
                passes=counted_passes(recipe.epochs),
                rate=recipe.learning_rate,
            )
        )
    return cut("\n".join(lines))


def counted_passes(epochs: float) -> str:
    """Return how many times everything was read."""
    if float(epochs).is_integer():
        return ngettext("{count:.2g} pass", "{count:.2g} passes", int(epochs))
    # Translators: a number that is not whole, such as 2.5.
    return _("{number:.2g} passes", number=epochs)


def surprise(metrics: TrainMetrics) -> str:
    """Tell how well a version predicts what it was not trained on."""
    return _(
        "Bits per character: {before:.2f} before, **{after:.2f}** now, on messages it wasn't "
        "trained on (lower is better)",
        before=metrics.bits_per_char_before,
        after=metrics.bits_per_char_after,
    )


def curve_in_words(metrics: TrainMetrics, epochs: float) -> str:
    """Return the alternative text of the picture of a training's curve."""
    return _(
        "Learning curve. On messages it wasn't trained on, bits per character went from "
        "{before:.2f} to {after:.2f} in {passes} over the messages. Lower is better.",
        before=metrics.bits_per_char_before,
        after=metrics.bits_per_char_after,
        passes=counted_passes(epochs),
    )


def failed(sentence: str) -> str:
    """Tell why there is no new model."""
    return cut(" ".join([FAILED_MARK, _("**Training failed.**"), sentence]).rstrip())


def cancelled() -> str:
    """Tell that somebody stopped it."""
    told = _("**Training stopped.** What I had read is deleted; I talk as before.")
    return f"{CANCELLED_MARK} {told}"
