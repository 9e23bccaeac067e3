"""Keys, addresses and numbers of people are found; what only looks like them is left alone."""

from __future__ import annotations

import random
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from private_texts import DISCORD_TOKEN, PRIVATE

from bot.text.discord_markup import learnable_text, marked_content, render
from bot.text.pii import COVERED, is_private, mask_pii, replace_pii
from textgen_core.text.special_tokens import EMOJI, LINK

HARMLESS = [
    "see you in 2024, at 10:30:45, on 01-02-2023 or 2023-11-25 12:30",
    "3.14159265358979 and 2.71828",
    "1,000,000,000 people, 1000000000 of them here, 100000000 € and 99999999999999!!!",
    "1234567890 is not a number",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
    "v1.2.3.4, version 10.0.19045.3693, Chrome 120.0.6099.109",
    "it runs at 127.0.0.1:8080 or 192.168.1.1",
    "std::vector<int> a::b dead::beef ::1 :::) 12:30:45 3:2:1",
    "score 10-12, 3-2, 100-99-98, 4/20, 24/7, 1/2",
    "$1,299.99 / 12.50 €, 50-60 %, 1920x1080, 4k@60fps",
    "@everyone look @ this, foo@bar, @someone.else",
    "supercalifragilisticexpialidocious AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 1111111111111111",
    "hahahahahahahahahahahahahahahaha lololololololololololololol",
    "/usr/lib/python3.11/site-packages/numpy/core/_multiarray_umath.so",
    "/etc/apache2/sites-enabled/000-default.conf",
    "some-very-long-kebab-case-name-of-2024-edition",
    "CamelCaseNamesOfManyWordsAreFine COVID19VaccineUpdate2021 XMLHttpRequest",
    "XF86VidModeSwitchToMode divide5ByAfterAdding1To X509v3SubjectKeyIdentifier",
    "Utf8ToUtf16LeConverter, ISO8859Part1ToUTF8Converter or Int32ToInt64Conversion",
    "sha256WithRSAEncryption Win32ApiGetLastError DX11Texture2DArrayView H264VideoToMp4",
    "getElementsByTagNameNS2 OpenGL3Point2CoreProfile Python3Dot11ReleaseNotes v8EngineES6Modules",
    "JAVA_HOME=/usr/lib/j2se/1.4 MAX_RETRIES=10",
    "what is your password? the secret: love. token: none",
    "const secret = config.facebook.clientSecret, token: getToken(1)",
    "my discord is down, discord.py and discordapp",
    "0800 was fun, 007 too; room 0815",
    "RTX 3080 12GB, i7-12700K, WD40, R2-D2, 6 7 8 9",
    "привет как дела 2024 год, こんにちは世界2024年10月",
    "0x7ffeefbff5c8 segfault at 0xdeadbeef",
    "hey @john.doe look at this. com and get in touch @ noon, at dot and dash",
    "it costs 65000 70000 or 60000-70000, call me at 10",
    "pin that, the token is gone, pass it on, spinning is fun; pw is what",
]
DISGUISED = [
    "+1\u2011202\u2011555\u20110123",
    "+1\u2212202\u2212555\u22120123",
    "06 - 12 - 34 - 56 - 78",
    "06  12  34  56  78",
    "06_12_34_56_78",
    "06·12·34·56·78",
    "+ 33 6 12 34 56 78",
    "8 (912) 345-67-89",
    "(11) 91234-5678",
    "138-0013-8000",
    "98765 43210",
    "my0612345678",
    "❶⓿❷❸❹❺❻❼❽❾⓿",
    "4111.1111.1111.1111",
    "4111  1111  1111  1111",
    "ann @ example.org",
    "ann@example。org",
    "ann{at}example.org",
    "ann (at) example (dot) org",
    "ann at example dot org",
    "discord . gg/abcdef",
    "discord.gg\\abcdef",
    "dsc(.)gg/abcdef",
    "my password is hunter2",
    "PIN: 4711",
    "pw: hunter2",
    "a1b2c3d4e5f6g7h8i9j0k1",
    "bc1" + "qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "whsec_" + "1234567890abcdefghij",
]


@pytest.mark.parametrize("kind", PRIVATE)
@pytest.mark.parametrize("around", ["{}", "look: {} ok?", "({})", "{}, or\n{}", "“{}”"])
def test_what_is_private_is_taken_out_alone(kind: str, around: str) -> None:
    text = around.replace("{}", PRIVATE[kind])
    assert is_private(text)
    assert replace_pii(text) == around.replace("{}", LINK)
    assert mask_pii(text) == around.replace("{}", COVERED)


