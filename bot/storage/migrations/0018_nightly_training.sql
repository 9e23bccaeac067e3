-- Servers that are trained by themselves.
CREATE TABLE train_schedule (
    guild_id INTEGER PRIMARY KEY,
    -- How often and when, as `bot.training.night_schedule.Every` reads it.
    every TEXT NOT NULL,
    -- When its next turn is due.
    next_at TEXT NOT NULL,
    -- When it last had its turn; who has waited longest comes first.
    turn_at TEXT NOT NULL,
    -- The training of this turn, while it waits and runs.
    train_job_id INTEGER,
    -- When the channel for announcements was last told, and what was learned since.
    told_at TEXT,
    messages INTEGER NOT NULL DEFAULT 0 CHECK (messages >= 0)
) STRICT;

-- What became of each day of scheduled trainings, of all servers together.
CREATE TABLE night (
    day TEXT PRIMARY KEY,
    used_s REAL NOT NULL DEFAULT 0 CHECK (used_s >= 0),
    trained INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Whether the bot began it by itself, which no channel need be told.
ALTER TABLE train_job ADD COLUMN scheduled INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1));
