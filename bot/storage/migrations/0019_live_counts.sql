-- Channels whose messages are counted as they come, from one message on.
CREATE TABLE live_channel (
    channel_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    since_id INTEGER NOT NULL
) STRICT;

-- What each message gave: who wrote it, as a digest that tells authors of one server apart,
-- and its counts, both by the key in the data folder.
CREATE TABLE live_message (
    message_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    speaker BLOB NOT NULL,
    counts BLOB NOT NULL
) STRICT;
CREATE INDEX live_message_of ON live_message (guild_id, channel_id);
