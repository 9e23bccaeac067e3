"""Sentences come out of a catalog, with values as the language writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.locales import messages
from bot.locales.languages import code_for, named, speak, speaking, spoken
from bot.locales.messages import Message, _, counted_message, listed, ngettext, pgettext
from bot.text.formatting import duration, without_quotations

RUSSIAN = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 :"
" n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"

msgid "{count:,} message"
msgid_plural "{count:,} messages"
msgstr[0] "{count:,} сообщение"
msgstr[1] "{count:,} сообщения"
msgstr[2] "{count:,} сообщений"

msgid "{count} min"
msgstr "{count} мин"

msgid "{name} is {share:.2f} away."
msgstr "До {name} {share:.2f}."

msgid "a number"
msgstr "число"

msgid "Not yet."
msgstr ""

#, fuzzy
msgid "A guess."
msgstr "Догадка."

msgctxt "command"
msgid "talk"
msgstr "речь"
"""


@pytest.fixture(autouse=True)
def russian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    path = tmp_path / "ru" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(RUSSIAN, encoding="utf-8")
    monkeypatch.setattr(messages, "FOLDER", tmp_path)
    messages.catalog.cache_clear()
    yield
    messages.catalog.cache_clear()


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 сообщение"), (3, "3 сообщения"), (12, "12 сообщений"), (2021, "2\xa0021 сообщение")],
)
def test_a_count_takes_the_form_that_its_language_has_for_it(count: int, said: str) -> None:
    with speaking("ru"):
        assert ngettext("{count:,} message", "{count:,} messages", count) == said


def test_values_stand_where_the_language_wants_them_and_as_it_writes_them() -> None:
    sentence = "{name} is {share:.2f} away."
    assert _(sentence, name="Ann", share=0.5) == "Ann is 0.50 away."
    with speaking("ru"):
        assert _(sentence, name="Ann", share=0.5) == "До Ann 0,50."
        assert _(sentence, name=lambda: _("a number"), share=0.5) == "До число 0,50."
        assert _(sentence, name=Message("a number"), share=0.5) == "До число 0,50."


def test_what_is_not_translated_or_but_guessed_is_english() -> None:
    with speaking("ru"):
        assert _("Not yet.") == "Not yet."
        assert _("A guess.") == "A guess."
        assert pgettext("command", "talk") == "речь"
        assert pgettext("option", "talk") == "talk"
    with speaking("ja"):  # which has no catalog here
        assert _("a number") == "a number"


def test_a_value_with_braces_is_no_field() -> None:
    assert _("{name} is {share:.2f} away.", name="{share}", share=1.0) == "{share} is 1.00 away."
    assert _("as it {is}") == "as it {is}"


def test_an_error_is_english_in_the_log_and_translated_when_it_is_told() -> None:
    with speaking("ru"):
        error = UserError("{name} is {share:.2f} away.", name=Message("a number"), share=2.0)
        counted = UserError(counted_message("{count:,} message", "{count:,} messages", 2))
        assert (str(error), str(counted)) == ("a number is 2.00 away.", "2 messages")
        assert (error.said(), counted.said()) == ("До число 2,00.", "2 сообщения")


def test_rows_and_durations_follow_the_language() -> None:
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b"], "or") == "a or b"
    with speaking("ru"):
        assert listed(["a", "b", "c"]) == "a, b и c"
        assert duration(120) == "2 мин"


@pytest.mark.parametrize("quoted", ["“x y”", "„x y“", "«x y»", "「x y」"])
def test_quotations_go_in_every_language(quoted: str) -> None:
    assert without_quotations(f"Not {quoted}!") == "Not “…”!"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("german", "de"),
        (" Deutsch ", "de"),
        ("pt-br", "pt_BR"),
        ("日本語", "ja"),
        ("klingon", None),
    ],
)
def test_languages_are_named_in_several_ways(typed: str, code: str | None) -> None:
    assert named(typed) == code


def test_locales_of_discords_find_their_language() -> None:
    found = {locale: code_for(locale) for locale in ("de", "es-419", "pt-BR", "en-GB", "ko", None)}
    assert [*found.values()] == ["de", "es", "pt_BR", "en", "en", "en"]


async def test_tasks_keep_their_languages_apart() -> None:
    turns = asyncio.Barrier(2)

    async def speaks(code: str) -> str:
        speak(code)
        for _round in range(3):
            await turns.wait()
        return spoken().code

    assert await asyncio.gather(speaks("de"), speaks("ru")) == ["de", "ru"]
    assert spoken().code == "en"


async def test_a_thread_speaks_as_the_task_that_asks_it() -> None:
    with speaking("ru"):
        assert await asyncio.to_thread(_, "a number") == "число"
