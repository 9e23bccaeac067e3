-- What a version has learned of each channel: its parent's rows, extended by what the
-- training read. The newest message id is where the next training goes on.
CREATE TABLE model_channel (
    model_id INTEGER NOT NULL REFERENCES model (model_id) ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    -- The channel that a thread was found in; NULL: the channel itself was asked for.
    parent_id INTEGER,
    first_id INTEGER NOT NULL,
    after_id INTEGER NOT NULL CHECK (after_id >= first_id),
    messages INTEGER NOT NULL CHECK (messages >= 0),
    PRIMARY KEY (model_id, channel_id)
) STRICT;

-- Until now every training began with the whole history.
INSERT INTO model_channel (model_id, channel_id, first_id, after_id, messages)
    SELECT model.model_id, channel_id, first_id, after_id, job_channel.messages
    FROM model JOIN job_channel USING (train_job_id)
    WHERE first_id IS NOT NULL AND after_id >= first_id;

-- What a job begins with, noted when it begins: whatever happens to that version
-- meanwhile, the new one has learned this and what the job reads.
CREATE TABLE job_known (
    train_job_id INTEGER NOT NULL REFERENCES train_job (train_job_id) ON DELETE CASCADE,
    channel_id INTEGER NOT NULL,
    parent_id INTEGER,
    first_id INTEGER NOT NULL,
    after_id INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (train_job_id, channel_id)
) STRICT;

-- Start over from the base model.
ALTER TABLE train_job ADD COLUMN fresh INTEGER NOT NULL DEFAULT 0 CHECK (fresh IN (0, 1));
-- The version trained further; 0: the base model; NULL: not chosen yet.
ALTER TABLE train_job ADD COLUMN base_version INTEGER;
UPDATE train_job SET fresh = 1, base_version = 0;
ALTER TABLE train_job ADD COLUMN threads INTEGER NOT NULL DEFAULT 0 CHECK (threads IN (0, 1));
-- Only messages after this snowflake; 0: no such limit.
ALTER TABLE train_job ADD COLUMN since_id INTEGER NOT NULL DEFAULT 0;
-- Only so many of the newest messages of each channel; 0: all.
ALTER TABLE train_job ADD COLUMN max_messages INTEGER NOT NULL DEFAULT 0;
-- The job's own file; NULL: it reads channels.
ALTER TABLE train_job ADD COLUMN file_name TEXT;
ALTER TABLE train_job ADD COLUMN file_messages INTEGER NOT NULL DEFAULT 0;

-- Messages up to this one are not read, because they are known or not wanted.
ALTER TABLE job_channel ADD COLUMN floor_id INTEGER NOT NULL DEFAULT 0;
-- The channel that a thread was found in; NULL: the channel was asked for.
ALTER TABLE job_channel ADD COLUMN parent_id INTEGER;
