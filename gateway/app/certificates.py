"""A certificate authority of the installation's own, and the certificate that the gateway shows to browsers.

The authority signs only this gateway's certificate. Whoever trusts it trusts whoever holds its key, so the key stays in
the data folder, readable by its owner alone; an installation that has an authority already brings its own certificate.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.app.footing import CannotRun, private_file

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397
"""Browsers refuse certificates that are valid for longer than 398 days (CA/Browser Forum baseline 6.3.2)."""


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files: the certificate with its key, and the authority that browsers are to trust ("" of one's own: None)."""

    cert: Path
    key: Path
    ca: Path
    ca_key: Path


def certificate_files(data: Path) -> CertificateFiles:
    """Where ``gateway init`` keeps them in a data folder."""
    folder = data / "tls"
    return CertificateFiles(folder / "cert.pem", folder / "key.pem", folder / "ca.pem", folder / "ca-key.pem")


def make_certificate(data: Path, names: Sequence[str], at: datetime) -> CertificateFiles:
    """A certificate for these host names and addresses, signed by the folder's authority, which is made if need be.

    Run again it renews the certificate and keeps the authority, so that no browser has to be told anew.
    Raises ``CannotRun``.
    """
    if not names:
        raise CannotRun("no name was given: add --name with the host name or address that browsers will use")
    files = certificate_files(data)
    files.cert.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _authority(files, at)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(_named(names[0]), authority.subject, key.public_key(), at, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
            critical=False,
        )
    )
    signed = builder.sign(authority_key, hashes.SHA256())
    private_file(files.key, _private(key))
    chain = signed.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    files.cert.write_bytes(chain)
    return files


def take_certificate(data: Path, cert: Path, key: Path) -> CertificateFiles:
    """Copies a certificate of somebody else's authority into the data folder. Raises ``CannotRun`` if it is no pair."""
    try:
        certificate, secret = cert.read_bytes(), key.read_bytes()
    except OSError as problem:
        raise CannotRun(f"{problem.filename} cannot be read: {problem.strerror}") from None
    files = certificate_files(data)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=lambda: "")
    except (ssl.SSLError, ValueError) as problem:
        raise CannotRun(f"{cert} and {key} are not a certificate and its key without a password: {problem}") from None
    files.cert.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private_file(files.key, secret.decode("ascii"))
    files.cert.write_bytes(certificate)
    return files


def _authority(files: CertificateFiles, at: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    if files.ca.exists() and files.ca_key.exists():
        found = load_pem_private_key(files.ca_key.read_bytes(), None)
        authority = x509.load_pem_x509_certificate(files.ca.read_bytes())
        if not isinstance(found, ec.EllipticCurvePrivateKey) or found.public_key() != authority.public_key():
            raise CannotRun(f"{files.ca_key} is not the key of {files.ca}: bring back the right one, or remove both")
        if authority.not_valid_after_utc - timedelta(days=CERTIFICATE_DAYS) > at:
            return authority, found
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("Sharp Eyes Gateway local authority")
    builder = (
        _builder(name, name, key.public_key(), at, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    authority = builder.sign(key, hashes.SHA256())
    private_file(files.ca_key, _private(key))
    files.ca.write_bytes(authority.public_bytes(Encoding.PEM))
    return authority, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # a browser whose clock is a little slow must not find it not yet valid
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=days) - timedelta(hours=1))
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode("ascii"))
    except UnicodeError:
        raise CannotRun(f"{name!r} is neither a host name nor an address: correct --name") from None


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
