"""Discord's permissions, by the names that an admin sees in the server's settings."""

from __future__ import annotations

from collections.abc import Iterable

from bot.locales.messages import N_, _, listed

# Those that the bot asks for and speaks of; Discord shows them in the reader's language.
_NAMES = {
    "add_reactions": N_("Add Reactions"),
    "attach_files": N_("Attach Files"),
    "connect": N_("Connect"),
    "embed_links": N_("Embed Links"),
    "manage_guild": N_("Manage Server"),
    "manage_messages": N_("Manage Messages"),
    "manage_threads": N_("Manage Threads"),
    "read_message_history": N_("Read Message History"),
    "send_messages": N_("Send Messages"),
    "send_messages_in_threads": N_("Send Messages In Threads"),
    "use_external_emojis": N_("Use External Emojis"),
    "view_channel": N_("View Channel"),
}


def permission_names(names: Iterable[str]) -> list[str]:
    """Return permissions' names as an admin sees them."""
    return [_(_NAMES[name]) if name in _NAMES else name.replace("_", " ").title() for name in names]


def listed_permissions(names: Iterable[str]) -> str:
    """Return permissions in a row, such as "View Channel and Connect"."""
    return listed(permission_names(names))
