"""What belongs to somebody looks like this: keys, addresses of mail and machines, numbers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.text.linear import WORD, LinearPattern, not_after, not_before

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing: what it looks like, and whether a look-alike is one."""

    pattern: LinearPattern
    check: Check = lambda found: True


def possible_kinds(text: str) -> Iterator[Kind]:
    """Yield the kinds that a text may hold; nearly always none, and millions are asked."""
    if max(map(len, text.split()), default=0) >= _SHORTEST_KEY or "-----BEGIN" in text:
        yield from _KEYS
    lowered = text.lower()
    if any(word in lowered for word in _SECRET_WORDS):
        yield _SAID_SECRET
    if "@" in text or _SPELLED_AT.search(lowered) is not None:
        yield from _MAILS
    if "discord" in lowered or "dsc" in lowered:
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
    return 9 <= len(_DIGIT.findall(found)) <= 15


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


def _is_number_in_two(found: str) -> bool:
    """Say whether two groups of digits are one number rather than two amounts."""
    return not any(part.endswith("00") for part in found.split())


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
    return _DIGIT.search(found) is not None and any(
        len(part) >= _SHORTEST_KEY and (_is_hexadecimal(part) or _is_mixed(part))
        for part in _KEY_JOINTS.split(found)
    )


def _is_hexadecimal(part: str) -> bool:
    digits = len(_DIGIT.findall(part))
    return 3 <= digits <= len(part) - 3 and _HEXADECIMAL.fullmatch(part) is not None


def _is_mixed(part: str) -> bool:
    """Say whether letters and digits, or capitals among them, alternate too much for words."""
    kinds = list(_char_kinds(part))
    least = _SHORTEST_KEY if len(set(kinds)) == 3 else _SHORTEST_PLAIN_KEY
    if len(part) < least or len(set(kinds)) < 2:
        return False
    changes = sum(one != other for one, other in pairwise(kinds))
    return changes > 0.3 * len(part) and not _is_of_words(part)


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
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_DOT = r"(?:[.。]| ?[\[({<] ?(?:dot|punkt|punto|point|[.]) ?[\])}>] ?)"
_HOST = rf"(?:[{WORD}-]+{_DOT})+\p{{L}}{{2,}}"
_SPELLED_AT = re.compile(r"at ?[\])}>]| dot ")
_ENDS_OF_HOSTS = "com|org|net|edu|gov|info|io|me|co|uk|de|fr|es|it|nl|ru|br|jp|eu|ch|at|us"
_AT = r"(?:@| @ | ?[\[({<] ?at ?[\])}>] ?)"
_COUNTING = "0123456789" * 3
_SHORTEST_KEY = 16
_SHORTEST_PLAIN_KEY = 20  # of capitals or small letters alone, with digits among them
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_KEY_JOINTS = re.compile(r"[_+=-]")
_CONSONANT = "[b-df-hj-np-tv-xz]"
# XF86 may be; kjr in small letters, or with a capital, may not.
_UNSPEAKABLE = re.compile(
    rf"{_CONSONANT}{{5}}|^(?:[B-DF-HJ-NP-TV-XZ](?=[a-z]))?{_CONSONANT}{{3,}}$"
)
_NUMBER = re.compile(r"[0-9][0-9]|[0-9]\.[0-9]")
_DIGIT = re.compile(r"[0-9]")
_FEWEST_DIGITS = 9  # of all numbers that belong to somebody, but for IP addresses
_SECRET_WORDS = ("pass", "token", "secret", "api", "pw", "pin")
_APART = "[ ./·_-]"  # what parts the groups of a number
_WORD_OR_DASH = WORD + "-"

