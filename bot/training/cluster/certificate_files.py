"""Which certificates each role has, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.errors import SettingsError
from bot.runtime.addresses import SchedulerAddress

CA_FILE = "ca.pem"


class Role(StrEnum):
    """Who shows a certificate."""

    SCHEDULER = "scheduler"
    WORKER = "worker"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """The authority that a role believes, and its own certificate together with its key."""

    authority: Path
    own: Path


def certificate_file(role: Role) -> str:
    """The name of the file with a role's certificate and its key."""
    return f"{role}.pem"


def find_certificates(
    role: Role, address: SchedulerAddress, certs: Path | None
) -> CertificateFiles | None:
    """Return what a role needs at an address, None where the way there is not encrypted.

    Raises:
        SettingsError: certificates are needed and not there.
    """
    if not address.encrypted:
        return None
    if certs is None:
        raise SettingsError(
            f"{address} needs certificates: make them by `textgen-bot certs DIR` and set "
            "TRAIN_CERTS=DIR."
        )
    files = CertificateFiles(certs / CA_FILE, certs / certificate_file(role))
    for path in (files.authority, files.own):
        if not path.is_file():
            raise SettingsError(
                f"The certificate {path} is missing: copy it there from where "
                "`textgen-bot certs` made it, or correct TRAIN_CERTS."
            )
    return files
