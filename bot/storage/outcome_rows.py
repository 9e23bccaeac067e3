"""How a job's outcome lies in its row."""

from __future__ import annotations

import json
import sqlite3

from bot.storage.records import (
    OPEN_STATUSES,
    ChosenRecipe,
    FailureReason,
    JobOutcome,
    JobStatus,
    TrainMetrics,
)

# To be filled in by `outcome_values`, in this order.
SET_OUTCOME = (
    "status = ?, reason = ?, least_messages = ?, version = ?, is_live = ?, learned_messages = ?,"
    " bits_per_char_before = ?, bits_per_char_after = ?, train_s = ?, samples = ?,"
    " recipes_tried = ?, recipe_epochs = ?, recipe_learning_rate = ?"
)


def outcome_values(outcome: JobOutcome) -> tuple[object, ...]:
    """Return the values of `SET_OUTCOME`."""
    reason, metrics, recipe = outcome.reason, outcome.metrics, outcome.recipe
    return (
        outcome.status.value,
        *((None, None) if reason is None else (reason.sentence, reason.least_messages)),
        outcome.version,
        None if outcome.version is None else int(outcome.is_live),
        *_metrics_values(metrics),
        json.dumps(outcome.samples, ensure_ascii=False) if outcome.samples else None,
        *(
            (None, None, None)
            if recipe is None
            else (recipe.tried, recipe.epochs, recipe.learning_rate)
        ),
    )


def _metrics_values(metrics: TrainMetrics | None) -> tuple[float | None, ...]:
    if metrics is None:
        return None, None, None, None
    return (
        metrics.messages,
        metrics.bits_per_char_before,
        metrics.bits_per_char_after,
        metrics.train_s,
    )


def outcome_of(row: sqlite3.Row) -> JobOutcome | None:
    """Return how a job ended, from its row; None while it is open."""
    status = JobStatus(row["status"])
    if status in OPEN_STATUSES:
        return None
    reason = None
    if row["reason"] is not None:
        reason = FailureReason(row["reason"], row["least_messages"])
    metrics = None
    if row["learned_messages"] is not None and row["train_s"] is not None:
        metrics = TrainMetrics(
            messages=row["learned_messages"],
            bits_per_char_before=row["bits_per_char_before"],
            bits_per_char_after=row["bits_per_char_after"],
            train_s=row["train_s"],
        )
    recipe = None
    if row["recipes_tried"] is not None:
        recipe = ChosenRecipe(
            row["recipes_tried"], row["recipe_epochs"], row["recipe_learning_rate"]
        )
    return JobOutcome(
        status=status,
        reason=reason,
        metrics=metrics,
        samples=tuple(json.loads(row["samples"])) if row["samples"] else (),
        version=row["version"],
        is_live=bool(row["is_live"]),
        recipe=recipe,
    )
