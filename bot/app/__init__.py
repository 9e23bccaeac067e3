"""The running client: what Discord's events set in motion, and what the bot is made of.

Knows every other package of the bot except ``cli``. Nothing but ``cli`` imports it; cogs
do for types alone. Start with ``services.py``, which builds the parts, then ``client.py``,
which hands them Discord's events.
"""
