"""What people wrote that nobody should learn: keys, addresses, numbers that belong to someone.

Pure text in, pure text out. Precise rather than greedy: what is only like a number of a
person (a year, a score, a price, pi) stays, because a model must learn how people talk.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from textgen_core.text.special_tokens import LINK

COVERED = "███"  # of one length, as the length would tell something

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing: what it looks like, and whether a look-alike is one."""

    pattern: re.Pattern[str]
    check: Check = lambda found: True


def replace_pii(text: str, put: str = LINK) -> str:
    """Return a text with `put` in place of whatever is private in it."""
    for kind in _possible(text):
        text = kind.pattern.sub(
            lambda match, kind=kind: put if kind.check(match[0]) else match[0],  # type: ignore[misc]
            text,
        )
    return text


def mask_pii(text: str) -> str:
    """Return a text for people with whatever is private in it made unreadable."""
    return replace_pii(text, COVERED)


def is_private(text: str) -> bool:
    """Say whether something in a text is private."""
    return any(
        kind.check(match[0]) for kind in _possible(text) for match in kind.pattern.finditer(text)
    )


def _possible(text: str) -> Iterator[_Kind]:
    """Yield the kinds that a text may hold; nearly always none, and millions are asked."""
    if max(map(len, text.split()), default=0) >= _SHORTEST_KEY or "-----BEGIN" in text:
        yield from _KEYS
    lowered = text.lower()
    if any(word in lowered for word in _SECRET_WORDS):
        yield _SAID_SECRET
    if "@" in text or "at)" in lowered or "at]" in lowered:
        yield _MAIL
    if "discord" in lowered or "dsc.gg" in lowered:
        yield _INVITE
    if _NUMBER.search(text) is not None and (
        text.count(".") > 2 or len(_DIGIT.findall(text)) >= _FEWEST_DIGITS
    ):
        yield from _NUMBERS
    if text.count(":") > 1:
        yield _IPV6


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char.isdecimal()]


def _is_phone(found: str) -> bool:
    return 9 <= len(_digits(found)) <= 15


def _is_card(found: str) -> bool:
    """Check the digit that ISO/IEC 7812 has at the end (Luhn's formula)."""
    digits = _digits(found)
    if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    doubled = (digit if place % 2 == 0 else 2 * digit for place, digit in enumerate(digits[::-1]))
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def _is_account(found: str) -> bool:
    """Check the two digits that ISO 13616 has behind the country."""
    code = "".join(found.split()).upper()
    if not 15 <= len(code) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def _is_long_number(found: str) -> bool:
    """Say whether digits are an id rather than a large amount or somebody's fun."""
    is_counting = found in _COUNTING
    return not is_counting and len(found) - len(found.rstrip("0")) < 4 and len(set(found)) > 2


def _is_address(found: str) -> bool:
    """Say whether an IP address is one on the Internet."""
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return False
    if address.version == 6:
        return address in _PUBLIC_IPV6
    return address.is_global


def _is_key(found: str) -> bool:
    """Say whether a run of characters holds what no word, name or path is made of."""
    return any(
        len(part) >= _SHORTEST_KEY and (_is_hexadecimal(part) or _is_mixed(part))
        for part in re.split(r"[_+=-]", found)
    )


def _is_hexadecimal(part: str) -> bool:
    digits = len(_digits(part))
    return 3 <= digits <= len(part) - 3 and _HEXADECIMAL.fullmatch(part) is not None


def _is_mixed(part: str) -> bool:
    """Say whether capitals, small letters and digits alternate too much for words."""
    kinds = list(_char_kinds(part))
    changes = sum(one != other for one, other in pairwise(kinds))
    return len(set(kinds)) == 3 and changes > 0.3 * len(part) and not _is_of_words(part)


def _is_of_words(part: str) -> bool:
    """Say whether a run is a name put together of words and numbers, such as Utf8ToUtf16.

    Its words have three characters in the mean (a random key's have fewer than two), and
    all can be pronounced.
    """
    words = _WORD.findall(part)
    return len(part) >= 3 * len(words) and not any(map(_UNSPEAKABLE.search, words))


def _is_said_secret(found: str) -> bool:
    return bool(_digits(found))


def _char_kinds(text: str) -> Iterator[str]:
    for char in text:
        yield "9" if char.isdigit() else "A" if char.isupper() else "a"


