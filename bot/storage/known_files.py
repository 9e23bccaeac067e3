"""Whether a server has learned a file already, or is about to."""

from __future__ import annotations

from typing import Any

from bot.errors import UserError
from bot.storage.records import TrainingScope

# The version in use, and those that it was trained on from, as far back as the base model.
_LEARNED = """
WITH RECURSIVE line (parent_id, train_job_id) AS (
    SELECT parent_id, train_job_id FROM model
    WHERE model_id = (SELECT model_id FROM guild WHERE guild_id = ?1)
    UNION
    SELECT model.parent_id, model.train_job_id FROM line
    JOIN train_job AS job ON job.train_job_id = line.train_job_id AND job.base_version > 0
    JOIN model ON model.model_id = line.parent_id
)
SELECT job.file_name, 'learned' AS state FROM line JOIN train_job AS job USING (train_job_id)
WHERE job.file_digest = ?2
UNION
SELECT file_name, 'waiting' FROM train_job
WHERE guild_id = ?1 AND file_digest = ?2 AND status IN ('queued', 'collecting', 'training')
LIMIT 1
"""


async def check_is_new(connection: Any, guild_id: int, scope: TrainingScope) -> None:
    """Let a file pass that is not yet in the server's model, nor queued to be.

    Raises:
        UserError: it is.
    """
    if not scope.file_digest or scope.fresh:
        return
    rows = await connection.execute_fetchall(_LEARNED, (guild_id, scope.file_digest))
    for row in rows:
        if row["state"] == "waiting":
            raise UserError(
                "A training on that file (`{file_name}`) is already waiting or running.",
                file_name=row["file_name"],
            )
        raise UserError(
            "I've already learned that file (`{file_name}`). Learning it again would "
            "only make me repeat it. To start over with it, add `--full`.",
            file_name=row["file_name"],
        )
