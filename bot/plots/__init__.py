"""Pictures, drawn by child processes, so that matplotlib's 60 MB never reach the bot.

``renderer.py`` starts a child and hands it JSON; the other modules run in the child, are
imported by nothing else, and know nothing of the bot's storage.
"""
