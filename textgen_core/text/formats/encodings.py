"""Which characters a file's bytes are: UTF-8, UTF-16, or what was usual before them."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from textgen_core.errors import CorpusError

_BLOCK_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 15
# What people's files are in. More would be guessed more often than they occur.
_LIKELY = [
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258"),
    *("iso8859-2", "iso8859-5", "iso8859-6", "iso8859-9", "koi8-r", "koi8-u"),
    *("cp437", "cp850", "cp852", "cp866", "mac-roman", "mac-cyrillic"),
    *("cp932", "euc_jis_2004", "iso2022_jp_2", "gb18030", "big5hkscs", "cp949"),
]
_ENOUGH_BYTES = 40  # beyond ASCII, to tell languages by how frequent theirs are
# The letters and signs of western Europe, which a guess by frequencies takes for others' when a
# file has few of them. Of eastern languages some letter always stands outside of this list.
_WESTERN = frozenset(
    "äöüßéèêëàâáãåæçíìîïñóòôõøúùûœÄÖÜÉÈÊËÀÂÁÃÅÆÇÍÌÎÏÑÓÒÔÕØÚÙÛŒ¡¿ªº«»“”„‘’–—…•€£¥°§·´\xa0²³½¼©®×"
)
_FREQUENT = frozenset("äöüßÄÖÜéèàâêçñáíóúãõ")
# Of Windows, of DOS and of old Macs; of the older ones the frequent letters count alone.
_WESTERN_ENCODINGS = {"cp1252": _WESTERN, "cp850": _FREQUENT, "mac_roman": _FREQUENT}
# What no word of those languages has: a capital after a small letter, a sign between letters.
_ODD = re.compile(r"[a-zà-öø-ÿ][À-ÖØ-Þ]|[^\W\d_][¡¿ª«»“”„–—…•€£¥§·´\xa0²³½¼©®×][^\W\d_]")
_FEW = 0.4  # of the letters; Greek and Cyrillic texts have hardly any others
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# No encoding of texts writes these, nor do chats to colour theirs.
_CONTROLS = bytes(
    {*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1a\x1b", *b"\x02\x03\x0f\x11\x16\x1d\x1e\x1f"}
)
_USUAL = ' \n\t.,:"[]{}'
_MOST_CONTROLS = 0.02  # of packed data, whatever program packed it, 0.06
# Files that people mistake for texts, by what they begin with.
_KNOWN_BYTES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a sound, a picture or a film"),
    (b"OggS", "a sound"),
    (b"ID3", "a sound"),
    (
        b"SQLite format 3\0",
        "an SQLite database, such as Discord History Tracker's: get the texts out of it as JSON, "
        "by sqlite3 -json FILE 'SELECT sender_id AS author_id, text AS content FROM messages'",
    ),
    (b"\x89HDF", "a file of weights"),
    (b"7z\xbc\xaf", "a 7-Zip archive: pack it as .zip"),
    (b"Rar!", "a RAR archive: pack it as .zip"),
    (b"BZh", "a bzip2 archive: pack it as .zip or .gz"),
    (b"\xfd7zXZ", "an xz archive: pack it as .zip or .gz"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: pack it as .zip or .gz"),
    (b"\xd0\xcf\x11\xe0", "an Office document: save it as text or CSV"),
)


def check_is_text(head: bytes, name: str) -> None:
    """Raise a CorpusError for what begins like no text."""
    for beginning, what in _KNOWN_BYTES:
        if head.startswith(beginning):
            raise CorpusError(f"{name} is {what}")
    if _bom(head) or _wide_without_bom(head):
        return
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if b"\0" in head or controls > _MOST_CONTROLS * len(head):
        raise CorpusError(f"{name} is not text: it holds bytes that no text has")


def encoding_of(file: BinaryIO) -> str:
    """Return the name of a file's encoding; all of it is looked at.

    ``utf-8`` stands for a file with a few damaged characters as well.
    """
    head = file.read(_SAMPLE_BYTES)
    found = _bom(head) or _wide_without_bom(head)
    if found:
        return found
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = head
    while True:
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            return _legacy(block + file.read(_SAMPLE_BYTES))
        if not block:
            return "utf-8"
        block = file.read(_BLOCK_BYTES)


def _bom(head: bytes) -> str | None:
    return next((name for bom, name in _BOMS if head.startswith(bom)), None)


def _wide_without_bom(head: bytes) -> str | None:
    """Return UTF-16 in the order of its bytes, if that is what a text without a mark is in.

    In the wrong order there are none of the spaces and marks that any text has.
    """
    if b"\0" not in head:
        return None
    spaces = {name: _spaces(head, name) for name in ("utf-16-le", "utf-16-be")}
    name = max(spaces, key=lambda name: spaces[name])
    return name if spaces[name] > 0.01 and spaces[name] > 10 * min(spaces.values()) else None


def _spaces(head: bytes, encoding: str) -> float:
    """Return the share of spaces and usual marks in a text, 0 where it is none."""
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    if "\0" in text or text.count("\N{REPLACEMENT CHARACTER}") > 1:
        return 0.0
    return sum(text.count(char) for char in _USUAL) / max(1, len(text))


def _legacy(block: bytes) -> str:
    """Return the encoding that a part of a file, which is no UTF-8, is most likely in."""
    lines = [line for line in block.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:_SAMPLE_BYTES]
    decoded = sample.decode("utf-8", "replace")
    damaged = decoded.count("\N{REPLACEMENT CHARACTER}")
    sound = sum(not char.isascii() for char in decoded) - damaged
    if sound > 10 * damaged:
        return "utf-8"
    texts = {name: sample.decode(name, "replace") for name in _WESTERN_ENCODINGS}
    western = [name for name, text in texts.items() if _is_western(text, _WESTERN_ENCODINGS[name])]
    if "cp1252" in western and not _ODD.search(texts["cp1252"]):
        return "cp1252"  # by far the most frequent
    if western and sum(byte > 0x7F for byte in sample) < _ENOUGH_BYTES:
        return max(western, key=lambda name: _small_letters(texts[name]))
    from chardet import detect  # 0.8 s, for the few files that need it

    found = detect(sample, include_encodings=_LIKELY, compat_names=False)["encoding"]
    return found or "cp1252"


def _is_western(text: str, usual: frozenset[str]) -> bool:
    foreign = [char for char in text if not char.isascii()]
    foreign_letters = sum(char.isalpha() for char in foreign)
    letters = max(1, sum(char.isalpha() for char in text))
    return usual.issuperset(foreign) and foreign_letters < _FEW * letters


def _small_letters(text: str) -> int:
    """Return how many of the letters beyond ASCII are small ones, as most in any text are."""
    return sum(char.islower() for char in text if not char.isascii())
