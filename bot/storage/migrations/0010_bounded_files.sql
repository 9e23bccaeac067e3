-- How often a job's file was opened without an end: each time the bot died meanwhile.
ALTER TABLE train_job ADD COLUMN file_openings INTEGER NOT NULL DEFAULT 0
    CHECK (file_openings >= 0);
