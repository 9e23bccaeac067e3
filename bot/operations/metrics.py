"""What the bot measures of itself, in Prometheus' words.

No label holds the name or id of a person, a server or a channel, nor any text.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from bot.storage.records import JobStatus, TrainJob, TrainMetrics
from bot.training.nightly import NightReport

ANSWER_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
JOB_BUCKETS_S = (15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
LAG_PERIOD_S = 0.5
TOO_MANY_REQUESTS = 429


class Metrics:
    """Counts and times; one for each bot, so that several can live in a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._began: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._measure_answers(self.registry)
        self._measure_trainings(self.registry)
        self._measure_nights(self.registry)
        self._measure_discord(self.registry)

    def _measure_answers(self, registry: CollectorRegistry) -> None:
        self._commands = Counter(
            "textgen_commands", "Commands that ended", ("command", "outcome"), registry=registry
        )
        self._command_s = Histogram(
            "textgen_command_seconds",
            "From a command's arrival to the end of its answer",
            ("command",),
            buckets=ANSWER_BUCKETS_S,
            registry=registry,
        )
        self._lag_s = Histogram(
            "textgen_event_loop_lag_seconds",
            "How late the event loop wakes up",
            buckets=LAG_BUCKETS_S,
            registry=registry,
        )

    def _measure_trainings(self, registry: CollectorRegistry) -> None:
        self._job_s = Histogram(
            "textgen_train_job_seconds",
            "How long finished trainings took, reading included",
            ("status",),
            buckets=JOB_BUCKETS_S,
            registry=registry,
        )
        self._queue = Gauge(
            "textgen_train_jobs_open",
            "Trainings by where they stand",
            ("status",),
            registry=registry,
        )
        self._bits = Gauge(
            "textgen_last_training_bits_per_char",
            "Of the last published model, on messages held out",
            ("when",),
            registry=registry,
        )
        self._cached = Gauge("textgen_models_cached", "Models in memory", registry=registry)

    def _measure_nights(self, registry: CollectorRegistry) -> None:
        self._night = Gauge(
            "textgen_night_servers",
            "Servers with scheduled trainings, today (UTC): trained, waiting, missed",
            ("turn",),
            registry=registry,
        )
        self._night_s = Gauge(
            "textgen_night_seconds",
            "What scheduled trainings have used today, and may use",
            ("what",),
            registry=registry,
        )
        self._live = Counter(
            "textgen_live_messages",
            "Messages of live channels that came to count, and that were taken back",
            ("how",),
            registry=registry,
        )

    def count_live(self, came: int, taken_back: int) -> None:
        """Count messages of live channels."""
        self._live.labels("counted").inc(came)
        self._live.labels("taken back").inc(taken_back)

    def show_night(self, report: NightReport) -> None:
        """Show how a day of scheduled trainings stands."""
        night = report.night
        self._night.labels("trained").set(night.trained)
        self._night.labels("missed").set(night.missed)
        self._night.labels("waiting").set(report.waiting)
        self._night_s.labels("used").set(night.used_s)
        self._night_s.labels("budget").set(report.budget_s)

    def _measure_discord(self, registry: CollectorRegistry) -> None:
        self._guilds = Gauge("textgen_guilds", "Servers the bot is in", registry=registry)
        self._latency_s = Gauge(
            "textgen_gateway_latency_seconds", "Round trip of a heartbeat", registry=registry
        )
        self._gateway = Counter(
            "textgen_gateway_events",
            "Connections made, resumed, lost",
            ("event",),
            registry=registry,
        )
        self._requests = Counter(
            "textgen_discord_requests", "Answers of Discord's REST", ("status",), registry=registry
        )
        self._waits = Counter(
            "textgen_discord_rate_limits",
            "Answers after which a next request of the kind has to wait",
            ("refused",),
            registry=registry,
        )
        self._wait_s = Counter(
            "textgen_discord_rate_limit_seconds",
            "For how long, in sum, Discord then asks to wait",
            registry=registry,
        )

    def begin_command(self, context: Any) -> None:
        """Note when a command arrived."""
        self._began[context] = time.perf_counter()

    def end_command(self, context: Any, outcome: str) -> None:
        """Count a command by its name, which is one of the program's own."""
        name = context.command.qualified_name if context.command else "unknown"
        self._commands.labels(name, outcome).inc()
        began = self._began.pop(context, None)
        if began is not None:
            self._command_s.labels(name).observe(time.perf_counter() - began)

    def finish_job(self, status: JobStatus, job_s: float) -> None:
        """Count a finished training."""
        self._job_s.labels(status.value).observe(job_s)

    def gateway_event(self, event: str) -> None:
        """Count what befalls the connection."""
        self._gateway.labels(event).inc()

    def trace_requests(self) -> aiohttp.TraceConfig:
        """Return what lets aiohttp tell of each request to Discord's REST."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._on_request_end)
        return trace

    async def _on_request_end(
        self,
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        end: aiohttp.TraceRequestEndParams,
    ) -> None:
        headers, status = end.response.headers, end.response.status
        self._requests.labels(f"{status // 100}xx").inc()
        refused = status == TOO_MANY_REQUESTS
        if refused or headers.get("X-RateLimit-Remaining") == "0":
            self._waits.labels(str(refused).lower()).inc()
            told = headers.get("Retry-After" if refused else "X-RateLimit-Reset-After")
            self._wait_s.inc(float(told or 0))

    async def watch_lag(self) -> None:
        """Measure the event loop until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_PERIOD_S
            await asyncio.sleep(LAG_PERIOD_S)
            self._lag_s.observe(max(0.0, loop.time() - due))

    def exposition(
        self,
        *,
        jobs: Sequence[TrainJob],
        cached: int,
        guilds: int,
        latency_s: float,
        last: TrainMetrics | None,
    ) -> bytes:
        """Return everything as text for Prometheus, with what stands now."""
        for status in (JobStatus.QUEUED, JobStatus.COLLECTING, JobStatus.TRAINING):
            self._queue.labels(status.value).set(sum(job.status is status for job in jobs))
        self._cached.set(cached)
        self._guilds.set(guilds)
        self._latency_s.set(latency_s)
        if last is not None:
            self._bits.labels("before").set(last.bits_per_char_before)
            self._bits.labels("after").set(last.bits_per_char_after)
        return generate_latest(self.registry)
