-- How a file is to be read that does not say it itself: the column or field of the text, and
-- one of the formats of docs/files.md; and what was found in it, in words.
ALTER TABLE train_job ADD COLUMN file_column TEXT NOT NULL DEFAULT '';
ALTER TABLE train_job ADD COLUMN file_format TEXT NOT NULL DEFAULT 'auto';
ALTER TABLE train_job ADD COLUMN file_found TEXT NOT NULL DEFAULT '';
-- SHA-256 of the file, so that it is not learned twice by mistake.
ALTER TABLE train_job ADD COLUMN file_digest TEXT NOT NULL DEFAULT '';

-- Names of applications whose webhooks write for members (PluralKit), a line each: theirs is
-- learned; empty: nothing of webhooks is.
ALTER TABLE server ADD COLUMN proxies TEXT NOT NULL DEFAULT '';
-- What commands to other bots begin with, with spaces between; NULL: the usual ones.
ALTER TABLE server ADD COLUMN other_prefixes TEXT;

-- Members of whom an admin wants nothing learned, whatever they chose themselves.
CREATE TABLE left_out_member (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT;