# Keys are of ASCII, as is RE2's \w. A longer text than a real key of its kind is one, too.
_KEY_SHAPES = "|".join(
    (
        r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,45}",  # Discord's bots
        r"mfa\.[\w-]{80,95}",
        r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",  # JSON Web Tokens
        r"gh[pousr]_\w{30,255}",
        r"github_pat_\w{22,255}",
        r"glpat-[\w-]{20,64}",
        r"[srp]k[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,200}",
        r"xox[abeoprs]-[\w-]{10,250}",
        r"(?:AKIA|ASIA)[0-9A-Z]{16}",
        r"AIza[\w-]{35}",
        r"(?:hf|npm|dop_v1|shpat)_\w{20,80}",
        r"pypi-[\w-]{50,250}",
        r"SG\.[\w-]{16,32}\.[\w-]{16,64}",
        r"whsec_\w{16,80}",
        r"AGE-SECRET-KEY-1[0-9A-Z]{20,80}",
        r"bc1[0-9a-z]{25,87}",
    )
)
_PRIVATE_KEY = "[A-Z ]*PRIVATE KEY-----"
_KEYS = (
    Kind(LinearPattern(f"-----BEGIN {_PRIVATE_KEY}(?s:.*?-----END {_PRIVATE_KEY}|.*)")),
    Kind(
        LinearPattern(_KEY_SHAPES, before=not_after(_WORD_OR_DASH), after=not_before(WORD)),
        lambda found: bool(_digits(found)),
    ),
    Kind(
        LinearPattern(
            r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            before=not_after(_WORD_OR_DASH),
            after=not_before(_WORD_OR_DASH),
        )
    ),
    Kind(LinearPattern(r"[A-Za-z0-9_+=-]{16,}", before=not_after("A-Za-z0-9_+=-")), _is_key),
)
_SAID_SECRET = Kind(
    LinearPattern(
        r"""(?: ?[:=]| is:?| ist:?| es:?) ?['"`]?[^\s'"`.,;()<>\[\]{}]{4,}""",
        before=r"(?i:password|passwort|passphrase|passwd|token|secret|api.?key"
        r"|\b(?:passcode|pass|pwd?|pin))",
    ),
    _is_said_secret,
)
_MAILS = (
    Kind(
        LinearPattern(
            rf"[\p{{L}}\p{{N}}][{WORD}.+%-]*{_AT}{_HOST}",
            before=not_after(WORD + ".+%-"),
            after=not_before(WORD),
            ignore_case=True,
        )
    ),
    # ann at example dot org
    Kind(
        LinearPattern(
            rf"[\p{{L}}\p{{N}}][{WORD}.+%-]* at [{WORD}-]+(?: dot [{WORD}-]+)*"
            rf" dot (?:{_ENDS_OF_HOSTS})",
            before=not_after(WORD + ".+%-"),
            after=not_before(WORD),
            ignore_case=True,
        )
    ),
)
_INVITE_DOT = r" ?[\[(]?(?:[.]|dot)[\])]? ?"
_INVITE = Kind(
    LinearPattern(
        rf"(?:[a-z0-9-]+\.)*(?:(?:discord|dsc){_INVITE_DOT}gg|discord(?:app)?{_INVITE_DOT}com/invite)"
        r" ?[/\\] ?[\w-]{2,}",
        before=not_after(WORD + "/.-"),
        ignore_case=True,
    )
)
_IPV6 = Kind(
    LinearPattern(
        r"(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}",
        before=not_after(WORD + ":"),
        after=not_before(WORD + ":"),
    ),
    _is_address,
)
_NUMBERS = (
    Kind(
        LinearPattern(
            rf"(?:{_OCTET}\.){{3}}{_OCTET}",
            before=not_after(WORD + "."),
            after=rf"(?:$|[^{WORD}.]|\.(?:$|[^0-9]))",
        ),
        _is_address,
    ),
    Kind(
        LinearPattern(
            r"[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?",
            before=not_after(WORD),
            after=not_before(WORD),
        ),
        _is_account,
    ),
    Kind(
        LinearPattern(
            r"[2-6][0-9]{3}(?:[ ./-]{0,2}[0-9]{3,7}){2,4}",
            before=not_after(WORD + ".,-"),
            after=not_before(_WORD_OR_DASH),
        ),
        _is_card,
    ),
    Kind(
        LinearPattern(
            r"(?:\+ ?|00)[1-9][0-9]{0,3}"
            rf"(?:{_APART}{{0,3}}(?:\([0-9]{{1,5}}\)|[0-9]{{1,5}})){{2,7}}",
            before=not_after(WORD + "+-"),
            after=not_before(WORD),
        ),
        _is_phone,
    ),
    # 202-555-0123, (202) 555-0123
    Kind(
        LinearPattern(
            rf"(?:1{_APART})?(?:\([0-9]{{3}}\) ?|[0-9]{{3}}{_APART}{{1,3}})"
            rf"[0-9]{{3}}{_APART}{{1,3}}[0-9]{{4}}",
            before=not_after(WORD + ".,-"),
            after=not_before(_WORD_OR_DASH),
        )
    ),
    # 06 12 34 56 78, 0171 1234567
    Kind(
        LinearPattern(
            rf"0[1-9](?:{_APART}{{1,3}}[0-9]{{2}}){{4}}"
            rf"|(?:\(0[0-9]{{2,4}}\)|0[0-9]{{2,4}}){_APART}{{1,3}}[0-9]{{2,4}}"
            rf"(?:{_APART}{{0,3}}[0-9]{{2,4}}){{1,3}}",
            before=not_after(WORD + ".,:+-"),
            after=not_before(_WORD_OR_DASH),
        ),
        _is_phone,
    ),
    # (11) 91234-5678, 8 (912) 345-67-89, 138-0013-8000
    Kind(
        LinearPattern(
            r"(?:[78][ -]?)?\([0-9]{2,4}\)[ -]?[0-9]{3,5}[ -][0-9]{2,4}(?:[ -]?[0-9]{2,4})?"
            r"|1[3-9][0-9][ .-][0-9]{4}[ .-][0-9]{4}",
            before=not_after(WORD + ".,:+-"),
            after=not_before(_WORD_OR_DASH),
        ),
        _is_phone,
    ),
    # 98765 43210
    Kind(
        LinearPattern(
            "[6-9][0-9]{4} [0-9]{5}",
            before=not_after(WORD + ".,:+-"),
            after=not_before(_WORD_OR_DASH),
        ),
        _is_number_in_two,
    ),
    Kind(
        LinearPattern(
            "[0-9]{3}-[0-9]{2}-[0-9]{4}",
            before=not_after(_WORD_OR_DASH),
            after=not_before(_WORD_OR_DASH),
        )
    ),
    Kind(
        LinearPattern("[0-9]{9,}", before=not_after(r"\p{N}_.,"), after=not_before(r"\p{N}_")),
        _is_long_number,
    ),
)
