"""docs/sentences.md: every sentence that the bot says to people, in one place for a reader.

    python tests/sentences.py > docs/sentences.md

Whole messages are rendered by bot/presentation from the values below. What is said elsewhere
(refusals, answers of cogs, labels of buttons, descriptions of commands) is read from the source
by said_in_source.py, with `…` for what is filled in. test_sentences.py fails where the page is
not what this prints.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from said_in_source import FIELD, descriptions, templates

from bot.corpus.progress import CorpusProgress, FileProgress
from bot.models.version_history import DiaryEntry
from bot.presentation import (
    diary,
    guess,
    job_log,
    job_messages,
    learning,
    neurons,
    privacy,
    reading,
    settings,
    training,
    typed,
    versions,
    web_page,
)
from bot.presentation import help as help_words
from bot.storage.guild_settings import Learns, ServerSettings, TalkChannel
from bot.storage.outcomes import PastJob
from bot.storage.privacy import Choice, Held
from bot.storage.records import (
    ChosenRecipe,
    FailureReason,
    JobChannel,
    JobOutcome,
    JobStatus,
    LearnedChannel,
    ModelRecord,
    TrainingScope,
    TrainJob,
    TrainMetrics,
)
from bot.storage.staleness import Staleness
from bot.training.progress import (
    Preparing,
    Queued,
    QueueStatus,
    Training,
    TryingSmallerSteps,
    Tuning,
    WaitingForMachine,
)
from bot.training.trainer import TrainDone, TrainProgress, TrainStarted
from textgen_core.neurons.gradient import LookedAt
from textgen_core.neurons.probes import Cell
from textgen_core.neurons.report import Report, Strip
from textgen_core.neurons.surprise import END, Guess, Surprise, WorstPlace

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "sentences.md"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EARLY, LATE = 1 << 60, (1 << 60) + (1 << 54)
METRICS, WORSE = TrainMetrics(2000, 2.31, 2.15, 168.0), TrainMetrics(60, 2.15, 2.2, 12.0)
LINES = ("hello there", "what a day", "no idea, ask ann")
ONE, TWO = JobChannel(1, EARLY, LATE, 2000), JobChannel(2, EARLY, LATE, 12, floor_id=EARLY)


def job(
    *channels: JobChannel,
    base: int | None = None,
    scope: TrainingScope | None = None,
    found: str = "",
) -> TrainJob:
    """Return a training of channels."""
    return TrainJob(
        train_job_id=1,
        guild_id=1,
        status=JobStatus.DONE,
        before_id=LATE,
        report_channel_id=1,
        report_message_id=None,
        outcome=None,
        channels=channels,
        scope=scope or TrainingScope(),
        base_version=base,
        file_messages=0 if channels else 12,
        file_found=found,
    )


def version(number: int, metrics: TrainMetrics | None, name: str | None = None) -> ModelRecord:
    """Return a version of a server's model."""
    path = f"models/1/{number}.safetensors"
    return ModelRecord(number, 1, number, path, metrics, NOON, name)


def trainings() -> Iterator[tuple[str, str]]:
    """Yield what a training's message says, from the queue to the end."""
    yield from _progress()
    file = TrainingScope(file_name="chat.txt")
    new = JobOutcome(JobStatus.DONE, None, METRICS, LINES, version=1, is_live=True)
    aside = JobOutcome(JobStatus.DONE, None, WORSE, LINES, version=2)
    failed = JobOutcome(JobStatus.FAILED, FailureReason("Discord didn't answer."))
    few = JobOutcome(JobStatus.FAILED, FailureReason("", 50))
    much = TrainingScope(since_id=EARLY, max_messages=1000)
    thread = JobChannel(3, EARLY, LATE, 40, parent_id=1)
    for name, one, outcome in (
        ("better", job(ONE), new),
        ("better, with limits and a thread", job(ONE, TWO, thread, base=1, scope=much), new),
        ("of a file", job(scope=file, found="plain text, 2,000 messages"), new),
        ("no better", job(TWO, base=1), aside),
        ("without figures", job(ONE), JobOutcome(JobStatus.DONE)),
        ("failed", job(ONE), failed),
        ("stopped", job(ONE), JobOutcome(JobStatus.CANCELLED)),
        ("too few", job(JobChannel(1, messages=12)), few),
        ("too few new ones", job(TWO, base=1), few),
        ("nothing new", job(JobChannel(2, floor_id=EARLY), base=1), few),
        ("too few in a file", job(scope=file, found="plain text, 12 messages"), few),
    ):
        yield f"end: {name}", job_messages.outcome_text(one, outcome, outcome.samples)
    recipe = ChosenRecipe(4, 6.0, 0.001)
    yield "details", training.figures(job(ONE), 1, METRICS, 4.2, recipe)
    yield "details, the curve in words", training.curve_in_words(METRICS, 4.2)
    yield "status, nothing", job_messages.status_text(QueueStatus(()))
    yield "all channels", reading.all_channels([1], 1)
    yield "all channels, many", reading.all_channels(list(range(1, 44)), 120_000)
    yield "log, empty", job_log.log_text([])
    past = [
        PastJob(_ended(one, outcome), NOON, 168.0)
        for one, outcome in (
            (job(ONE), new),
            (job(TWO), aside),
            (job(ONE), few),
            (job(ONE), failed),
            (job(scope=file), new),
        )
    ]
    yield "log", job_log.log_text(past)


