"""The data folder, its disk and database, the base model, and .env."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from pathlib import Path

from bot.errors import StorageError
from bot.operations.doctor.finding import Finding, error, ok, warning
from bot.runtime.data_folder import DataFolder
from bot.storage.offline import database_version, newest_version
from textgen_core import CheckpointError, load_checkpoint
from textgen_core.model.bundled import SHIPPED, model_path

LOW_BYTES, LEAST_BYTES = 2 * 10**9, 200 * 10**6
OTHERS = stat.S_IRWXG | stat.S_IRWXO
CHECKSUMS = "SHA256SUMS"


def data_folder(folder: DataFolder) -> Finding:
    """Say whether the bot, and it alone, can use its folder."""
    root = folder.root.absolute()
    place = _nearest_existing(root)
    # Asking the mode is not enough: a disk may be read-only, and root may do anything.
    if not place.is_dir() or not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        return error(
            "data folder",
            f"DATA_DIR {root} cannot be written by user {os.getuid()}",
            f"chown -R {os.getuid()} {place}, or let DATA_DIR name another folder",
        )
    if place != root:
        return ok("data folder", f"DATA_DIR {root} will be made at the first start")
    if root.stat().st_mode & OTHERS:
        return warning(
            "data folder",
            f"DATA_DIR {root} can be read by other users of this machine",
            f"chmod 700 {root}",
        )
    return ok("data folder", f"DATA_DIR {root} is writable and private")


def free_disk(folder: DataFolder) -> Finding:
    """Say how much room is left where the data folder is."""
    free = shutil.disk_usage(_nearest_existing(folder.root.absolute())).free
    found = f"{free / 1e9:.1f} GB free"
    advice = "a training needs room for the texts it reads and two models: free some space"
    if free < LEAST_BYTES:
        return error("disk", found, advice)
    return warning("disk", found, advice) if free < LOW_BYTES else ok("disk", found)


def database(folder: DataFolder) -> Finding:
    """Check every page of the database, and whether this program knows its version."""
    if not folder.database.exists():
        return ok("database", "none yet: the first start makes it")
    try:
        version = database_version(folder.database, check=True)
    except (StorageError, sqlite3.Error) as failure:
        return error("database", str(failure), "stop the bot and `textgen-bot restore` a backup")
    newest = newest_version()
    if version > newest:
        return error(
            "database",
            f"version {version}, this program knows {newest}",
            "run the newer program again, or restore an older backup",
        )
    if version < newest:
        return ok("database", f"sound, version {version}; the next start makes it {newest}")
    return ok("database", f"sound, version {version}")


def base_model(name: Path) -> Finding:
    """Compare a model that ships with its checksum; load another that the admin has named."""
    ships = str(name) in SHIPPED
    try:
        model = model_path(name)
        checkpoint = load_checkpoint(model)
    except CheckpointError as failure:
        advice = "install again" if ships else "correct BASE_MODEL"
        return error("base model", str(failure), advice)
    if not ships:
        return ok("base model", f"{model}, {checkpoint.vocabulary.size} ids")
    expected = _checksum(model)
    actual = hashlib.sha256(model.read_bytes()).hexdigest()
    if expected is None:
        return warning("base model", f"no {CHECKSUMS} beside {model}", "install again")
    if actual != expected:
        return error("base model", f"{model} has SHA-256 {actual}", "install again")
    return ok("base model", f"{name}, which ships, SHA-256 {actual[:12]}…")


def _checksum(model: Path) -> str | None:
    try:
        lines = model.with_name(CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    sums = {name.lstrip("*"): digest for digest, name in (line.split() for line in lines)}
    return sums.get(model.name)


def env_file(path: Path = Path(".env")) -> Finding:
    """Say whether others can read the token."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return ok("settings", "no .env here: they come from the environment alone")
    if mode & OTHERS:
        return warning(
            "settings",
            f"{path} can be read by other users of this machine (mode {mode:04o})",
            f"chmod 600 {path}",
        )
    return ok("settings", f"{path} is private")


def _nearest_existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
