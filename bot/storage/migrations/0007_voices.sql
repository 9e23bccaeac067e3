-- Members who agreed that texts may be written in their way.
CREATE TABLE member_voice (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT;

-- Whose messages a job tells apart while it runs: by a number, which is given once, and
-- in the end by the mark that the model knows; NULL: it is to know none. user_id names a
-- person; NULL: it did, until they withdrew.
CREATE TABLE job_voice (
    train_job_id INTEGER NOT NULL REFERENCES train_job (train_job_id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 65533),
    user_id INTEGER,
    mark INTEGER CHECK (mark BETWEEN 0 AND 15),
    PRIMARY KEY (train_job_id, number),
    UNIQUE (train_job_id, user_id),
    UNIQUE (train_job_id, mark)
) STRICT;

-- Whose way each of a version's marks stands for; NULL: nobody's who would still have it.
CREATE TABLE model_voice (
    model_id INTEGER NOT NULL REFERENCES model (model_id) ON DELETE CASCADE,
    mark INTEGER NOT NULL CHECK (mark BETWEEN 0 AND 15),
    user_id INTEGER,
    PRIMARY KEY (model_id, mark)
) STRICT;
