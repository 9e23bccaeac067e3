-- Roles of whose members an admin wants nothing learned.
CREATE TABLE left_out_role (
    guild_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, role_id)
) STRICT;
