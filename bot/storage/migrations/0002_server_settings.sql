-- What a server has set; a row that is missing, or NULL in it, means the default.
CREATE TABLE server (
    guild_id INTEGER PRIMARY KEY,
    prefix TEXT CHECK (length(prefix) BETWEEN 1 AND 5),
    temperature REAL CHECK (temperature BETWEEN 0.1 AND 2.0),
    -- What was learned in NSFW channels is said in NSFW channels only.
    nsfw_rule INTEGER NOT NULL DEFAULT 1 CHECK (nsfw_rule IN (0, 1)),
    answers INTEGER NOT NULL DEFAULT 1 CHECK (answers IN (0, 1)),
    announce_channel_id INTEGER,
    quiet TEXT,
    muted_until TEXT,
    welcomed_at TEXT
) STRICT;

-- Roles whose members may train, beside those who manage the server.
CREATE TABLE training_role (
    guild_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, role_id)
) STRICT;

-- Where generated texts may be written: with an 'allow' in a server only there,
-- and never where there is a 'deny'.
CREATE TABLE channel_rule (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL CHECK (rule IN ('allow', 'deny')),
    PRIMARY KEY (guild_id, channel_id)
) STRICT;

-- Words and phrases that are never written, as an admin gave them.
CREATE TABLE banned_phrase (
    guild_id INTEGER NOT NULL,
    phrase TEXT NOT NULL CHECK (length(phrase) BETWEEN 1 AND 100),
    PRIMARY KEY (guild_id, phrase)
) STRICT;

-- Speech of the bot's own accord. every_s and next_at are set together.
CREATE TABLE talk_channel (
    channel_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    rate REAL NOT NULL DEFAULT 0 CHECK (rate BETWEEN 0 AND 1),
    every_s INTEGER CHECK (every_s > 0),
    next_at TEXT,
    CHECK ((every_s IS NULL) = (next_at IS NULL))
) STRICT;

-- Channels that were NSFW when they were learned from; kept even when they are gone.
CREATE TABLE nsfw_channel (
    channel_id INTEGER PRIMARY KEY
) STRICT;
