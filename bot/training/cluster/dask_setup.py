"""How this program has Dask set up; imported where Dask is, never in the bot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dask
from distributed import Security

from bot.runtime.addresses import SchedulerAddress
from bot.training.cluster.certificate_files import Role, find_certificates

_CONFIG = {
    # Three machines may be switched off during one job; trainer.py says when it is enough.
    "distributed.scheduler.allowed-failures": 1000,
    "distributed.scheduler.worker-ttl": "60s",  # a machine that falls silent is given up
    "distributed.scheduler.work-stealing": False,
    "distributed.admin.large-graph-warning-threshold": "1GB",  # a corpus goes with its job
    "distributed.comm.timeouts.connect": "10s",
    "distributed.comm.timeouts.tcp": "30s",
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.diagnostics.nvml": False,
}


def configure() -> None:
    """Set what differs from Dask's defaults, for this process."""
    dask.config.set(_CONFIG)


def security_for(role: Role, address: SchedulerAddress, certs: Path | None) -> Security:
    """Return what a role shows to the others, and whom it believes.

    Raises:
        SettingsError: certificates are needed and not there.
    """
    files = find_certificates(role, address, certs)
    if files is None:
        return Security(require_encryption=False)
    own = {f"tls_{name}_cert": str(files.own) for name in ("client", "scheduler", "worker")}
    return Security(require_encryption=True, tls_ca_file=str(files.authority), **own)


_HARMLESS = {("builtins", "bytes")}  # the type of what our task returns


def refuse_pickles() -> None:
    """From now on, for good, pickles hold plain values in this process, or are refused."""
    sys.addaudithook(_look)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class" and tuple(arguments[:2]) not in _HARMLESS:
        raise RuntimeError(f"a pickle that names {arguments[0]}.{arguments[1]} is refused")
