"""Options are understood as people type them, and refused in a sentence that says how."""

from __future__ import annotations

import pytest

from bot.errors import UserError
from bot.text.durations import joined_spans, share, span_s
from bot.text.options import Option, Takes
from bot.text.other_bots import command_pattern
from bot.text.typed_arguments import version_words
from bot.text.typed_options import parse

OPTIONS = (
    Option("n", Takes.WHOLE, least=1, most=10, example="3"),
    Option("temperature", Takes.NUMBER, least=0, most=2, example="0.9"),
    Option("top_k", Takes.WHOLE, least=0, most=500, example="20"),
    Option("length", Takes.WHOLE, ("max_chars",), 1, 1500, example="100"),
    Option("threads", Takes.NOTHING),
    Option("max", Takes.WHOLE, least=0, most=100_000, example="1000"),
    Option("last", Takes.SPAN, example="30d"),
    Option("model", example="memes"),
    Option("format", choices=("auto", "csv"), example="csv"),
)


@pytest.mark.parametrize(
    ("typed", "text", "values"),
    [
        ("hi --n 3", "hi", {"n": "3"}),
        ("--n 3 hi there", "hi there", {"n": "3"}),
        ("hi --n=3", "hi", {"n": "3"}),
        ("hi --n: 3", "hi", {"n": "3"}),
        ("hi —n 3", "hi", {"n": "3"}),
        ("hi –n 3", "hi", {"n": "3"}),
        ("hi -n 3", "hi", {"n": "3"}),
        ("hi --N 3", "hi", {"n": "3"}),
        ("hi --top-k 5", "hi", {"top_k": "5"}),
        ("hi --max_chars 50 you", "hi you", {"length": "50"}),
        ("hi --temperature 0,9", "hi", {"temperature": "0.9"}),
        ("#a --threads #b", "#a #b", {"threads": "yes"}),
        ("#a --threads no", "#a", {"threads": "no"}),
        ("#a --threads=yes --last 30 days", "#a", {"threads": "yes", "last": "30 days"}),
        ("--last 1 day and 6 hours #a", "#a", {"last": "1 day and 6 hours"}),
        ("--last 6h #a", "#a", {"last": "6h"}),
        ('--model "two words" hi', "hi", {"model": "two words"}),
        ("--model “two words” hi", "hi", {"model": "two words"}),
        ("--format CSV", "", {"format": "csv"}),
        ("hi －－n ３", "hi", {"n": "3"}),
        ("hi ‐‐n 3", "hi", {"n": "3"}),
        ("hi -n3", "hi", {"n": "3"}),
        ("hi --n = 3,", "hi", {"n": "3"}),
        ("hi -- n 3", "hi", {"n": "3"}),
        ("hi\n--n\n3", "hi", {"n": "3"}),
        ("hi  --TopK  5", "hi", {"top_k": "5"}),
        ("--model 'two words' hi", "hi", {"model": "two words"}),
        ("--model „zwei Wörter“ hi", "hi", {"model": "zwei Wörter"}),
        ("--model don't hi", "hi", {"model": "don't"}),
        ("--max 10,000", "", {"max": "10000"}),
        ("--max 10.000", "", {"max": "10000"}),
        ("--max 10'000", "", {"max": "10000"}),
        ("--max 1.5k", "", {"max": "1500"}),
        ("#a --last a week", "#a", {"last": "a week"}),
        ("#a --last “30 days”, --threads", "#a", {"last": "30 days", "threads": "yes"}),
        ("--last 1.5h #a", "#a", {"last": "1.5h"}),
        ("hi -- she said", "hi -- she said", {}),
        ("well — not an option", "well — not an option", {}),
        ("she said —never", "she said —never", {}),
        ("a -b c-d x--y -- z", "a -b c-d x--y -- z", {}),
        ("  two  spaces\nand lines ", "  two  spaces\nand lines ", {}),
    ],
)
def test_options_are_taken_out_of_what_was_typed(
    typed: str, text: str, values: dict[str, str]
) -> None:
    found = parse(typed, OPTIONS)
    assert (found.text, dict(found.values)) == (text, values)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("hi --n 50", "`--n` takes a whole number from 1 to 10, as in `--n 3`; I got “50”."),
        ("hi --n 2.5", "a whole number from 1 to 10"),
        ("hi --n many", "I got “many”"),
        ("hi --n nan", "a whole number from 1 to 10"),
        ("hi --n", "`--n` needs a value: a whole number from 1 to 10, as in `--n 3`."),
        ("--n --threads", "`--n` needs a value"),
        ("hi --temperature 9", "`--temperature` takes a number from 0 to 2, as in"),
        ("hi --temprature 1", "There is no option `--temprature` for `!x`; did you mean"
                              " `--temperature`? It takes a number from 0 to 2, as in"),
        ("hi —temprature 1", "did you mean `--temperature`"),
        ("#a --lst 3d", "did you mean `--last`? It takes a duration, as in `--last 30d`."),
        ("hi --zzzz", "no option `--zzzz` for `!x`; it has `--n 3`, `--temperature 0.9`"),
        ("--n 1 --n 2", "You wrote `--n` twice"),
        ("--format tsv", "`--format` takes one of auto, csv, as in `--format csv`; I got “tsv”."),
        ("--threads=maybe", "`--threads` takes nothing, or yes or no"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_an_example(typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(typed, OPTIONS, command="x")
    assert sentence in str(refused.value)


def test_a_command_without_options_says_so() -> None:
    with pytest.raises(UserError, match="it takes none"):
        parse("--x", (), command="ping")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6 hours", 21_600), ("30 days", 30 * 86_400), ("1 day and 6 hours", 108_000),
     ("1h30m", 5400), ("90 Min", 5400), ("2 wks", 1_209_600), ("2 fortnights", 0),
     ("1.5h", 5400), ("1,5 h", 5400), ("6 Stunden", 21_600), ("2 semanas", 1_209_600),
     ("3 jours", 259_200), ("1d12h", 129_600), ("1mo", 2_592_000), ("1 year", 31_536_000),
     ("2 weeks, 1 day", 15 * 86_400)],
)  # fmt: skip
def test_durations_are_read_as_words(text: str, seconds: int) -> None:
    if not seconds:
        with pytest.raises(UserError, match="as a duration"):
            span_s(text, least_s=1, most_s=10**9)
    else:
        assert span_s(text, least_s=1, most_s=10**9) == seconds
        joined = joined_spans(f"{text} #general")
        assert joined.endswith(" #general")
        assert span_s(joined.removesuffix(" #general"), least_s=1, most_s=10**9) == seconds
        assert len(joined.split()) == 2


