"""The languages there are, and the one that is spoken now.

Which one that is belongs to the task that runs, as `contextvars` have it: tasks for two
servers at once never hear of each other's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        code: of its catalog's folder, as Babel names locales.
        name: as its speakers write it.
        english: as others write it.
        discord: the locales of Discord's that it serves.
        formats: the locale whose numbers and lists are used.
    """

    code: str
    name: str
    english: str
    discord: tuple[str, ...]
    formats: str


ENGLISH = Language("en", "English", "English", ("en-US", "en-GB"), "en_GB")
LANGUAGES = {
    one.code: one
    for one in (
        ENGLISH,
        Language("de", "Deutsch", "German", ("de",), "de"),
        Language("es", "Español", "Spanish", ("es-ES", "es-419"), "es"),
        Language("fr", "Français", "French", ("fr",), "fr"),
        Language("pt_BR", "Português do Brasil", "Portuguese", ("pt-BR",), "pt_BR"),
        Language("ru", "Русский", "Russian", ("ru",), "ru"),
        Language("ja", "日本語", "Japanese", ("ja",), "ja"),
    )
}
_BY_LOCALE = {locale: one.code for one in LANGUAGES.values() for locale in one.discord}

_spoken: ContextVar[str] = ContextVar("spoken_language", default=ENGLISH.code)


def spoken() -> Language:
    """Return the language that is spoken in this task."""
    return LANGUAGES[_spoken.get()]


def speak(code: str) -> None:
    """Speak a language from here to the end of this task."""
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language for a while."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def code_for(discord_locale: object) -> str:
    """Return the language for a locale of Discord's, English where there is none."""
    return _BY_LOCALE.get(str(discord_locale), ENGLISH.code)


def named(text: str) -> str | None:
    """Return the code of a language that somebody named: "german", "Deutsch" or "de"."""
    wanted = text.strip().casefold().replace("_", "-")
    for one in LANGUAGES.values():
        names = (one.code, one.name, one.english, *one.discord)
        if wanted in (name.casefold().replace("_", "-") for name in names):
            return one.code
    return None
