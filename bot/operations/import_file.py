"""A file on the bot's machine, queued for a server from the command line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.corpus.uploads import copied
from bot.errors import InUseError, UserError
from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database
from bot.storage.guilds import ServerStore
from bot.storage.jobs import JobStore
from bot.storage.queue import QueueStore
from bot.storage.records import TrainingScope
from bot.training.queue_positions import QueueView
from textgen_core.text.formats.messages import AUTO

# Later than any message: a file has no end that one could be after.
NO_MESSAGE_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Imported:
    """A queued job, how many come before it, and whether a bot is there to take it up."""

    train_job_id: int
    place: int
    bot_is_running: bool


async def import_file(
    folder: DataFolder,
    source: Path,
    *,
    guild_id: int,
    fresh: bool,
    column: str = "",
    form: str = AUTO,
    force: bool = False,
) -> Imported:
    """Queue a training on a copy of `source`.

    Args:
        column, form: see `textgen_core.text.message_files.read_messages`.

    Raises:
        UserError: the file is of no known kind or learned already, or the bot has never seen
            the server.
        StorageError: the data folder or the database cannot be used.
    """
    async with _database(folder) as (database, bot_is_running):
        jobs = JobStore(database)
        with copied(folder, source) as incoming:
            if not force and not await ServerStore(database).is_known(guild_id):
                raise UserError(
                    "I've never seen a server {guild_id}. Check the number, or add "
                    "--force if it is right.",
                    guild_id=guild_id,
                )
            job = await jobs.add(
                guild_id=guild_id,
                channel_ids=(),
                report_channel_id=0,
                before_id=NO_MESSAGE_ID,
                scope=TrainingScope(
                    fresh=fresh,
                    file_name=incoming.name,
                    file_column=column,
                    file_format=form,
                    file_digest=incoming.digest(),
                ),
                furnish=incoming.furnish,
            )
        place = await QueueView(jobs, QueueStore(database), lambda: 1).place_of(job)
        return Imported(job.train_job_id, place.queued.ahead, bot_is_running)


@asynccontextmanager
async def _database(folder: DataFolder) -> AsyncIterator[tuple[Database, bool]]:
    """Yield the database, and whether a bot has it open."""
    with ExitStack() as stack:
        try:
            stack.enter_context(folder.locked())
            in_use = False
        except InUseError:
            in_use = True
        database = await Database.open(folder.database, in_use=in_use)
        try:
            yield database, in_use
        finally:
            await database.close()
