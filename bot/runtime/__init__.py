"""The process and its surroundings: the data folder, locks, children, clocks, tasks.

Knows the operating system, and nothing of Discord, models or settings. Start with
``data_folder.py``, which says where everything lies.
"""
