-- How often a server's members have looked for the bot's line among theirs, and found it.
ALTER TABLE server ADD COLUMN guesses INTEGER NOT NULL DEFAULT 0 CHECK (guesses >= 0);
ALTER TABLE server ADD COLUMN guesses_right INTEGER NOT NULL DEFAULT 0
    CHECK (guesses_right BETWEEN 0 AND guesses);
