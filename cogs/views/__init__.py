"""What several cogs show or ask: messages, buttons, forms, and sentences for errors.

Knows discord.py and the bot; no cog. Start with ``responses.py``.
"""
