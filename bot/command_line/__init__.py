"""The commands of textgen-bot besides `run` and `demo`: each says what to type, and does it."""
