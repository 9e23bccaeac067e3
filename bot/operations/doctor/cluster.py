"""Whether training on other machines can work."""

from __future__ import annotations

import socket

from bot.config import Settings
from bot.errors import SettingsError
from bot.operations.doctor.finding import Finding, error, ok, warning
from bot.training.backends import require_dask
from bot.training.cluster.certificate_files import Role, find_certificates

_CONNECT_S = 5.0


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
        socket.create_connection((address.host, address.port), _CONNECT_S).close()
    except OSError as failure:
        return warning(
            "cluster",
            f"nothing answers at {address} ({failure.strerror or failure})",
            "start `textgen-bot scheduler` there; until then trainings wait",
        )
    return ok("cluster", f"the scheduler {address} is there")
