"""Discord bot: remembers, schedules, hosts models."""
