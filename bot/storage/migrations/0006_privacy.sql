-- What members decided about what they write. 'out': nothing of it is learned. 'in': it
-- may be learned where a server learns only from those who agreed.
CREATE TABLE member_choice (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    choice TEXT NOT NULL CHECK (choice IN ('out', 'in')),
    since TEXT NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT;

-- Whose messages are learned: everybody's who has not opted out, those of members who
-- agreed, or nobody's (files alone).
ALTER TABLE server ADD COLUMN learns TEXT NOT NULL DEFAULT 'channel'
    CHECK (learns IN ('channel', 'opt-in', 'files'));
-- Tell a channel when it is learned from.
ALTER TABLE server ADD COLUMN notice INTEGER NOT NULL DEFAULT 0 CHECK (notice IN (0, 1));
-- What was learned in hidden channels is said only to those who may read them.
ALTER TABLE server ADD COLUMN hidden_rule INTEGER NOT NULL DEFAULT 1
    CHECK (hidden_rule IN (0, 1));
-- When somebody confirmed what is read and kept, and who: a member.
ALTER TABLE server ADD COLUMN consented_at TEXT;
ALTER TABLE server ADD COLUMN consented_by_id INTEGER;

-- Since when nothing that the new version will know was read before: of a training that
-- goes on from a version, that version's. Who opted out later may still be in it.
ALTER TABLE train_job ADD COLUMN learned_since TEXT;
UPDATE train_job SET learned_since = COALESCE(started_at, created_at)
    WHERE base_version IS NOT NULL;

-- How many messages that were learned have been deleted on Discord since; not which.
ALTER TABLE model_channel ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_known ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job_channel ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
-- Take the place of every version before, because a member wants to be in none of them.
ALTER TABLE train_job ADD COLUMN erases INTEGER NOT NULL DEFAULT 0 CHECK (erases IN (0, 1));

-- Channels that not everybody could read when they were learned from.
CREATE TABLE hidden_channel (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER PRIMARY KEY
) STRICT;