@pytest.mark.parametrize(
    "said",
    ["password: hunter2", "my Passwort ist geheim, passwort=geheim99", "API key: 'ab12cd34'"],
)
def test_what_is_called_a_secret_is_taken_out(said: str) -> None:
    assert is_private(said)
    for secret in ("hunter2", "geheim99", "ab12cd34"):
        assert secret not in replace_pii(said)


@pytest.mark.parametrize("text", DISGUISED)
def test_what_is_written_in_another_way_is_found(text: str) -> None:
    assert is_private(f"it is {text} ok")
    assert LINK in replace_pii(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_private_stays(text: str) -> None:
    assert replace_pii(text) == text
    assert not is_private(text)


@given(st.text())
def test_any_text_is_clean_after_one_pass(text: str) -> None:
    assert not is_private(mask_pii(text))
    assert is_private(text) == (mask_pii(text) != text)


@given(
    st.text(alphabet=st.characters(categories=("L", "M", "P", "S", "Zs"), exclude_characters="@"))
)
def test_a_text_of_words_alone_stays_what_it_is(text: str) -> None:
    lowered = text.lower()
    if ".gg/" not in lowered and "invite/" not in lowered and "at" not in lowered:
        assert replace_pii(text) == text


@given(st.sampled_from("3456"), st.integers(0, 10**14 - 1), st.sampled_from(["", " ", "-"]))
def test_every_card_number_is_found(first: str, middle: int, gap: str) -> None:
    digits = f"{first}{middle:014d}"
    check = next(last for last in "0123456789" if _is_valid(digits + last))
    number = digits + check
    shown = gap.join(number[start : start + 4] for start in range(0, 16, 4))
    if len(set(number)) > 1:
        assert replace_pii(f"card {shown}!") == f"card {LINK}!"


def _is_valid(number: str) -> bool:
    """Luhn's formula as its inventor tells it: double every second digit from the right."""
    total = 0
    for place, digit in enumerate(map(int, reversed(number))):
        total += sum(map(int, str(2 * digit))) if place % 2 else digit
    return total % 10 == 0


@given(
    st.text(alphabet=string.ascii_lowercase + string.digits + "._+-", min_size=1, max_size=20),
    st.text(alphabet=string.ascii_lowercase + string.digits, min_size=1, max_size=20),
    st.sampled_from(["com", "org", "co.uk", "museum"]),
)
def test_every_address_of_mail_is_found(local: str, host: str, end: str) -> None:
    assert "@" not in replace_pii(f"write to a{local}@{host}.{end} soon")


@pytest.mark.parametrize("length", [16, 20, 24, 40, 64])
def test_random_keys_of_any_length_are_told_from_names_of_words(length: int) -> None:
    """Of those that hold a capital, a small letter and a digit, as nearly all do."""
    rng = random.Random(length)
    alphabet = string.ascii_letters + string.digits
    keys = ["".join(rng.choice(alphabet) for _ in range(length)) for _ in range(5000)]
    kinds = (str.isupper, str.islower, str.isdigit)
    mixed = [key for key in keys if all(any(map(kind, key)) for kind in kinds)]
    assert len(mixed) > 4500
    assert sum(map(is_private, mixed)) > 0.985 * len(mixed)


def test_nearly_every_random_key_is_found() -> None:
    for alphabet, length in ((string.ascii_letters + string.digits, 32), ("0123456789abcdef", 32)):
        keys = ["".join(secrets.choice(alphabet) for _ in range(length)) for _ in range(2000)]
        assert sum(map(is_private, keys)) > 0.99 * len(keys)


@pytest.mark.parametrize("text", ["a" * 4000, "1 " * 2000, "a." * 2000, "+1" * 2000, "::" * 2000])
@pytest.mark.timeout(5)
def test_long_texts_take_no_time(text: str) -> None:
    for around in ("{}", "{}@", "{}@x", "{} password", "discord{}"):
        replace_pii(around.format(text))


def test_messages_are_learned_without_it() -> None:
    message = {"author": {}, "type": 0, "content": f"call +49 171 1234567 or {DISCORD_TOKEN} ok"}
    assert learnable_text(message, prefix="!", bot_id=1) == f"call {LINK} or {LINK} ok"
    alone = {"author": {}, "type": 0, "content": "ann@example.org"}
    assert learnable_text(alone, prefix="!", bot_id=1) is None
    assert marked_content("see https://example.org/u/ann@example.org") == f"see {LINK}"
    assert marked_content("<:kek:198622483471925248> <@198622483471925248>")[:5] == f"{EMOJI}kek:"


def test_texts_are_shown_without_it() -> None:
    emoji = "<:kek:198622483471925248>"
    text = render(f"{EMOJI}kek: ann@example.org 202-555-0143", emojis={"kek": emoji})
    assert "example.org" not in text
    assert "0143" not in text
    assert text.replace("\u200b", "").startswith(emoji)
