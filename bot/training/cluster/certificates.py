"""The certificates by which scheduler, workers and bot know each other."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.errors import UserError
from bot.runtime.data_folder import private
from bot.training.cluster.certificate_files import CA_FILE, Role, certificate_file

_CA_KEY_FILE = "ca-key.pem"
_LIFETIME = timedelta(days=3650)
_CLOCKS_DIFFER = timedelta(days=1)


def make_certificates(folder: Path) -> list[Path]:
    """Make an authority and a certificate for each role; return the files.

    The files are readable for their owner alone. The authority's key is written too,
    so that more certificates can be made; no program needs it to run.

    Raises:
        UserError: there are certificates already.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("textgen-bot authority", key.public_key(), None, key)
    written = [
        _write(folder / _CA_KEY_FILE, _key_pem(key)),
        _write(folder / CA_FILE, _pem(authority)),
    ]
    for role in Role:
        own = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(f"textgen-bot {role}", own.public_key(), authority, key)
        written.append(_write(folder / certificate_file(role), _pem(made) + _key_pem(own)))
    return written


def _certificate(
    name: str,
    public_key: ec.EllipticCurvePublicKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(_usage(is_authority=issuer is None), critical=True)
    )
    if issuer is not None:
        # Dask's scheduler and workers are called and call.
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, data: bytes) -> Path:
    try:
        with os.fdopen(private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise UserError(
            "{path} is there already: give another folder, or remove the old certificates.",
            path=path,
        ) from None
    return path
