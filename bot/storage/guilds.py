"""What each server has set."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.errors import UserError
from bot.storage.database import Database
from bot.storage.guild_settings import Learns, ServerSettings, TalkChannel
from bot.storage.records import utc_now

MAX_PHRASES = 500
MAX_PHRASE_CHARS = 100
COLUMNS = frozenset(
    {
        "prefix",
        "temperature",
        "nsfw_rule",
        "answers",
        "announce_channel_id",
        "quiet",
        "muted_until",
        "learns",
        "notice",
        "hidden_rule",
        "spoilers",
        "listens",
        "proxies",
        "other_prefixes",
        "consented_at",
        "consented_by_id",
        "language",
    }
)
_DEFAULTS = MappingProxyType(
    {
        "nsfw_rule": 1,
        "answers": 1,
        "learns": "channel",
        "notice": 0,
        "hidden_rule": 1,
        "spoilers": 0,
        "listens": 1,
        "proxies": "",
    }
)

# What a server has set besides its own row.
_TABLES = (
    "training_role",
    "channel_rule",
    "banned_phrase",
    "talk_channel",
    "left_out_member",
    "left_out_role",
    "train_schedule",
    "live_channel",
    "live_message",
)


class ServerStore:
    """Reads and writes servers' settings; those asked for are kept in memory as well.

    Every message asks for them, so they must not cost a query each time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, ServerSettings] = {}
        self._changes = 0

    async def is_known(self, guild_id: int) -> bool:
        """Say whether the database has ever heard of a server."""
        row = await self._database.fetch_one(
            "SELECT 1 FROM guild WHERE guild_id = ?1"
            " UNION SELECT 1 FROM server WHERE guild_id = ?1",
            (guild_id,),
        )
        return row is not None

    async def of(self, guild_id: int) -> ServerSettings:
        """Return what a server has set."""
        known = self._known.get(guild_id)
        if known is None:
            changes = self._changes
            known = await self._read(guild_id)
            if changes == self._changes:  # else it may be old already
                self._known[guild_id] = known
        return known

    async def change(self, guild_id: int, **columns: object) -> None:
        """Set some of `COLUMNS`; None brings a default back."""
        assert columns.keys() <= COLUMNS, columns
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO server (guild_id) VALUES (?) ON CONFLICT DO NOTHING", (guild_id,)
            )
            for name, value in columns.items():
                await connection.execute(
                    f"UPDATE server SET {name} = ? WHERE guild_id = ?",  # noqa: S608 (of COLUMNS)
                    (value.isoformat() if isinstance(value, datetime) else value, guild_id),
                )
            if columns.get("learns") == Learns.FILES:  # nothing of a channel is kept then
                await connection.execute("DELETE FROM live_message WHERE guild_id = ?", (guild_id,))
                await connection.execute("DELETE FROM live_channel WHERE guild_id = ?", (guild_id,))
        self.forget(guild_id)

    async def set_training_roles(self, guild_id: int, role_ids: Iterable[int]) -> None:
        """Let the members of these roles train, and of no others."""
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM training_role WHERE guild_id = ?", (guild_id,))
            await connection.executemany(
                "INSERT INTO training_role (guild_id, role_id) VALUES (?, ?)",
                [(guild_id, role_id) for role_id in set(role_ids)],
            )
        self.forget(guild_id)

    async def set_left_out(
        self, guild_id: int, user_ids: Iterable[int], role_ids: Iterable[int] = ()
    ) -> None:
        """Learn nothing of these members and of those with these roles, and of others again."""
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM left_out_member WHERE guild_id = ?", (guild_id,))
            await connection.execute("DELETE FROM left_out_role WHERE guild_id = ?", (guild_id,))
            await connection.executemany(
                "INSERT INTO left_out_role (guild_id, role_id) VALUES (?, ?)",
                [(guild_id, role_id) for role_id in set(role_ids)],
            )
            await connection.executemany(
                "INSERT INTO left_out_member (guild_id, user_id) VALUES (?, ?)",
                [(guild_id, user_id) for user_id in set(user_ids)],
            )
        self.forget(guild_id)

    async def set_allowed(self, guild_id: int, channel_ids: Iterable[int]) -> None:
        """Write texts in these channels only; with none, in all that are not denied."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM channel_rule WHERE guild_id = ? AND rule = 'allow'", (guild_id,)
            )
            await connection.executemany(
                "INSERT OR REPLACE INTO channel_rule (guild_id, channel_id, rule)"
                " VALUES (?, ?, 'allow')",
                [(guild_id, channel_id) for channel_id in set(channel_ids)],
            )
        self.forget(guild_id)

    async def set_denied(self, guild_id: int, channel_id: int, denied: bool) -> None:
        """Write no texts in a channel, or no longer refuse to."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM channel_rule WHERE guild_id = ? AND channel_id = ?"
                " AND (rule = 'deny' OR ?)",
                (guild_id, channel_id, denied),
            )
            if denied:
                await connection.execute(
                    "INSERT INTO channel_rule (guild_id, channel_id, rule) VALUES (?, ?, 'deny')",
                    (guild_id, channel_id),
                )
        self.forget(guild_id)

    async def set_phrases(self, guild_id: int, phrases: Iterable[str]) -> None:
        """Never write these words and phrases, and forget the former ones.

        Raises:
            UserError: there are too many, or one is too long.
        """
        wanted = list(dict.fromkeys(" ".join(phrase.split()) for phrase in phrases))
        wanted = [phrase for phrase in wanted if phrase]
        if len(wanted) > MAX_PHRASES or any(len(p) > MAX_PHRASE_CHARS for p in wanted):
            raise UserError(
                "That is too much: I keep up to {most} banned phrases of up to "
                "{most_chars} characters.",
                most=MAX_PHRASES,
                most_chars=MAX_PHRASE_CHARS,
            )
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM banned_phrase WHERE guild_id = ?", (guild_id,))
            await connection.executemany(
                "INSERT INTO banned_phrase (guild_id, phrase) VALUES (?, ?)",
                [(guild_id, phrase) for phrase in wanted],
            )
        self.forget(guild_id)

    async def ban(self, guild_id: int, phrase: str) -> None:
        """Never write one more phrase; see `set_phrases` for what is refused."""
        known = await self.of(guild_id)
        await self.set_phrases(guild_id, (*known.phrases, phrase))

    async def count_guesses(self, guild_id: int, *, right: int, guesses: int) -> tuple[int, int]:
        """Add to what members have guessed, and return how often they were right, and in all."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "INSERT INTO server (guild_id, guesses, guesses_right) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (guild_id) DO UPDATE SET guesses = guesses + ?2,"
                " guesses_right = guesses_right + ?3 RETURNING guesses_right, guesses",
                (guild_id, guesses, right),
            )
            row = await cursor.fetchone()
        assert row is not None
        return row[0], row[1]

    async def set_rate(self, guild_id: int, channel_id: int, rate: float) -> None:
        """Speak by chance after this share of a channel's messages."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO talk_channel (channel_id, guild_id, rate) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (channel_id) DO UPDATE SET rate = ?3",
                (channel_id, guild_id, rate),
            )
        self.forget(guild_id)

    async def set_lines(self, talk: TalkChannel) -> None:
        """Speak by the clock in a channel, as `every_s` and `next_at` say."""
        next_at = talk.next_at.isoformat() if talk.next_at else None
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO talk_channel (channel_id, guild_id, every_s, next_at)"
                " VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (channel_id) DO UPDATE SET every_s = ?3, next_at = ?4",
                (talk.channel_id, talk.guild_id, talk.every_s, next_at),
            )
        self.forget(talk.guild_id)

    async def next_line(self) -> TalkChannel | None:
        """Return the channel whose scheduled line is due first."""
        row = await self._database.fetch_one(
            "SELECT * FROM talk_channel WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1"
        )
        return None if row is None else _talk(row)

    async def reset(self, guild_id: int) -> None:
        """Bring every default back."""
        async with self._database.transaction() as connection:
            for table in _TABLES:
                await connection.execute(
                    f"DELETE FROM {table} WHERE guild_id = ?",  # noqa: S608 (constants)
                    (guild_id,),
                )
            await connection.execute(
                "UPDATE server SET prefix = NULL, temperature = NULL, nsfw_rule = 1, answers = 1,"
                " announce_channel_id = NULL, quiet = NULL, muted_until = NULL, learns = 'channel',"
                " notice = 0, hidden_rule = 1, spoilers = 0, listens = 1, proxies = '',"
                " other_prefixes = NULL, language = NULL"
                " WHERE guild_id = ?",
                (guild_id,),
            )
        self.forget(guild_id)

    async def welcome(self, guild_id: int) -> bool:
        """Note that a server has been greeted; False when it was before."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "INSERT INTO server (guild_id, welcomed_at) VALUES (?1, ?2) ON CONFLICT (guild_id)"
                " DO UPDATE SET welcomed_at = ?2 WHERE welcomed_at IS NULL",
                (guild_id, utc_now()),
            )
            return cursor.rowcount == 1

    async def farewell(self, guild_id: int) -> None:
        """Note that the bot has left a server, so that it greets it when it comes back."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE server SET welcomed_at = NULL WHERE guild_id = ?", (guild_id,)
            )

    def forget(self, guild_id: int) -> None:
        """Ask the database again, the next time."""
        self._known.pop(guild_id, None)
        self._changes += 1

    async def _read(self, guild_id: int) -> ServerSettings:
        async def rows(table: str) -> list[sqlite3.Row]:
            return await self._database.fetch_all(
                f"SELECT * FROM {table} WHERE guild_id = ? ORDER BY 2",  # noqa: S608 (constants)
                (guild_id,),
            )

        found = await rows("server")
        own: dict[str, Any] = dict(found[0]) if found else dict(_DEFAULTS)
        rules = await rows("channel_rule")
        talk = [_talk(row) for row in await rows("talk_channel")]
        schedule = await rows("train_schedule")
        return ServerSettings(
            guild_id,
            prefix=own.get("prefix"),
            temperature=own.get("temperature"),
            nsfw_rule=bool(own["nsfw_rule"]),
            answers=bool(own["answers"]),
            announce_channel_id=own.get("announce_channel_id"),
            quiet=own.get("quiet"),
            muted_until=_moment(own.get("muted_until")),
            training_roles=frozenset(row["role_id"] for row in await rows("training_role")),
            allowed=frozenset(row["channel_id"] for row in rules if row["rule"] == "allow"),
            denied=frozenset(row["channel_id"] for row in rules if row["rule"] == "deny"),
            phrases=tuple(row["phrase"] for row in await rows("banned_phrase")),
            learns=Learns(own["learns"]),
            notice=bool(own["notice"]),
            hidden_rule=bool(own["hidden_rule"]),
            spoilers=bool(own["spoilers"]),
            listens=bool(own["listens"]),
            consented_at=_moment(own.get("consented_at")),
            proxies=frozenset(own["proxies"].splitlines()),
            other_prefixes=_words(own.get("other_prefixes")),
            language=own.get("language"),
            left_out_members=frozenset(row["user_id"] for row in await rows("left_out_member")),
            left_out_roles=frozenset(row["role_id"] for row in await rows("left_out_role")),
            talk=MappingProxyType({channel.channel_id: channel for channel in talk}),
            live=frozenset(row["channel_id"] for row in await rows("live_channel")),
            trains_every=schedule[0]["every"] if schedule else None,
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _words(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(text.split())


def _talk(row: sqlite3.Row) -> TalkChannel:
    return TalkChannel(
        row["guild_id"], row["channel_id"], row["rate"], row["every_s"], _moment(row["next_at"])
    )
