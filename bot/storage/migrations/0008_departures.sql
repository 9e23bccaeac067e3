-- Servers that the bot has left, and when all of them is to be erased.
CREATE TABLE departure (
    guild_id INTEGER PRIMARY KEY,
    erase_at TEXT NOT NULL
) STRICT;

-- Banned words are written behind spoilers instead of not at all.
ALTER TABLE server ADD COLUMN spoilers INTEGER NOT NULL DEFAULT 0 CHECK (spoilers IN (0, 1));
