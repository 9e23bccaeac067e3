"""Python, packages, TensorFlow with its GPU, compiled kernels, and other machines that train."""

from __future__ import annotations

import json
import platform
import signal
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bot.config import Settings
from bot.errors import SettingsError
from bot.operations.doctor.finding import Finding, error, ok, warning
from bot.runtime.subprocesses import child_environment
from bot.training.backends import require_dask
from bot.training.cluster.certificate_files import Role, find_certificates
from bot.training.local_trainer import (
    WHAT_HELPS,
    WITHOUT_AVX,
    WITHOUT_TENSORFLOW,
    has_tensorflow,
    lacks_avx,
)

PACKAGE = "textgen-bot"
TRAINING_PACKAGES = ("tensorflow", "keras")  # left out of the slim image
CHILD_S = 180.0
CONNECT_S = 5.0
NVIDIA_DEVICE = Path("/dev/nvidiactl")

# Imported in a child: TensorFlow takes half a gigabyte, which should go back at once.
TENSORFLOW_PROBE = """
import json
from textgen_core.training.backend import device_kind
kind = device_kind()
import tensorflow
print(json.dumps({"version": tensorflow.__version__, "device": kind}))
"""


def python_version() -> Finding:
    """Say whether this Python is one the program is made for."""
    version = platform.python_version()
    wanted = _wanted_python()
    if wanted is not None and not wanted.contains(version):
        return error("python", f"Python {version}", f"install a Python {wanted}")
    return ok("python", f"Python {version} on {platform.machine()}")


def _wanted_python() -> SpecifierSet | None:
    try:
        return SpecifierSet(metadata.metadata(PACKAGE)["Requires-Python"] or "")
    except metadata.PackageNotFoundError:
        return None


def packages() -> Finding:
    """Compare what is installed with what the program asks for."""
    try:
        version, lines = metadata.version(PACKAGE), metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return warning("packages", f"{PACKAGE} is not installed", "install it: pip install .")
    wanted = [Requirement(line) for line in lines]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    if not has_tensorflow():  # which is a finding of its own
        needed = [one for one in needed if not one.name.startswith(TRAINING_PACKAGES)]
    wrong = [text for text in map(_wrong, needed) if text]
    if wrong:
        return error("packages", "; ".join(wrong), "install again, with requirements.lock")
    return ok("packages", f"{PACKAGE} {version} and the {len(needed)} packages it needs")


def _wrong(wanted: Requirement) -> str:
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is missing"
    if wanted.specifier.contains(version, prereleases=True):
        return ""
    return f"{wanted.name} is {version}, wanted {wanted.specifier}"


def tensorflow(*, trains_elsewhere: bool = False) -> Finding:
    """Import TensorFlow in a child process and say what it trains on.

    Args:
        trains_elsewhere: other machines train for this bot, so it can do without.
    """
    if not has_tensorflow():
        if trains_elsewhere:
            return ok("tensorflow", "not installed; other machines train for this bot")
        return error("tensorflow", WITHOUT_TENSORFLOW, WHAT_HELPS)
    try:
        seen = _in_child("-c", TENSORFLOW_PROBE)
    except ChildError as failure:
        if failure.status == -signal.SIGILL or lacks_avx():
            return error("tensorflow", f"it cannot be imported: {WITHOUT_AVX}", WHAT_HELPS)
        return error(
            "tensorflow",
            f"it cannot be imported ({failure})",
            "nothing can be trained: install again, with requirements.lock",
        )
    found = f"TensorFlow {seen['version']} trains on the {seen['device'].upper()}"
    if seen["device"] == "cpu" and NVIDIA_DEVICE.exists():
        return warning(
            "tensorflow",
            f"{found}, though there is an NVIDIA GPU",
            "install the extra `gpu`, or build the image with VARIANT=gpu",
        )
    return ok("tensorflow", found)


def kernels(base: Path) -> Finding:
    """Write a text in a child process: were the kernels compiled, and can they be kept?"""
    try:
        seen = _in_child("-P", "-m", "bot.operations.doctor.kernel_probe", str(base))
    except ChildError as failure:
        return error("kernels", f"no text can be written ({failure})", "look at `base model` first")
    took = f"first text after {seen['seconds']:.1f} s"
    if seen["folder"] is None:
        return warning(
            "kernels",
            f"no folder to keep compiled kernels in, {took}",
            "each start compiles them again: let NUMBA_CACHE_DIR name a folder of the bot's",
        )
    state = "compiled just now" if seen["compiled"] else "warm"
    return ok("kernels", f"{state}, {took}, kept in {seen['folder']}")


class ChildError(Exception):
    """A child process failed; the text is its last word.

    Attributes:
        status: what it ended with; a signal's number below 0.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


def _in_child(*arguments: str) -> Any:
    """Run Python and return the JSON of its last line."""
    try:
        done = subprocess.run(
            (sys.executable, *arguments),
            capture_output=True,
            text=True,
            timeout=CHILD_S,
            env=child_environment(),
        )
        if done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        raise ChildError(f"no answer within {CHILD_S:.0f} s") from None
    except (ValueError, IndexError):
        raise ChildError("no answer") from None
    words = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
    raise ChildError(words[-1][:200], done.returncode)


def cluster(settings: Settings) -> Finding:
    """Say whether Dask, the certificates and the scheduler are there."""
    address = settings.train_scheduler
    if address is None:
        return ok("cluster", "none: this machine trains")
    try:
        require_dask()
        find_certificates(Role.BOT, address, settings.train_certs)
    except SettingsError as failure:
        return error("cluster", f"{address} cannot be used", str(failure))
    try:
        socket.create_connection((address.host, address.port), CONNECT_S).close()
    except OSError as failure:
        return warning(
            "cluster",
            f"nothing answers at {address} ({failure.strerror or failure})",
            "start `textgen-bot scheduler` there; until then trainings wait",
        )
    return ok("cluster", f"the scheduler {address} is there")
