"""What several cogs show or ask: messages, buttons, forms, and sentences for errors.

Knows discord.py and the bot; no cog. A cog is handed its parts; a button that outlives a
restart is made from its id alone and finds them by the client, ``interaction.client.services``.
Start with ``commands.py``, how a command is declared, and ``responses.py``.
"""
