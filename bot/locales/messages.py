"""Sentences in the language that is spoken: gettext catalogs, read once each.

A sentence stands in the code in English and is its own key. `_` and `ngettext` return it in
the language spoken now; `N_` only marks it, for what is shown elsewhere; a `Message` waits
until it is shown. What a catalog lacks is said in English.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from string import Formatter
from typing import Any, Literal

from bot.locales.languages import ENGLISH, LANGUAGES, spoken

FOLDER = Path(__file__).parent
_SCIENTIFIC = "e"


def catalog_path(code: str) -> Path:
    """Return a language's catalog, where gettext's programs look for it."""
    return FOLDER / code / "LC_MESSAGES" / "messages.po"


def _(message: str, /, **values: object) -> str:
    """Return a sentence in the language spoken now, with values in it.

    Args:
        message: in English, with fields as of str.format: "{count:,} of {name}".
        values: by their fields' names; what can be called is called for its words.
    """
    return _filled(catalog(spoken().code).gettext(message), values)


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the one of a sentence's forms that fits a count; {count} stands for it."""
    text = catalog(spoken().code).ngettext(one, many, count)
    return _filled(text, {"count": count, **values})


def pgettext(context: str, message: str, /) -> str:
    """Return a word that means something else elsewhere, by what it is here."""
    return catalog(spoken().code).pgettext(context, message)


def N_(message: str, /) -> str:
    """Mark a sentence for the catalogs, and return it as it is."""
    return message


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence that is put in words when it is shown, and can be called for that.

    Attributes:
        text: in English, which is its key.
        values: of its fields; a `Message` among them is put in words as well.
        many: its plural; None: it has none. The count is the value "count".
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    many: str | None = None

    def __call__(self) -> str:
        """Return it in the language spoken now."""
        if self.many is None:
            return _(self.text, **self.values)
        values = dict(self.values)
        count = values.pop("count")
        assert isinstance(count, int)
        return ngettext(self.text, self.many, count, **values)


def listed(parts: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
    """Return "a", "a and b" or "a, b and c", as the language has it; or with "or"."""
    if len(parts) == 1:
        return parts[0]
    from babel.lists import format_list  # here for the reason given in `catalog`

    return format_list(parts, style, locale=spoken().formats)


def counted_message(one: str, many: str, count: int, /, **values: object) -> Message:
    """Return a sentence with a count, for later; see `ngettext`."""
    return Message(one, {"count": count, **values}, many)


def load_catalogs() -> None:
    """Read every catalog now, which takes some 20 ms each; call it in a thread."""
    for code in LANGUAGES:
        catalog(code)


@cache
def catalog(code: str) -> NullTranslations:
    """Return a language's sentences; those that are not there stay as they are."""
    path = catalog_path(code)
    if code == ENGLISH.code or not path.exists():
        return NullTranslations()
    # Here, since the processes that read strangers' files have no use for it.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    with path.open("rb") as file:
        read = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled)


@cache
def _number_marks(formats: str) -> dict[int, str]:
    """Return what stands for the comma and the point of English numbers elsewhere."""
    from babel import Locale

    symbols: Any = Locale.parse(formats).number_symbols
    latin = symbols.get("latn", symbols)
    return str.maketrans({",": latin["group"], ".": latin["decimal"]})


class _Words(Formatter):
    """Fills the fields of a sentence: numbers as the language writes them."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Any, Any]:
        value, key = super().get_field(field_name, args, kwargs)
        return (value() if callable(value) else value), key

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not format_spec or not is_number or _SCIENTIFIC in text or spoken() is ENGLISH:
            return text
        return text.translate(_number_marks(spoken().formats))


_WORDS = _Words()


def _filled(text: str, values: Mapping[str, object]) -> str:
    return _WORDS.vformat(text, (), values) if values else text
