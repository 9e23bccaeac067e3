"""The loopback Discord's routes: REST, the gateway's socket, and the page's files.

Parses requests, asks ``state``, and answers with what ``wire`` makes of it. Start with
``app.py``, which lists the routes.
"""
