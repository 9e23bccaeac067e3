"""Reads one channel through the real client, and prints what that took as JSON.

Run by collector.py: `python collecting_process.py URL DATA_DIR CHANNEL_ID MODE`, the
token in DISCORD_TOKEN. MODE is `collect`, or `ceiling` for what the client library alone
can do: pages that are fetched and thrown away.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import threading
import time
from pathlib import Path

import discord
import psutil

from bot.corpus.collector import HistoryCollector
from bot.corpus.eligibility import EligibilityRules
from bot.corpus.message_filters import MessageFilters
from bot.discord_api.member_roles import MemberRoles
from bot.loopback.client_routes import client_routes
from bot.runtime.data_folder import DataFolder
from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.database import Database
from bot.storage.guilds import ServerStore
from bot.storage.jobs import JobStore
from bot.storage.privacy import PrivacyStore
from bot.storage.records import TrainJob

SAMPLE_S = 0.1
FUTURE_ID = 2**63 - 1


class MemorySampler(threading.Thread):
    """Notes the most resident memory that the process has while collecting."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self._done = threading.Event()
        self.before_mb = self.most_mb = self._resident_mb()

    def run(self) -> None:
        """Sample until stopped."""
        while not self._done.wait(SAMPLE_S):
            self.most_mb = max(self.most_mb, self._resident_mb())

    def stop(self) -> None:
        """Take the last sample."""
        self._done.set()
        self.join()
        self.most_mb = max(self.most_mb, self._resident_mb())

    def _resident_mb(self) -> float:
        return float(self._process.memory_info().rss / 1e6)


async def _prefix(_: int) -> str:
    return "!"


async def new_job(jobs: JobStore, channel_id: int) -> TrainJob:
    """Return a job that has read nothing of the channel."""
    return await jobs.add(
        guild_id=1, channel_ids=(channel_id,), report_channel_id=channel_id, before_id=FUTURE_ID
    )


async def collect(
    client: discord.Client, folder: DataFolder, database: Database, channel_id: int
) -> dict[str, float]:
    """Read the channel and return what that took."""
    jobs = JobStore(database)
    job = await new_job(jobs, channel_id)
    gc.collect()
    memory = MemorySampler()
    memory.start()
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    rules = EligibilityRules(
        ServerStore(database),
        PrivacyStore(database),
        AuthorTokenStore(database),
        MemberRoles(client),
    )
    filters = MessageFilters(client, rules, _prefix)
    collector = HistoryCollector(client, folder, jobs, rules=rules, filters=filters)
    await collector.collect(job, lambda _: None)
    wall_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    memory.stop()
    (state,) = (await jobs.get(job.train_job_id)).channels
    return {
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "before_mb": memory.before_mb,
        "growth_mb": memory.most_mb - memory.before_mb,
        "last_id": state.after_id,
        "usable": state.messages,
    }


async def fetch(client: discord.Client, channel_id: int) -> dict[str, float]:
    """Fetch every page and throw it away."""
    last_id = 0
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    while page := await client.http.logs_from(channel_id, 100, after=last_id):
        last_id = max(int(page[0]["id"]), int(page[-1]["id"]))
    wall_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    return {"wall_s": wall_s, "cpu_s": cpu_s, "last_id": last_id}


async def main(url: str, data_dir: str, channel_id: str, mode: str) -> None:
    """Log in, read, print."""
    intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
    client = discord.Client(intents=intents, max_messages=None, chunk_guilds_at_startup=False)
    folder = DataFolder(Path(data_dir))
    with client_routes(url), folder.locked():
        database = await Database.open(folder.database)
        try:
            async with client:
                serving = asyncio.create_task(client.start(os.environ["DISCORD_TOKEN"]))
                await client.wait_until_ready()
                if mode == "ceiling":
                    result = await fetch(client, int(channel_id))
                else:
                    result = await collect(client, folder, database, int(channel_id))
            await serving
        finally:
            await database.close()
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
