"""Every setting with its default: one class for each section."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gateway.disk import RESERVE_MB
from gateway.domain.audit import available
from gateway.domain.scans import PRIVATE, networks
from gateway.fleet.address import parse_address
from gateway.settings.directory import Ldap
from gateway.settings.section import Section
from gateway.storage.store import database_url


class Server(Section):
    """Where the gateway listens, the address by which browsers know it, the certificate it shows, which proxies may
    say for whom they ask, and the file with the token for /metrics.

    Without a certificate it listens on loopback only, unless ``plain_http`` says that something before it ends TLS.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    metrics_token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    plain_http: bool = False
    proxies: tuple[str, ...] = ()


class Workers(Section):
    """How many workers to start as children, or where workers that somebody else starts are listening."""

    count: int | None = Field(default=None, ge=0, le=64)
    listen: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None

    @field_validator("listen")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            parse_address(address)
        return value

    @property
    def children(self) -> int:
        """Workers to start: none if others are listed, else one for each of at most four cores."""
        if self.count is not None:
            return self.count
        return 0 if self.listen else max(1, min(4, os.cpu_count() or 1))


class Detection(Section):
    """How much may be spent on decoding, by which rules, and on how many cameras (None: all)."""

    budget_cores_fraction: float = Field(default=0.4, gt=0, le=1)
    budget_cores: float | None = Field(default=None, gt=0)
    budget_lifted: bool = False
    rules: Path | None = None
    extra_rules: Path | None = None
    max_cameras: int | None = Field(default=None, ge=0)
    first: tuple[str, ...] = ()

    @property
    def cores(self) -> float:
        """Cores that all workers together may spend on decoding and detection."""
        if self.budget_lifted:
            return 1000.0
        return self.budget_cores or self.budget_cores_fraction * (os.cpu_count() or 1)


class Evidence(Section):
    """How much evidence is kept: megabytes in all, megabytes of the disk that it leaves free for the database, and
    days for candidates that nobody confirmed.
    """

    quota_mb: int = Field(default=20_480, ge=10)
    reserve_mb: int = Field(default=RESERVE_MB, ge=0)
    retention_days_unconfirmed: float = Field(default=30, gt=0)


class Discovery(Section):
    """Which networks may be scanned for devices; this machine's own loopback only if it is named."""

    networks: tuple[str, ...] = PRIVATE

    @field_validator("networks")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if networks(value) else ()


class District(Section):
    """What differs from district to district: the townships of its seat, and the first digits of its cameras' ids."""

    seat_townships: tuple[str, ...] = ()
    gb_prefix: str = Field(default="", pattern=r"^([0-9]{8})?$")


class Sessions(Section):
    """How long a sign-in lasts, when an untouched console locks, and who must prove more than a password."""

    hours: float = Field(default=12, gt=0, le=24 * 30)
    idle_minutes: float = Field(default=15, gt=0, le=24 * 60)
    second_factor: Literal["required", "offered"] = "required"
    breached: Path | None = None


class Accounts(Section):
    """For how many days a pledge of secrecy and a training count, and when to remind of their end."""

    pledge_days: float = Field(default=365, gt=0)
    training_days: float = Field(default=365, gt=0)
    remind_days: float = Field(default=30, ge=0)


class Oversight(Section):
    """Whether anybody may see the public page, and whom it names to turn to."""

    public_page: bool = False
    contact: str = Field(default="", max_length=200)


class Audit(Section):
    """What new audit lines are hashed with, and the public keys of other gateways whose signed roots count."""

    algorithm: Literal["sha256", "sm3"] = "sha256"
    public_keys: tuple[str, ...] = ()

    @field_validator("algorithm")
    @classmethod
    def _algorithm(cls, value: str) -> str:
        if not available(value):
            raise ValueError(f"this Python's OpenSSL does not have {value}: use sha256")
        return value

    @field_validator("public_keys")
    @classmethod
    def _public_keys(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            if not re.fullmatch(r"[0-9a-fA-F]{64}", key):
                raise ValueError("write each public key as 64 hexadecimal digits, as `gateway audit key` prints it")
        return value


class Exports(Section):
    """How many hours and cameras one export may span, and for how many hours it can be fetched once it is approved."""

    span_hours: float = Field(default=24, gt=0, le=24 * 7)
    cameras: int = Field(default=50, ge=1, le=500)
    fetch_hours: float = Field(default=72, gt=0, le=72)


class SingleSignOn(Section):
    """The OpenID Connect provider that people may sign in by; none without an issuer."""

    issuer: str = ""
    client_id: str = "sharp-eyes-gateway"
    client_secret_file: Path | None = None
    authority: Path | None = None
    login_claim: str = "preferred_username"
    second_factor: tuple[str, ...] = ()
    name_zh: str = "统一身份认证"
    name_en: str = "single sign-on"

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        host = urlsplit(value).hostname or ""
        if value and not value.startswith("https://") and host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("an identity provider is asked over https:// only")
        return value


class Settings(Section):
    """Everything that can be configured."""

    server: Server = Server()
    data: Path = Path("data")
    database: str | None = None
    redis: str | None = None
    workers: Workers = Workers()
    detection: Detection = Detection()
    evidence: Evidence = Evidence()
    discovery: Discovery = Discovery()
    district: District = District()
    sessions: Sessions = Sessions()
    single_sign_on: SingleSignOn = SingleSignOn()
    ldap: Ldap = Ldap()
    accounts: Accounts = Accounts()
    audit: Audit = Audit()
    oversight: Oversight = Oversight()
    exports: Exports = Exports()

    @field_validator("database")
    @classmethod
    def _database(cls, value: str | None) -> str | None:
        if value is not None:
            database_url(value)
        return value

    @field_validator("redis")
    @classmethod
    def _redis(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("write redis://host:port/0")
        return value
