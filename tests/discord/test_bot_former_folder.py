"""A data folder and a backup of the release before are read, spoken from and trained further.

former/ was written by the program at 6e4463e, the last commit before its packages were named anew:
a server with two trainings, whose first version has a name, with a temperature, a banned phrase
and a member who opted out. data.tar.gz is its data folder, backup.tar.gz what
`textgen-bot backup` made of it.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from bot_harness import Scene, running_bot, until

from bot.operations.import_file import import_file
from bot.operations.restore import restore_backup
from bot.runtime.data_folder import DataFolder
from textgen_core import GenerationOptions

FORMER = Path(__file__).parent / "former"
GUILD_ID = 1577065991899185152


def put(form: str, folder: Path) -> None:
    if form == "backup":
        restore_backup(FORMER / "backup.tar.gz", DataFolder(folder), replace=False)
        return
    with tarfile.open(FORMER / "data.tar.gz") as archive:
        archive.extractall(folder.parent, filter="data")


@pytest.mark.parametrize("form", ["folder", "backup"])
async def test_what_was_there_is_there(scene: Scene, form: str) -> None:
    folder = scene.folder / "data"
    put(form, folder)
    texts = scene.folder / "more.txt"
    texts.write_text("".join(f"another message, the {number}th\n" for number in range(60)))
    await import_file(DataFolder(folder), texts, guild_id=GUILD_ID, fresh=False)
    async with running_bot(scene) as bot:
        parts = bot.services
        settings = await parts.servers.of(GUILD_ID)
        assert (settings.temperature, settings.phrases) == (0.9, ("forbidden phrase",))
        (opted_out,) = scene.query("SELECT user_id FROM member_choice WHERE choice = 'out'")
        assert (await parts.privacy.held(GUILD_ID, opted_out[0]))[0].choice is not None
        versions = {record.version: record for record in await parts.models.versions(GUILD_ID)}
        assert versions[1].name == "first"
        for number in ("1", "2"):
            (text,) = await parts.inference.generate(
                GUILD_ID, GenerationOptions(max_chars=20, seed=1), number
            )
            assert isinstance(text, str)
        await until(lambda: scene.query("SELECT status FROM train_job")[-1] == ("done",))
        further = await parts.models.find(GUILD_ID, "3")
        assert further is not None
        assert further.parent_id == versions[2].model_id
        latest = await parts.outcomes.latest(GUILD_ID, 5)
        assert [past_job.job.messages for past_job in latest] == [60, 250, 250]