def _progress() -> Iterator[tuple[str, str]]:
    """Yield how a training is coming along."""
    start = TrainStarted(2000, 90_000, "cpu", resumed=False, val_bits_per_char=2.31)
    now = TrainProgress(2.0, 8, 25, 100, 2.6, 2.2, 60, 180)
    done = TrainDone(2.31, 2.15, 168.0, 4.0, "finished")
    later = NOON + timedelta(minutes=5)
    for name, progress in (
        ("next", Queued(0)),
        ("one before it", Queued(1, later)),
        ("three before it", Queued(3, later)),
        ("no machine", Queued(0, idle=True)),
        ("reading begins", CorpusProgress(0, 0.0, None, (1,), 0)),
        ("reading", CorpusProgress(1234, 0.61, 75.0, (1, 2), 1)),
        ("reading a file", FileProgress("chat.txt", 1, "plain text")),
        ("read", Preparing(1)),
        ("training", Training(start, now)),
        ("several ways", Tuning(2000, 4, (now,), (done,))),
        ("machines lost", WaitingForMachine(2000)),
        ("memory ran out", TryingSmallerSteps(2000)),
    ):
        yield name, job_messages.progress_text(progress)
    yield "asked to stop", training.stopping()


def _ended(one: TrainJob, outcome: JobOutcome) -> TrainJob:
    return replace(one, status=outcome.status, outcome=outcome)


def of_versions() -> Iterator[tuple[str, str]]:
    """Yield what is said of versions."""
    first, second, given = version(1, METRICS), version(2, WORSE, "memes"), version(3, None)
    yield "list", versions.listed([given, second, first], first, 1)
    yield "list, pages", versions.listed([first] * 12, None, 1)
    learned = [LearnedChannel(1, EARLY, LATE, 2000)]
    yield "info", versions.info(first, None, learned, is_live=True)
    yield "info, from a file", versions.info(given, None, (), is_live=False)
    yield "info, base in use", versions.base_info(is_live=True)
    yield "info, base", versions.base_info(is_live=False)
    yield "compare", versions.compared(((first, LINES), (None, "Not here.")), first)
    yield "use", versions.now_speaking(second)
    yield "use base", versions.now_speaking(None)
    yield "import", versions.imported(given, LINES[:1])
    yield "vouch", versions.vouched(given, changed=True)
    yield "vouch, known", versions.vouched(first, changed=False)
    yield "delete?", versions.deletion_question(second)
    yield "deleted", versions.deleted(second)
    yield "deleted, told", versions.deletion_notice(second, 5)
    yield "page?", web_page.page_question(second)
    yield "page, no", str(web_page.PAGE_KEPT)
    yield "page, refused", str(web_page.page_refused(second))
    yield "page", web_page.page_made(second, ngrams=False)
    yield "page with phrases", web_page.page_made(second, ngrams=True)
    spoke = ((NOON, NOON + timedelta(days=2)),)
    entries = [DiaryEntry(first, spoke, ("zorblax",)), DiaryEntry(given, (), ())]
    yield "diary", diary.diary_text(entries)
    yield "diary, the picture in words", diary.diary_in_words(entries)


def of_privacy() -> Iterator[tuple[str, str]]:
    """Yield what members are told of what is held about them."""
    for name, value in inspect.getmembers(privacy):
        if name.isupper() and isinstance(value, str):
            yield name, value
    nothing = Held(None, None, False, 0, 0, False, 0)
    much = Held(Choice.IN, NOON, True, 1, 2, True, 1)
    for learns in Learns:
        yield f"held, {learns}", privacy.held(nothing, learns)
    yield "held, much", privacy.held(much, Learns.CHANNEL)
    yield "opted out", privacy.opted_out(nothing)
    yield "opted out, was learned", privacy.opted_out(much)
    for learns in Learns:
        yield f"opted in, {learns}", privacy.opted_in(learns)
    yield "erased", privacy.erased()
    yield "erased?", privacy.erased(privacy.rebuild_question("versions 1, 2 (memes)"))
    yield "erased, told", privacy.rebuild_notice("version 1")
    for place in (0, 1, 2):
        yield f"new model, {place} before it", privacy.rebuild_queued(place)
    for stale in (Staleness(1, 1), Staleness(2, 3)):
        yield "out of date", "\n".join(privacy.stale_lines(stale, "!"))
    for goes_on in (True, False):
        yield "agreed", privacy.agreed(goes_on)


