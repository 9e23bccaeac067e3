-- One row a server that has ever trained; model_id is what it speaks with.
CREATE TABLE guild (
    guild_id INTEGER PRIMARY KEY,
    model_id INTEGER REFERENCES model (model_id)
) STRICT;

CREATE TABLE train_job (
    train_job_id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL REFERENCES guild (guild_id),
    status TEXT NOT NULL CHECK (
        status IN ('queued', 'collecting', 'training', 'done', 'failed', 'cancelled')
    ),
    -- Only messages before this snowflake are read, so that a busy channel has an end.
    before_id INTEGER NOT NULL,
    report_channel_id INTEGER NOT NULL,
    report_message_id INTEGER,
    outcome TEXT,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT
) STRICT;

CREATE UNIQUE INDEX one_running_job
    ON train_job ((1)) WHERE status IN ('collecting', 'training');

CREATE UNIQUE INDEX one_queued_job_per_guild
    ON train_job (guild_id) WHERE status = 'queued';

-- How far a job has read a channel. corpus_bytes is the length of the channel's
-- file that belongs to after_id: what lies behind it was written by a crash.
CREATE TABLE job_channel (
    train_job_id INTEGER NOT NULL REFERENCES train_job (train_job_id) ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    first_id INTEGER,
    after_id INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0 CHECK (messages >= 0),
    corpus_bytes INTEGER NOT NULL DEFAULT 0 CHECK (corpus_bytes >= 0),
    finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1)),
    PRIMARY KEY (train_job_id, channel_id),
    UNIQUE (train_job_id, position)
) STRICT;

CREATE TABLE model (
    model_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL REFERENCES guild (guild_id),
    version INTEGER NOT NULL CHECK (version > 0),
    -- The version this one took the place of; NULL: the base model.
    parent_id INTEGER REFERENCES model (model_id) ON DELETE SET NULL,
    train_job_id INTEGER NOT NULL UNIQUE REFERENCES train_job (train_job_id),
    path TEXT NOT NULL UNIQUE,
    messages INTEGER NOT NULL,
    bits_per_char_before REAL NOT NULL,
    bits_per_char_after REAL NOT NULL,
    train_s REAL NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (guild_id, version)
) STRICT;

-- Small facts about the bot itself, such as which commands Discord was told of.
CREATE TABLE bot_fact (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
