"""Archives of tar, as Skype and Zulip give them: brought into the one form that is read."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from textgen_core.errors import CorpusError
from textgen_core.text.formats.archives import MAX_MEMBERS, MAX_UNPACKED_BYTES, is_wanted

MAX_HEADER_BYTES = 1 << 20  # of a long name; tarfile takes as much memory as a header asks for
_MAGIC = b"ustar"
_MAGIC_AT = 257
_BLOCK_BYTES = 1 << 20
_LONG = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)


class _Member(tarfile.TarInfo):
    """A member whose header is not longer than any name."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _LONG and self.size > MAX_HEADER_BYTES:
            raise CorpusError("it has a header that is longer than any name")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]


def is_tar(opener: Callable[[], BinaryIO]) -> bool:
    """Say whether a file is an archive of tar."""
    with opener() as file:
        head = file.read(_MAGIC_AT + len(_MAGIC))
    return head[_MAGIC_AT:] == _MAGIC


def as_zip(opener: Callable[[], BinaryIO], name: str) -> BinaryIO:
    """Return a .zip on the disk, without a name, of the texts in an archive of tar.

    Raises:
        CorpusError: it is damaged or too large.
    """
    copy = cast(BinaryIO, TemporaryFile())  # noqa: SIM115 (whoever asked closes it)
    try:
        with zipfile.ZipFile(copy, "w") as zipped, opener() as file:
            _pour(file, zipped, name)
    except BaseException as error:
        copy.close()
        if isinstance(error, tarfile.TarError | EOFError):
            raise CorpusError(f"{name} cannot be read: {error}") from error
        raise
    copy.seek(0)
    return copy


def _pour(file: BinaryIO, zipped: zipfile.ZipFile, name: str) -> None:
    """Copy what may hold messages, each member as it comes: none is kept in memory."""
    left, count = MAX_UNPACKED_BYTES, 0
    with tarfile.open(fileobj=file, mode="r|", tarinfo=_Member) as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]
            count += 1
            if count > MAX_MEMBERS:
                raise CorpusError(f"{name} holds more than {MAX_MEMBERS:,} files")
            if not member.isfile() or not is_wanted(member.name):
                continue
            left -= member.size
            if left < 0:
                raise CorpusError(f"{name} is too large: unpacked it has more than 2 GiB")
            _copy(archive, member, zipped)


def _copy(archive: tarfile.TarFile, member: tarfile.TarInfo, zipped: zipfile.ZipFile) -> None:
    source = archive.extractfile(member)
    if source is None:
        return
    with zipped.open(zipfile.ZipInfo(member.name[-200:]), "w", force_zip64=True) as target:
        while block := source.read(_BLOCK_BYTES):
            target.write(block)
