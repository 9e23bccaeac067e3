"""What the bot remembers: SQLite, and nothing but SQLite."""
