-- Since when each server has spoken with which version; NULL: with the base model.
CREATE TABLE model_use (
    use_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    model_id INTEGER,
    since TEXT NOT NULL
) STRICT;
CREATE INDEX model_use_of ON model_use (guild_id);
INSERT INTO model_use (guild_id, model_id, since)
    SELECT guild.guild_id, model.model_id, COALESCE(published_at, created_at)
    FROM guild JOIN model USING (model_id);
CREATE TRIGGER note_use AFTER UPDATE OF model_id ON guild WHEN NEW.model_id IS NOT OLD.model_id
BEGIN
    INSERT INTO model_use (guild_id, model_id, since)
    VALUES (NEW.guild_id, NEW.model_id, strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'));
END;
CREATE TRIGGER forget_use AFTER DELETE ON model
BEGIN
    DELETE FROM model_use WHERE model_id = OLD.model_id;
END;
