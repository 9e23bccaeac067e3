-- Several jobs of a server may wait now; how many, bot/storage/turns.py says. Several
-- servers may train at once where TRAIN_SLOTS allows it, but no server twice.
DROP INDEX one_running_job;
DROP INDEX one_queued_job_per_guild;
CREATE UNIQUE INDEX one_running_job_per_guild
    ON train_job (guild_id) WHERE status IN ('collecting', 'training');

-- Names a person: the member who asked for the training. NULL: not known (any more).
ALTER TABLE train_job ADD COLUMN requested_by_id INTEGER;

-- Predictions a step. NULL: chosen by the corpus; set once that took too much memory.
ALTER TABLE train_job ADD COLUMN batch_targets INTEGER CHECK (batch_targets > 0);

-- Numbers of versions are never given twice, even when the newest was deleted.
ALTER TABLE guild ADD COLUMN last_version INTEGER NOT NULL DEFAULT 0;
UPDATE guild SET last_version = COALESCE(
    (SELECT MAX(version) FROM model WHERE model.guild_id = guild.guild_id), 0
);

-- Versions can have a name, and can come from a file instead of a training: such have
-- no job and no figures.
CREATE TABLE new_model (
    model_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL REFERENCES guild (guild_id),
    version INTEGER NOT NULL CHECK (version > 0),
    name TEXT COLLATE NOCASE CHECK (length(name) BETWEEN 1 AND 32),
    -- The nearest kept version that this one was to take the place of; NULL: the base model.
    parent_id INTEGER REFERENCES model (model_id) ON DELETE SET NULL,
    train_job_id INTEGER UNIQUE REFERENCES train_job (train_job_id),
    path TEXT NOT NULL UNIQUE,
    messages INTEGER,
    bits_per_char_before REAL,
    bits_per_char_after REAL,
    train_s REAL,
    created_at TEXT NOT NULL,
    -- When it was ready to be spoken with; NULL: its file may not be there yet.
    published_at TEXT,
    UNIQUE (guild_id, version),
    UNIQUE (guild_id, name),
    CHECK (
        (train_job_id IS NULL) = (messages IS NULL)
        AND (messages IS NULL) = (bits_per_char_before IS NULL)
        AND (messages IS NULL) = (bits_per_char_after IS NULL)
        AND (messages IS NULL) = (train_s IS NULL)
    )
) STRICT;

INSERT INTO new_model (
    model_id, guild_id, version, parent_id, train_job_id, path, messages,
    bits_per_char_before, bits_per_char_after, train_s, created_at, published_at
)
SELECT
    model_id, model.guild_id, version, parent_id, train_job_id, path, messages,
    bits_per_char_before, bits_per_char_after, train_s, model.created_at,
    CASE train_job.status WHEN 'done' THEN train_job.finished_at END
FROM model JOIN train_job USING (train_job_id);

DROP TABLE model;
ALTER TABLE new_model RENAME TO model;
