"""Command groups: each cog parses, checks permissions, and asks a part of the bot.

Cogs know the bot and never each other; what they share to show stands in ``views``.
"""
