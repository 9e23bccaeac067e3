"""The key without which a filter of a training text (model/verbatim_filter.py) is noise.

The bot has one in its data folder (bot/runtime/data_folder.py), ``textgen`` one for each
user of a machine. It never lies in a model's file: whoever is given the file alone, or
steals it, can ask its filter nothing.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textgen_core.errors import FilterKeyError
from textgen_core.model.verbatim_filter import Seal, VerbatimFilter

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

logger = logging.getLogger(__name__)

SECRET_BYTES = 32


class FilterKey:
    """Seals filters, and opens those that it has sealed.

    Args:
        secret: 32 random bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a key must have {SECRET_BYTES} bytes, got {len(secret)}")
        self._secret = secret

    @property
    def id(self) -> str:
        """12 hexadecimal digits that tell this key from others."""
        return hashlib.blake2b(self._secret, digest_size=6, person=b"textgen key id").hexdigest()

    def seal(self, seen: VerbatimFilter) -> VerbatimFilter:
        """Return a filter with its bits encrypted; one that is sealed stays as it is."""
        if seen.seal:
            return seen
        nonce = secrets.token_bytes(12)
        sealed = self._cipher().encrypt(nonce, seen.bits.tobytes(), _told(seen))
        size = seen.bits.size
        bits = np.frombuffer(sealed, np.uint8, size)
        return replace(seen, bits=bits, seal=Seal(self.id, nonce, sealed[size:]))

    def open(self, seen: VerbatimFilter | None) -> VerbatimFilter | None:
        """Return a filter that can be asked; None where there is none, or of another key."""
        if seen is None or seen.seal is None:
            return seen
        if seen.seal.key_id != self.id:
            return None
        from cryptography.exceptions import InvalidTag

        try:
            opened = self._cipher().decrypt(
                seen.seal.nonce, seen.bits.tobytes() + seen.seal.tag, _told(seen)
            )
        except InvalidTag:
            return None
        return replace(seen, bits=np.frombuffer(opened, np.uint8), seal=None)

    def derived(self, purpose: str) -> DerivedKey:
        """Return a key of another purpose, by which nothing of this one can be told."""
        digest = hashlib.blake2b(purpose.encode(), key=self._secret, person=b"textgen derived")
        return DerivedKey(digest.digest())

    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._secret)


class DerivedKey:
    """Encrypts short contents, and tells names apart without naming them.

    Args:
        secret: 64 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(secret[:SECRET_BYTES])
        self._digest_key = secret[SECRET_BYTES:]

    def seal(self, content: bytes, told: bytes) -> bytes:
        """Return an encrypted content; ``told`` must be given again to open it."""
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, content, told)

    def open(self, sealed: bytes, told: bytes) -> bytes | None:
        """Return what was sealed; None if another key, or for something else, has done it."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], told)
        except (InvalidTag, ValueError):
            return None

    def digest(self, *parts: object) -> bytes:
        """Return 8 bytes that stand for some parts, for whoever has the key alone."""
        text = "\0".join(map(str, parts)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._digest_key, digest_size=8).digest()


def _told(seen: VerbatimFilter) -> bytes:
    """Return what is not encrypted of a filter, and must not be changed either."""
    return f"run_chars={seen.run_chars}".encode()


def key_at(path: Path, *, make: bool) -> FilterKey | None:
    """Read a key out of its file, which only its owner may read.

    Args:
        path: of the file.
        make: draw a key where there is none; two processes that do so at once get the same.

    Returns:
        The key, or None if there is none and none is to be made.

    Raises:
        FilterKeyError: the file holds something else, or cannot be read or written.
    """
    try:
        if make and not path.exists():
            _draw(path)
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise FilterKeyError(f"the key {path} cannot be read or made: {reason}") from error
    try:
        return FilterKey(bytes.fromhex(text))
    except ValueError as error:
        raise FilterKeyError(
            f"{path} holds no key of {SECRET_BYTES} bytes in hexadecimal digits: put the former"
            " file back, or move it away to have another key made"
        ) from error


def _draw(path: Path) -> None:
    """Write a new key, unless another process is first; it is whole as soon as it is there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def users_key_path() -> Path:
    """Return where the key of this machine's user lies (XDG Base Directory Specification)."""
    data = os.environ.get("XDG_DATA_HOME")
    folder = Path(data) if data else Path.home() / ".local" / "share"
    return folder / "textgen" / "filter.key"


def users_key(*, make: bool = False) -> FilterKey | None:
    """Return the key of this machine's user; arguments and errors are those of ``key_at``."""
    return key_at(users_key_path(), make=make)


def opened(seen: VerbatimFilter | None, key: FilterKey | None = None) -> VerbatimFilter | None:
    """Return a filter that can be asked, None where there is none or no key for it.

    Args:
        seen: sealed or open.
        key: None for the one of this machine's user.
    """
    if seen is None or seen.seal is None:
        return seen
    try:
        key = key or users_key()
    except FilterKeyError as error:
        logger.warning("%s", error)
    found = key.open(seen) if key else None
    if found is None:
        logger.warning(
            "the filter of this model was sealed by the key %s, which is not here: nothing keeps"
            " it from repeating its training text",
            seen.seal.key_id,
        )
    return found
