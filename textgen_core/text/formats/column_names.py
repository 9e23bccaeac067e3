"""What programs call the columns of their tables, and whether a row names them.

The first of several names that a table has counts. What lists in JSON call the same is in
json_forms.py; tables have these and more, as spreadsheets are written by people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from textgen_core.text.formats.json_forms import ID_FIELDS, NAME_FIELDS, TEXT_FIELDS

TEXT_COLUMNS = (
    *TEXT_FIELDS,
    *("message_content", "message_text", "messagetext", "message_body", "text_content"),
    *("tweet", "comment", "post", "quote", "headline", "selftext"),
    # As programs name it in other languages.
    *("nachricht", "inhalt", "mensaje", "texto", "contenido", "texte", "contenu", "mensagem"),
    *("messaggio", "testo", "bericht", "tekst", "wiadomość", "сообщение", "текст", "meddelande"),
)
NAME_COLUMNS = (
    *NAME_FIELDS,
    *("autor", "absender", "auteur", "nombre", "nom", "mittente", "afzender", "автор", "имя"),
)
TIME_COLUMNS = ("date", "timestamp", "created_at", "time", "sent_at", "datetime")
BOT_COLUMNS = ("bot", "is_bot", "isbot")
KNOWN = {*TEXT_COLUMNS, *NAME_COLUMNS, *ID_FIELDS, *TIME_COLUMNS, *BOT_COLUMNS, "id", "date"}
# Numbers, dates, addresses and yes or no: whatever is no talk.
NO_TALK = re.compile(
    r"[\d\s.,:+\-/%€$£TZ()]*|https?://\S+|true|false|yes|no|null|none|(?<![\w.\-])[\w.\-]+@[\w.\-]+",
    re.I,
)


def folded(name: str) -> str:
    """Return a column's name as it is compared: "Message Content" is message_content."""
    return "_".join(name.casefold().replace("-", " ").split())


def is_headed(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row names known columns alone, which all other rows have."""
    names = [folded(cell) for cell in rows[0]]
    return len(names) > 1 and KNOWN.issuperset(names) and min(map(len, rows)) >= len(names)


def is_one_text(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row names the only column, whose texts have commas as they are."""
    is_text = len(rows[0]) == 1 and folded(rows[0][0]) in TEXT_COLUMNS
    return is_text and any(len(row) > 1 for row in rows)


def is_heading(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Say whether a row names columns: by known names, or by what stands below it."""
    names = [folded(cell) for cell in first]
    if any(not name or len(name) > 80 or name.isdecimal() for name in names):
        return False
    if sum(name in KNOWN for name in names) >= max(1, len(names) // 4):
        return True
    if len(first) < 2 or len(rest) < 3 or len(set(names)) < len(names):
        return False
    return any(
        _differs(first[at], [row[at] for row in rest if at < len(row)]) for at in range(len(first))
    )


def _differs(name: str, below: Sequence[str]) -> bool:
    """Say whether a column's first cell is of another kind than all below it."""
    filled = [cell for cell in below if cell.strip()]
    if len(filled) < 3 or NO_TALK.fullmatch(name):
        return False
    if all(map(NO_TALK.fullmatch, filled)):
        return True
    kinds = set(filled)
    return len(kinds) <= max(1, len(filled) // 10) and name not in kinds
