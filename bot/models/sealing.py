"""The filters of models' files (textgen_core/model/verbatim_filter.py), sealed by a key of this
installation.

The key lies in the data folder and in nothing that leaves it: no model, no export, no
backup, no parcel to another machine. Without it nobody can ask a filter what was said.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bot.errors import StorageError
from bot.runtime.data_folder import DataFolder
from textgen_core.errors import CheckpointError, FilterKeyError
from textgen_core.model.checkpoint import write_atomically
from textgen_core.model.filter_key import FilterKey, key_at
from textgen_core.model.privacy import (
    filter_in,
    for_keeping,
    for_others,
    needs_keeping,
    sealed_by,
)

log = logging.getLogger(__name__)


class Sealing:
    """Seals what the data folder keeps; the key is drawn when there is none.

    Raises:
        StorageError: the key is damaged, or cannot be read or written.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        try:
            key = key_at(folder.filter_key, make=True)
        except FilterKeyError as error:
            raise StorageError(f"The models' filters cannot be opened: {error}.") from None
        assert key is not None
        self.key: FilterKey = key

    def seal_trained(self, train_job_id: int) -> None:
        """Seal the filter of a job's checkpoint, which then knows what its base's knew, too.

        Doing it twice is harmless. A damaged checkpoint stays as it is, for whoever loads
        it to refuse.
        """
        trained, base = self._folder.trained(train_job_id), self._folder.base(train_job_id)
        try:
            known = self.key.open(filter_in(base)) if base.exists() else None
            content = for_keeping(trained.read_bytes(), self.key, known)
        except FileNotFoundError:
            return  # published already
        except CheckpointError as error:
            log.warning("train job %d: its filter cannot be sealed: %s", train_job_id, error)
            return
        if content is not None:
            write_atomically(content, trained)

    def sealed(self, content: bytes) -> bytes:
        """Return a model's file that came from elsewhere, with its filter sealed.

        One that another key has sealed is of no use here, and goes.

        Raises:
            CheckpointError: it is no model.
        """
        content = for_keeping(content, self.key) or content
        return content if sealed_by(content) in (None, self.key.id) else for_others(content)

    def seal_given(self, path: Path) -> None:
        """Seal the filter of a model's file that came from elsewhere; see ``sealed``.

        Raises:
            CheckpointError: it is no model.
        """
        write_atomically(self.sealed(path.read_bytes()), path)

    def seal_files(self, paths: Iterable[Path]) -> int:
        """Seal models' files that lie open; return how many did.

        Versions of this program before the key wrote such files, with n-grams of what one
        person had said, which go.
        """
        return sum(map(self._seal_file, paths))

    def _seal_file(self, path: Path) -> bool:
        try:
            if not needs_keeping(path):
                return False
            content = for_keeping(path.read_bytes(), self.key)
        except (CheckpointError, OSError) as error:
            log.warning("%s cannot be sealed: %s", path.name, type(error).__name__)
            return False
        if content is not None:
            write_atomically(content, path)
        return content is not None


def foreign_keys(folder: DataFolder, paths: Iterable[Path]) -> Counter[str]:
    """Return the ids of keys that models are sealed by and the data folder lacks.

    Raises:
        StorageError: the folder's key is damaged.
    """
    try:
        key = key_at(folder.filter_key, make=False)
    except FilterKeyError as error:
        raise StorageError(f"The models' filters cannot be opened: {error}.") from None
    found: Counter[str] = Counter()
    for path in paths:
        try:
            seen = filter_in(path)
        except (CheckpointError, OSError):
            continue  # whoever loads it says what is wrong with it
        if seen and seen.seal and (key is None or seen.seal.key_id != key.id):
            found[seen.seal.key_id] += 1
    return found