_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_HOST = r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)"
_AT = r"(?:@| ?[\[(] ?at ?[\])] ?)"
_COUNTING = "0123456789" * 3
_SHORTEST_KEY = 16
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_CONSONANT = "[b-df-hj-np-tv-xz]"
# XF86 may be; kjr in small letters, or with a capital, may not.
_UNSPEAKABLE = re.compile(
    rf"{_CONSONANT}{{5}}|^(?:[B-DF-HJ-NP-TV-XZ](?=[a-z]))?{_CONSONANT}{{3,}}$"
)
_NUMBER = re.compile(r"\d\d|\d\.\d")
_DIGIT = re.compile(r"\d")
_FEWEST_DIGITS = 9  # of all numbers that belong to somebody, but for IP addresses
_SECRET_WORDS = ("passw", "passphrase", "token", "secret", "api")

_KEY_SHAPES = r"""(?x)
    -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----(?:[\s\S]*?-----END\ [A-Z ]*PRIVATE\ KEY-----|[\s\S]*)
  | (?<![\w-])(?:
        [\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,45}  # Discord's bots
      | mfa\.[\w-]{80,95}
      | eyJ[\w-]{8,2000}\.[\w-]{8,2000}(?:\.[\w-]{0,2000})?  # JSON Web Tokens
      | gh[pousr]_\w{30,255} | github_pat_\w{22,255} | glpat-[\w-]{20,64}
      | [srp]k[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,200}
      | xox[abeoprs]-[\w-]{10,250}
      | (?:AKIA|ASIA)[0-9A-Z]{16}
      | AIza[\w-]{35}
      | (?:hf|npm|dop_v1|shpat)_\w{20,80} | pypi-[\w-]{50,250} | SG\.[\w-]{16,32}\.[\w-]{16,64}
    )(?!\w)"""

_KEYS = (
    _Kind(re.compile(_KEY_SHAPES), lambda found: "BEGIN" in found or bool(_digits(found))),
    _Kind(re.compile(r"(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])")),
    _Kind(re.compile(r"(?<![A-Za-z0-9_+=-])[A-Za-z0-9_+=-]{16,}"), _is_key),
)
_SAID_SECRET = _Kind(
    re.compile(
        r"(?i:(?<=password)|(?<=passwort)|(?<=passphrase)|(?<=passwd)|(?<=token)|(?<=secret)"
        r"|(?<=api.key)|(?<=apikey)) ?[:=] ?['\"`]?[^\s'\"`.,;()<>\[\]{}]{5,200}"
    ),
    _is_said_secret,
)
_MAIL = _Kind(re.compile(rf"(?<![\w.+%-])[^\W_][\w.+%-]{{0,63}}{_AT}{_HOST}", re.IGNORECASE))
_INVITE = _Kind(
    re.compile(
        r"(?<![\w/.-])(?:www\.)?(?:discord\.gg|discord(?:app)?\.com/invite|dsc\.gg)/[\w-]{2,60}",
        re.IGNORECASE,
    )
)
_IPV6 = _Kind(
    re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"), _is_address
)
_NUMBERS = (
    _Kind(re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w]|\.\d)"), _is_address),
    _Kind(
        re.compile(
            r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?!\w)"
        ),
        _is_account,
    ),
    _Kind(re.compile(r"(?<![\w.,-])[2-6]\d{3}(?:[ -]?\d{3,7}){2,4}(?![\w-])"), _is_card),
    _Kind(
        re.compile(
            r"(?<![\w+-])(?:\+|00)[1-9]\d{0,3}(?:[ ./-]?(?:\(\d{1,5}\)|\d{1,5})){2,7}(?!\w)"
        ),
        _is_phone,
    ),
    # 202-555-0123, (202) 555-0123
    _Kind(re.compile(r"(?<![\w.,-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])")),
    # 06 12 34 56 78, 0171 1234567
    _Kind(
        re.compile(
            r"(?<![\w.,:+-])(?:0[1-9](?:[ .-]\d\d){4}"
            r"|(?:\(0\d{2,4}\)|0\d{2,4})[ /-]{1,2}\d{2,4}(?:[ -]?\d{2,4}){1,3})(?![\w-])"
        ),
        _is_phone,
    ),
    _Kind(re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")),
    _Kind(re.compile(r"(?<![\w.,])\d{9,}(?!\w)"), _is_long_number),
)
