-- The language that a server wants answers in; NULL: its own, as Discord tells it.
ALTER TABLE server ADD COLUMN language TEXT;
