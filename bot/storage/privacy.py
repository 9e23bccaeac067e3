"""What the database knows of a member, and forgetting it.

Columns that name a person end in `_by_id`, or are called user_id, author_id or
member_id; a test holds PERSON_COLUMNS against the schema.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import aiosqlite

from bot.storage.author_tokens import withdraw_voice
from bot.storage.database import Database
from bot.storage.records import utc_now

PERSON_COLUMNS = frozenset(
    {
        ("job_voice", "user_id"),
        ("left_out_member", "user_id"),
        ("member_choice", "user_id"),
        ("member_voice", "user_id"),
        ("model_voice", "user_id"),
        ("server", "consented_by_id"),
        ("train_job", "requested_by_id"),
    }
)
# The one row that stays after an erasure says that nothing is to be learned of somebody.
STAYING = frozenset({("member_choice", "user_id")})


class Choice(StrEnum):
    """What a member decided: that nothing of theirs is learned, or that it may be."""

    OUT = "out"
    IN = "in"


@dataclass(slots=True)
class MemberChoices:
    """The members of a server who decided something; changes when they do.

    Attributes:
        out: nothing of theirs is learned.
        agreed: theirs may be learned where only that is.
        voices: texts may be written in their way.
    """

    out: set[int] = field(default_factory=set)
    agreed: set[int] = field(default_factory=set)
    voices: set[int] = field(default_factory=set)

    def may_learn(self, user_id: int | None, *, agreed_only: bool) -> bool:
        """Say whether what somebody wrote may be learned; None: nobody knows who wrote it."""
        return user_id in self.agreed if agreed_only else user_id not in self.out


@dataclass(frozen=True, slots=True)
class Held:
    """What the database knows of a member of a server.

    Attributes:
        choice, since: what they decided, and when.
        consented: it was they who allowed the trainings.
        trainings: how many trainings they asked for.
        versions: how many versions may know something of theirs.
        voice: whether texts may be written in their way.
        voice_versions: how many versions can write so.
    """

    choice: Choice | None
    since: datetime | None
    consented: bool
    trainings: int
    versions: int
    voice: bool
    voice_versions: int


class PrivacyStore:
    """Reads and writes what members decided; kept in memory as well, as every message asks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, MemberChoices] = {}

    async def choices(self, guild_id: int) -> MemberChoices:
        """Return what a server's members decided, kept up to date by this store."""
        known = self._known.get(guild_id)
        if known is None:
            rows = await self._database.fetch_all(
                "SELECT user_id, choice FROM member_choice WHERE guild_id = ?", (guild_id,)
            )
            known = self._known.setdefault(guild_id, MemberChoices())
            for row in rows:
                _note(known, row["user_id"], Choice(row["choice"]))
            rows = await self._database.fetch_all(
                "SELECT user_id FROM member_voice WHERE guild_id = ?", (guild_id,)
            )
            known.voices.update(row["user_id"] for row in rows)
        return known

    async def choose(self, guild_id: int, user_id: int, choice: Choice | None) -> None:
        """Write down what a member decided; what was decided before keeps its time.

        None: they decided nothing.
        """
        async with self._database.transaction() as connection:
            if choice is None:
                await connection.execute(
                    "DELETE FROM member_choice WHERE guild_id = ? AND user_id = ?",
                    (guild_id, user_id),
                )
            else:
                await connection.execute(
                    "INSERT INTO member_choice (guild_id, user_id, choice, since)"
                    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (guild_id, user_id) DO UPDATE"
                    " SET choice = ?3, since = ?4 WHERE choice <> ?3",
                    (guild_id, user_id, choice, utc_now()),
                )
            if choice is Choice.OUT:
                await withdraw_voice(connection, guild_id, user_id)
                await _distrust_future(connection, guild_id)
        _note(await self.choices(guild_id), user_id, choice)

    async def set_voice(self, guild_id: int, user_id: int, *, allowed: bool) -> None:
        """Let texts be written in a member's way, or no more: at once, in no version."""
        async with self._database.transaction() as connection:
            if allowed:
                await connection.execute(
                    "INSERT INTO member_voice (guild_id, user_id, since) VALUES (?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    (guild_id, user_id, utc_now()),
                )
            else:
                await withdraw_voice(connection, guild_id, user_id)
        voices = (await self.choices(guild_id)).voices
        (voices.add if allowed else voices.discard)(user_id)

    async def held(self, guild_id: int, user_id: int) -> Held:
        """Return what the database knows of a member."""
        row = await self._database.fetch_one(
            "SELECT"
            " (SELECT choice FROM member_choice WHERE guild_id = ?1 AND user_id = ?2) AS choice,"
            " (SELECT since FROM member_choice WHERE guild_id = ?1 AND user_id = ?2) AS since,"
            " EXISTS (SELECT 1 FROM server WHERE guild_id = ?1 AND consented_by_id = ?2) AS gave,"
            " (SELECT COUNT(*) FROM train_job WHERE guild_id = ?1 AND requested_by_id = ?2)"
            " AS trainings,"
            " (SELECT COUNT(*) FROM model LEFT JOIN train_job USING (train_job_id)"
            "  LEFT JOIN member_choice AS chosen ON chosen.guild_id = ?1 AND user_id = ?2"
            "   AND choice = 'out' WHERE model.guild_id = ?1"
            "   AND (since IS NULL OR since >"
            "    COALESCE(model.learned_since, train_job.learned_since)))"
            " AS versions,"
            " EXISTS (SELECT 1 FROM member_voice WHERE guild_id = ?1 AND user_id = ?2) AS voice,"
            " (SELECT COUNT(*) FROM model_voice JOIN model USING (model_id)"
            "  WHERE guild_id = ?1 AND user_id = ?2) AS voice_versions",
            (guild_id, user_id),
        )
        assert row is not None
        return Held(
            choice=None if row["choice"] is None else Choice(row["choice"]),
            since=None if row["since"] is None else datetime.fromisoformat(row["since"]),
            consented=bool(row["gave"]),
            trainings=row["trainings"],
            versions=row["versions"],
            voice=bool(row["voice"]),
            voice_versions=row["voice_versions"],
        )

    async def forget_member(self, guild_id: int, user_id: int) -> None:
        """Take a member out of whatever names them; that they opted out is written down instead."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE server SET consented_by_id = NULL"
                " WHERE guild_id = ? AND consented_by_id = ?",
                (guild_id, user_id),
            )
            await connection.execute(
                "UPDATE train_job SET requested_by_id = NULL"
                " WHERE guild_id = ? AND requested_by_id = ?",
                (guild_id, user_id),
            )
            await connection.execute(
                "DELETE FROM left_out_member WHERE guild_id = ? AND user_id = ?",
                (guild_id, user_id),
            )
        await self.choose(guild_id, user_id, Choice.OUT)
        await self._database.empty_log()

    async def drop_outlived(self) -> list[str]:
        """Forget versions in whose place a new one was made because a member asked to be erased.

        Returns:
            The paths of their files, which are to be removed.
        """
        outlived = (
            "SELECT model_id, path, own.train_job_id FROM model LEFT JOIN train_job AS own"
            " USING (train_job_id) JOIN train_job AS eraser ON eraser.guild_id = model.guild_id"
            " WHERE eraser.erases AND eraser.status = 'done'"
            " AND COALESCE(model.learned_since, own.learned_since) < eraser.learned_since"
            " AND model.created_at < eraser.finished_at"  # later ones somebody brought on purpose
            " AND model_id NOT IN (SELECT model_id FROM guild WHERE model_id IS NOT NULL)"
            " GROUP BY model_id"
        )
        if not await self._database.fetch_all(outlived):
            return []
        async with self._database.transaction() as connection:
            rows = list(await connection.execute_fetchall(outlived))
            for row in rows:
                await connection.execute(
                    "UPDATE model SET parent_id = NULL WHERE parent_id = ?", (row["model_id"],)
                )
                await connection.execute("DELETE FROM model WHERE model_id = ?", (row["model_id"],))
                # What it told at its end has texts of the version in it.
                await connection.execute(
                    "UPDATE train_job SET samples = NULL WHERE train_job_id = ?",
                    (row["train_job_id"],),
                )
        await self._database.empty_log()
        return [str(row["path"]) for row in rows]

    def forget_guild(self, guild_id: int) -> None:
        """Keep nothing of a server in memory; its rows are not this store's to delete."""
        self._known.pop(guild_id, None)


async def _distrust_future(connection: aiosqlite.Connection, guild_id: int) -> None:
    """Let what is there count as older than this moment, whatever the clock said.

    With a clock that was set back, versions would outlive the erasure of who is in them.
    """
    now = utc_now()
    for table in ("train_job", "model"):
        await connection.execute(
            f"UPDATE {table} SET learned_since = '' WHERE guild_id = ? AND learned_since >= ?",  # noqa: S608
            (guild_id, now),
        )
    await connection.execute(
        "UPDATE model SET created_at = ? WHERE guild_id = ? AND created_at > ?",
        (now, guild_id, now),
    )


def _note(known: MemberChoices, user_id: int, choice: Choice | None) -> None:
    known.out.discard(user_id)
    known.agreed.discard(user_id)
    if choice is Choice.OUT:
        known.voices.discard(user_id)
    if choice is not None:
        (known.out if choice is Choice.OUT else known.agreed).add(user_id)
