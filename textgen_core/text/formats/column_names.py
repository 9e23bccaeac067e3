"""What programs call the columns of their tables: the text, who wrote it, when.

The first of several names that a table has counts. What lists in JSON call the same is in
json_forms.py; tables have these and more, as spreadsheets are written by people.
"""

from __future__ import annotations

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


def folded(name: str) -> str:
    """Return a column's name as it is compared: "Message Content" is message_content."""
    return "_".join(name.casefold().replace("-", " ").split())
