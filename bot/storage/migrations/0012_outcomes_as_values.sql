-- How a training ended, as values: the words are made when somebody reads them.
-- Why there is no new version, in one sentence.
ALTER TABLE train_job ADD COLUMN reason TEXT;
-- How many messages it needed, where it found fewer.
ALTER TABLE train_job ADD COLUMN least_messages INTEGER;
-- The version it made, and whether the server went on with that.
ALTER TABLE train_job ADD COLUMN version INTEGER;
ALTER TABLE train_job ADD COLUMN is_live INTEGER CHECK (is_live IN (0, 1));
ALTER TABLE train_job ADD COLUMN learned_messages INTEGER;
ALTER TABLE train_job ADD COLUMN train_s REAL;
-- What it wrote at its end, a JSON array; NULL once that was told.
ALTER TABLE train_job ADD COLUMN samples TEXT;
-- Of a tuning: how many recipes were tried, and the best one.
ALTER TABLE train_job ADD COLUMN recipes_tried INTEGER;
ALTER TABLE train_job ADD COLUMN recipe_epochs REAL;
ALTER TABLE train_job ADD COLUMN recipe_learning_rate REAL;

-- Former releases kept the words themselves.
UPDATE train_job SET
    is_live = (bits_per_char_after < bits_per_char_before OR erases),
    learned_messages = file_messages + COALESCE(
        (SELECT SUM(messages) FROM job_channel
         WHERE job_channel.train_job_id = train_job.train_job_id), 0
    ),
    train_s = (julianday(finished_at) - julianday(COALESCE(started_at, created_at))) * 86400
WHERE status = 'done' AND bits_per_char_after IS NOT NULL;
UPDATE train_job SET
    version = model.version, learned_messages = model.messages, train_s = model.train_s
FROM model WHERE model.train_job_id = train_job.train_job_id AND train_job.status = 'done';
UPDATE train_job SET reason =
    CASE WHEN outcome LIKE '❌ **Training failed.** %'
        THEN substr(outcome, length('❌ **Training failed.** ') + 1)
        ELSE outcome
    END
WHERE status = 'failed';
-- No longer used.
UPDATE train_job SET outcome = NULL;
