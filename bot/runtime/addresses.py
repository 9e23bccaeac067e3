"""Where the scheduler is, and whether the way there must be encrypted."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEDULER_PORT = 8786  # Dask's
FORMS = "an address such as tls://10.0.0.2:8786 (tcp:// only on this machine)"


@dataclass(frozen=True, slots=True)
class SchedulerAddress:
    """A scheduler, such as tls://10.0.0.2:8786."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def encrypted(self) -> bool:
        """Whether both ends show a certificate."""
        return self.scheme == "tls"


def parse_address(text: str) -> SchedulerAddress:
    """Read an address.

    Raises:
        ValueError: it is none, or leads in the clear to another machine.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in ("tls", "tcp") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"the scheduler must be {FORMS}, got {text!r}")
    address = SchedulerAddress(parts.scheme, parts.hostname, parts.port or SCHEDULER_PORT)
    if not address.encrypted and not is_loopback(address.host):
        raise ValueError(
            f"{text!r} leads to another machine without encryption, where anybody could run "
            "programs: use tls://, with certificates that `textgen-bot certs` makes"
        )
    return address


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