@pytest.mark.parametrize(
    ("text", "seconds"), [("a week", 604_800), ("half an hour", 1800), ("an hour.", 3600)]
)
def test_durations_without_a_number_are_read(text: str, seconds: int) -> None:
    assert span_s(text, least_s=1, most_s=10**9) == seconds


@pytest.mark.parametrize("text", ["5 %", "5%", "5 percent", "5.0 %", "5％"])
def test_shares_are_one_word(text: str) -> None:
    joined = joined_spans(f"{text} #general")
    assert joined.endswith(" #general")
    assert share(joined.removesuffix(" #general")) == 0.05


@pytest.mark.parametrize(
    ("text", "is_command"),
    [("!8ball will it rain", True), ("pk;help", True), ("/imagine a cat", True), ("?play x", True),
     ("t!rank", True), ("$balance", True), ("!! wow", False), ("...", False), ("/s", False),
     ("$5 is fine", False), ("?", False), ("what?", False), ("hello !there", False),
     ("/r/gaming is fun", False), ("!?", False), ("-_-", False), ("$100k a year", False),
     (",play x", True), ("p!catch it", True), ("+rep @ann", True), ("+1 to that", False),
     ("~ish", False), (", and then", False), ("=)", False), ("-- no", False), ("& me too", False)],
)  # fmt: skip
def test_commands_to_other_bots_are_told(text: str, is_command: bool) -> None:
    pattern = command_pattern(None)
    assert pattern is not None
    assert pattern.finds(text) == is_command
    assert command_pattern(()) is None


@pytest.mark.parametrize(
    ("typed", "two", "read"),
    [("version 3 vs version 4", True, "3 4"), ("no. 3, 4", True, "3 4"), ("#3", False, "3"),
     ("3 meet at number 5", False, "3 meet at number 5"),
     ("3 4 in version 5", True, "3 4 in version 5")],
)  # fmt: skip
def test_versions_are_one_word_each_and_what_follows_stays(
    typed: str, two: bool, read: str
) -> None:
    assert version_words(typed, two=two) == read
