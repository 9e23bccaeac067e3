-- Whether texts take up what was just said where they are written.
ALTER TABLE server ADD COLUMN listens INTEGER NOT NULL DEFAULT 1 CHECK (listens IN (0, 1));
