"""HTTPS: the authority of one's own, what the certificate is good for, and what is refused."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from gateway.app.certificates import CertificateFiles, make_certificate, take_certificate
from gateway.app.footing import CannotRun
from gateway.app.serving import certificate_of
from gateway.settings import Settings
from tests.peers.certificates import authority

NOW = datetime.now(UTC)


def verified(files: CertificateFiles, name: x509.GeneralName) -> None:
    """Raises unless a verifier that trusts the authority accepts the certificate for that name."""
    chain = x509.load_pem_x509_certificates(files.cert.read_bytes())
    store = Store([x509.load_pem_x509_certificate(files.ca.read_bytes())])
    PolicyBuilder().store(store).time(NOW).build_server_verifier(name).verify(chain[0], chain[1:])


def test_the_certificate_is_accepted_for_its_names_only(tmp_path: Path) -> None:
    files = make_certificate(tmp_path, ["video.example", "192.0.2.10"], NOW)
    verified(files, x509.DNSName("video.example"))
    verified(files, x509.IPAddress(ip_address("192.0.2.10")))
    with pytest.raises(x509.verification.VerificationError):
        verified(files, x509.DNSName("other.example"))


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    files = make_certificate(tmp_path, ["video.example"], NOW)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (files.key, files.ca_key)] == [0o600, 0o600]


def test_renewing_keeps_the_authority(tmp_path: Path) -> None:
    first = make_certificate(tmp_path, ["video.example"], NOW)
    trusted, shown = first.ca.read_bytes(), first.cert.read_bytes()
    again = make_certificate(tmp_path, ["video.example"], NOW + timedelta(days=200))
    assert again.ca.read_bytes() == trusted
    assert again.cert.read_bytes() != shown


def test_an_authority_that_would_end_before_the_certificate_is_made_anew(tmp_path: Path) -> None:
    trusted = make_certificate(tmp_path, ["video.example"], NOW).ca.read_bytes()
    late = make_certificate(tmp_path, ["video.example"], NOW + timedelta(days=3400))
    assert late.ca.read_bytes() != trusted


def test_no_certificate_outlives_what_browsers_accept(tmp_path: Path) -> None:
    shown = x509.load_pem_x509_certificate(make_certificate(tmp_path, ["a.example"], NOW).cert.read_bytes())
    assert shown.not_valid_after_utc - shown.not_valid_before_utc <= timedelta(days=398)


@pytest.mark.parametrize(("names", "sentence"), [([], "add --name"), (["a..b"], "neither a host name nor an address")])
def test_names_that_cannot_be_are_refused(tmp_path: Path, names: list[str], sentence: str) -> None:
    with pytest.raises(CannotRun, match=sentence):
        make_certificate(tmp_path, names, NOW)


def test_a_certificate_of_ones_own_is_taken(tmp_path: Path) -> None:
    given = authority(tmp_path / "given")
    taken = take_certificate(tmp_path, given.cert, given.key)
    assert taken.cert.read_bytes() == given.cert.read_bytes()
    assert stat.S_IMODE(taken.key.stat().st_mode) == 0o600
    shown = certificate_of(Settings(data=tmp_path))
    assert shown is not None
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(shown.cert, shown.key)


def test_a_certificate_and_the_key_of_another_are_refused(tmp_path: Path) -> None:
    one, other = authority(tmp_path / "one"), authority(tmp_path / "other")
    with pytest.raises(CannotRun, match="not a certificate and its key"):
        take_certificate(tmp_path, one.cert, other.key)


def test_r27_other_machines_are_served_over_tls_or_not_at_all(tmp_path: Path) -> None:
    open_to_others = {"host": "0.0.0.0", "port": 0}
    with pytest.raises(CannotRun, match="gateway init"):
        certificate_of(Settings.model_validate({"data": tmp_path, "server": open_to_others}))
    behind_a_proxy = Settings.model_validate({"data": tmp_path, "server": {**open_to_others, "plain_http": True}})
    assert certificate_of(behind_a_proxy) is None
    assert certificate_of(Settings(data=tmp_path)) is None
    make_certificate(tmp_path, ["192.0.2.10"], NOW)
    assert certificate_of(Settings.model_validate({"data": tmp_path, "server": open_to_others})) is not None
