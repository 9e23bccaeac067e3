"""What the bot holds about members and servers, and how all of it goes away.

Knows storage, the data folder and the queue; knows no wording. Start with
``member_data.py``; ``guild_erasure.py`` removes a whole server.
"""
