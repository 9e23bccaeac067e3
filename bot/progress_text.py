"""The words of the message that shows how a training is coming along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.discord_text import cut, quoted
from bot.storage.records import ModelRecord, TrainMetrics
from bot.trainer import TrainDone, TrainEvent, TrainProgress, TrainStarted

BAR_CELLS = 20
QUEUED_MARK, DONE_MARK, FAILED_MARK, CANCELLED_MARK = "⏳", "✅", "❌", "🛑"


def bar(share: float) -> str:
    """Return a bar that is filled by `share` of its length."""
    filled = round(max(0.0, min(1.0, share)) * BAR_CELLS)
    return "`" + "█" * filled + "░" * (BAR_CELLS - filled) + f"` {100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Return a duration in the two largest units that matter."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest_s = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def messages_count(count: int) -> str:
    """Return a count with its noun."""
    return "1 message" if count == 1 else f"{count:,} messages"


def queued(place: int, begins_at: datetime | None = None) -> str:
    """Tell how many trainings come first, and when it begins where that is known."""
    if place == 0:
        return f"{QUEUED_MARK} **Training** begins in a moment."
    noun = "training comes" if place == 1 else "trainings come"
    # Discord counts down on each reader's screen.
    when = f" It should begin <t:{int(begins_at.timestamp())}:R>." if begins_at else ""
    return f"{QUEUED_MARK} **Training is queued**, place {place + 1}: {place} {noun} first.{when}"


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
    if progress.eta_s is not None:
        parts.append(f"about {duration(progress.eta_s)} left")
    return f"🧠 **Training**{counted}\n{bar(_training_share(progress))}\n" + " · ".join(parts)


def _training_share(progress: TrainProgress) -> float:
    if progress.steps:
        return progress.step / progress.steps
    if progress.eta_s is not None and progress.elapsed_s + progress.eta_s > 0:
        return progress.elapsed_s / (progress.elapsed_s + progress.eta_s)
    return 0.0


def tuning(
    messages: int, recipes: int, events: Mapping[int, TrainEvent], done: Mapping[int, TrainDone]
) -> str:
    """Tell how far the recipes of a training have come."""
    shares = [
        _training_share(event)
        for number, event in events.items()
        if number not in done and isinstance(event, TrainProgress)
    ]
    parts = [f"{len(done)} done"]
    if shares:
        parts.append(f"{len(shares)} under way")
    if done:
        best = min(one.bits_per_char_after for one in done.values())
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


def done(metrics: TrainMetrics, samples: list[str], read: str = "") -> str:
    """Tell what was learned, and show it; `read` says from what."""
    lines = [*_trained(metrics, read), "This is how I talk now:", *map(quoted, samples)]
    return cut("\n".join(lines))


def kept_aside(
    record: ModelRecord, metrics: TrainMetrics, samples: list[str], read: str = ""
) -> str:
    """Tell that a version is no better than what it was to take the place of, and show it."""
    lines = [
        *_trained(metrics, read),
        f"That is no better, so I keep my former voice: `model use {record.version}` takes the "
        "new one all the same.",
        "It would talk like this:",
        *map(quoted, samples),
    ]
    return cut("\n".join(lines))


def without_texts(outcome: str) -> str:
    """Return an outcome without the texts quoted in it, and the line that announces them."""
    lines = outcome.splitlines()
    first = next((n for n, line in enumerate(lines) if line.startswith("> ")), 0)
    if not first:
        return outcome
    kept = (*lines[: first - 1], *lines[first:])
    return "\n".join(line for line in kept if not line.startswith("> "))


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
