"""Lets the client tell its metrics what happens to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.locales.languages import ENGLISH, speaking
from bot.operations.metrics import Metrics
from bot.presentation.training import better
from bot.storage.records import JobOutcome, TrainJob
from bot.text.formatting import messages_count
from bot.training.job_runner import OnFinish

log = logging.getLogger(__name__)

_REFUSALS = (UserError, commands.UserInputError, commands.CheckFailure, app_commands.CheckFailure)


def measure(bot: commands.AutoShardedBot, metrics: Metrics) -> None:
    """Count commands and what befalls the connection, from now on."""

    async def on_command(context: Any) -> None:
        metrics.begin_command(context)

    async def on_command_completion(context: Any) -> None:
        metrics.end_command(context, "ok")

    async def on_command_error(context: Any, error: Exception) -> None:
        if context.command is not None:
            metrics.end_command(context, _outcome(error))

    async def on_shard_connect(shard_id: int) -> None:
        metrics.gateway_event("connect")

    async def on_shard_resumed(shard_id: int) -> None:
        metrics.gateway_event("resume")

    async def on_shard_disconnect(shard_id: int) -> None:
        metrics.gateway_event("disconnect")

    for listener in (on_command, on_command_completion, on_command_error):
        bot.add_listener(listener)
    for shard_listener in (on_shard_connect, on_shard_resumed, on_shard_disconnect):
        bot.add_listener(shard_listener)


def _outcome(error: Exception) -> str:
    while (original := getattr(error, "original", None)) is not None:
        error = original
    return "refused" if isinstance(error, _REFUSALS) else "failed"


def on_finish(metrics: Metrics, name_of: Callable[[int], str]) -> OnFinish:
    """Return what logs and counts a finished training.

    Args:
        name_of: returns a server's name; it may be one that the bot has left.
    """

    def finished(job: TrainJob, outcome: JobOutcome, job_s: float) -> None:
        status = outcome.status
        with speaking(ENGLISH.code):  # the job spoke its server's language
            result = _result(outcome)
        fields = {"train_job_id": job.train_job_id, "guild_id": job.guild_id}
        log.info(
            "train job %d of server %s (%d): %s",
            *(job.train_job_id, name_of(job.guild_id), job.guild_id),
            ", ".join([*result, f"{job_s:.0f} s"]),
            extra={**fields, "status": status.value, "job_s": round(job_s, 1)},
        )
        metrics.finish_job(status, job_s)

    return finished


def _result(outcome: JobOutcome) -> list[str]:
    """Return how a training ended, in parts of a line."""
    metrics = outcome.metrics
    if metrics is None:
        return [outcome.status.value]
    gain = better(metrics.bits_per_char_before, metrics.bits_per_char_after) or "no better"
    use = "in use" if outcome.is_live else "kept aside"
    messages = messages_count(metrics.messages)
    return [outcome.status.value, f"version {outcome.version} {use}", messages, gain]