def of_settings() -> Iterator[tuple[str, str]]:
    """Yield how a server's settings are shown, and the help."""
    talk = {1: TalkChannel(1, 1, 0.02, 21_600, NOON + timedelta(hours=1))}
    plain = ServerSettings(1)
    full = ServerSettings(
        1,
        answers=False,
        quiet="22:00-07:00 UTC",
        muted_until=NOON + timedelta(hours=2),
        talk=talk,
        allowed=frozenset({1, 2}),
        denied=frozenset({2}),
    )
    yield "talk", settings.talk_lines(plain, NOON)
    yield "talk, much set", settings.talk_lines(full, NOON, sees_content=False)
    yield (
        "talk, a channel denied",
        settings.talk_lines(ServerSettings(1, denied=frozenset({2})), NOON),
    )
    yield "settings", settings.settings_lines(plain, "!")
    yield "one setting", settings.field_line("temperature", plain, "!")
    yield "hello", help_words.first_steps([])
    yield "hello, permissions missing", help_words.first_steps(["Send Messages", "Attach Files"])
    yield "a direct message", help_words.direct_answer()
    yield "help on nothing", help_words.unknown("sing")()


def of_learning() -> Iterator[tuple[str, str]]:
    """Yield what is said of what goes on by itself."""
    for name, value in inspect.getmembers(learning):
        if name.isupper() and isinstance(value, str):
            yield name, value
    yield "scheduled", learning.scheduled("day at 04:00 Europe/Berlin", NOON)
    yield "once a week", learning.learned_lately(1234, 12)
    yield "live, on", learning.live_on([1, 2])
    yield "live, off", learning.live_off([1])
    yield "live, where", learning.live_where([1, 2])
    live = ServerSettings(1, live=frozenset({1}), trains_every="day at 04:00 UTC")
    for one in (ServerSettings(1), live):
        yield "settings", "\n".join(learning.learning_lines(one))
    yield "held, live", privacy.held(Held(None, None, False, 0, 0, False, 0), Learns.CHANNEL, [1])


def of_the_game() -> Iterator[tuple[str, str]]:
    lines = ("did anybody feed the cat", "i am late again", "same here", "the cat is late")
    yield "a round", guess.question(lines)
    yield "a guess", guess.taken(2)
    yield "found", guess.result(lines, 3, [101, 102], guess.standing(34, 90, 4))
    yield "not found", guess.result(lines, 0, [], guess.standing(0, 1, 4))


def of_neurons() -> Iterator[tuple[str, str]]:
    worst = (WorstPlace(1, 7.2, (Guess("e", 0.4),)),)
    base = Surprise("hi", np.array([2.0, 7.2]), 1.0, 3.4, worst)
    cell = Cell("quotes", 234, 0.991, 0.605, 1.0, 0.0, 134)
    ended = Surprise("hi", base.bits, 1.0, 2.1, (WorstPlace(1, 7.2, (Guess(END, 0.4),)),))
    strips = tuple(Strip(cell, np.array(probs)) for probs in ([0.1, 0.9], [0.1, 0.1]))
    gaze = LookedAt("hi", 1, 0.01, np.array([1.0]))
    of_base = Report((("base", base),), strips, gaze, causal=True)
    of_version = Report((("base", base), ("3", ended)))
    for name, report in (("the base model", of_base), ("a version of windows", of_version)):
        yield name, neurons.caption(report)
        yield f"{name}, for who does not see the picture", neurons.alternative(report)


def mistyped() -> Iterator[tuple[str, str]]:
    yield "a slip", typed.no_such_command("genrate", "generate")
    yield "no such command of a group", typed.no_such_subcommand("talk", "shut", ["mute", "deny"])
    yield (
        "a slip in a group",
        typed.no_such_subcommand("model", "undo", ["list", "info"], "rollback"),
    )
    yield "a word too much", typed.too_much("two words", "!model rename 3 memes")
    yield "two commands", typed.too_much("!about", "!ping")
    yield "no such channel", typed.no_such_channel("#nowhere", "!train #general")


SECTIONS: tuple[tuple[str, Callable[[], Iterator[tuple[str, str]]]], ...] = (
    ("Trainings", trainings),
    ("Versions", of_versions),
    ("Privacy", of_privacy),
    ("Learning by itself", of_learning),
    ("The game", of_the_game),
    ("What the network sees", of_neurons),
    ("Settings, help", of_settings),
    ("Typed commands", mistyped),
)


def render() -> str:
    """Return the page."""
    from bot.app.client import EXTENSIONS

    parts = [__doc__.split("\n")[0].partition(": ")[2].capitalize()]
    lines = ["# Sentences", "", parts[0] + " Generated: see tests/sentences.py.", ""]
    for title, section in SECTIONS:
        lines += [f"## {title}", ""]
        for name, text in section():
            lines += [f"**{name}**", "", "```", *text.split("\n"), "```", ""]
    modules = [__import__(name, fromlist=["setup"]) for name in EXTENSIONS]
    lines += ["## Commands", "", *(f"- {line}" for line in descriptions(modules)), ""]
    lines += ["## Refusals and answers", ""]
    for folder in ("bot", "cogs"):
        for module, texts in templates(folder).items():
            if module.startswith(("bot/cli", "bot/loopback", "bot/operations", "bot/plots")):
                continue
            if not module.startswith("bot/presentation"):
                lines += [
                    f"**{module}**",
                    "",
                    *(f"- {' '.join(FIELD.sub('…', text).split())}" for text in texts),
                    "",
                ]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
