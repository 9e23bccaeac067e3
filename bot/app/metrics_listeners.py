"""Lets the client tell its metrics what happens to it."""

from __future__ import annotations

from typing import Any

from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.operations.metrics import Metrics
from bot.storage.records import JobStatus, TrainJob
from bot.training.job_runner import OnFinish, log_finish

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


def on_finish(metrics: Metrics) -> OnFinish:
    """Return what logs and counts a finished training."""

    def finished(job: TrainJob, status: JobStatus, job_s: float) -> None:
        log_finish(job, status, job_s)
        metrics.finish_job(status, job_s)

    return finished
