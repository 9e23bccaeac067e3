-- When a job's message said how it ended; NULL: it does not say so yet.
ALTER TABLE train_job ADD COLUMN told_at TEXT;
UPDATE train_job SET told_at = finished_at WHERE finished_at IS NOT NULL;

-- What a training made better: these outlive its version. NULL: it had no success.
ALTER TABLE train_job ADD COLUMN bits_per_char_before REAL;
ALTER TABLE train_job ADD COLUMN bits_per_char_after REAL;
UPDATE train_job SET
    bits_per_char_before = model.bits_per_char_before,
    bits_per_char_after = model.bits_per_char_after
FROM model WHERE model.train_job_id = train_job.train_job_id;
