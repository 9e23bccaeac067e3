-- Of a version that came as a file: since when nothing that it knows was read before, as
-- train_job.learned_since has it of others. '' is older than any date: nobody knows.
-- Channel 0 in model_channel stands for what nobody knows where it was learned.
ALTER TABLE model ADD COLUMN learned_since TEXT;
UPDATE model SET learned_since = '' WHERE train_job_id IS NULL;
