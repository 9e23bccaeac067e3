"""The loopback Discord: a server on 127.0.0.1 for the unmodified discord.py client.

Five rooms: ``world`` is what exists (servers, channels, messages), ``wire`` how it looks
as JSON, ``state`` what changes while it runs, ``http`` the routes and the gateway, ``page``
the client in the browser. It knows nothing of the bot. Start with ``server.py``, and with
``person.py``, which acts as a member does.
"""
