"""Settings: read in one place from a YAML file and the environment, checked, and handed down."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import gateway
from gateway.disk import RESERVE_MB
from gateway.domain.accounts import AccountRules
from gateway.domain.audit import available
from gateway.domain.rules import Rule, rules_from
from gateway.domain.scans import PRIVATE, networks
from gateway.fleet.address import parse_address
from gateway.storage.store import database_url

PREFIX = "SHARP_EYES_"
SECRETIVE = frozenset({"database", "redis"})
"""Settings whose value may hold a password: what is wrong with them is said without repeating them."""
RESERVED = frozenset({"SHARP_EYES_KEY", "SHARP_EYES_AUDIT_KEY"})
"""Names with the prefix that are not settings: secrets are never part of a configuration that gets printed."""


class BadSettings(Exception):
    """The configuration cannot be used; ``lines`` say in one sentence each what to change."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
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


class Workers(_Section):
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


class Detection(_Section):
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


class Evidence(_Section):
    """How much evidence is kept: megabytes in all, megabytes of the disk that it leaves free for the database, and
    days for candidates that nobody confirmed.
    """

    quota_mb: int = Field(default=20_480, ge=10)
    reserve_mb: int = Field(default=RESERVE_MB, ge=0)
    retention_days_unconfirmed: float = Field(default=30, gt=0)


class Discovery(_Section):
    """Which networks may be scanned for devices; this machine's own loopback only if it is named."""

    networks: tuple[str, ...] = PRIVATE

    @field_validator("networks")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if networks(value) else ()


class District(_Section):
    """What differs from district to district: the townships of its seat, and the first digits of its cameras' ids."""

    seat_townships: tuple[str, ...] = ()
    gb_prefix: str = Field(default="", pattern=r"^([0-9]{8})?$")


class Sessions(_Section):
    """How long a sign-in lasts, when an untouched console locks, and who must prove more than a password."""

    hours: float = Field(default=12, gt=0, le=24 * 30)
    idle_minutes: float = Field(default=15, gt=0, le=24 * 60)
    second_factor: Literal["required", "offered"] = "required"
    breached: Path | None = None


class Accounts(_Section):
    """For how many days a pledge of secrecy and a training count, and when to remind of their end."""

    pledge_days: float = Field(default=365, gt=0)
    training_days: float = Field(default=365, gt=0)
    remind_days: float = Field(default=30, ge=0)


class Audit(_Section):
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


class SingleSignOn(_Section):
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


class Settings(_Section):
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
    accounts: Accounts = Accounts()
    audit: Audit = Audit()

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


def config_folder() -> Path:
    """The folder with the example settings, rules and the sample district: in the wheel, or beside the package."""
    package = Path(gateway.__file__).parent
    packaged = package / "_config"
    return packaged if packaged.is_dir() else package.parent / "config"


def account_rules(settings: Settings) -> AccountRules:
    """What these settings demand of accounts and sessions."""
    accounts = settings.accounts
    return AccountRules(
        second_factor_required=settings.sessions.second_factor == "required",
        idle=timedelta(minutes=settings.sessions.idle_minutes),
        pledge_lasts=timedelta(days=accounts.pledge_days),
        training_lasts=timedelta(days=accounts.training_days),
        remind=timedelta(days=accounts.remind_days),
    )


def for_sample(settings: Settings) -> Settings:
    """The settings for trying out on this machine, unless they say otherwise: a second factor is offered, and the rules
    and figures are the sample district's.
    """
    settings = _with_sample_data(settings)
    if "networks" not in settings.discovery.model_fields_set:
        loopback = Discovery(networks=(*PRIVATE, "127.0.0.0/8"))  # where the sample's devices are
        settings = settings.model_copy(update={"discovery": loopback})
    if "second_factor" in settings.sessions.model_fields_set:
        return settings
    sessions = settings.sessions.model_copy(update={"second_factor": "offered"})
    return settings.model_copy(update={"sessions": sessions})


def _with_sample_data(settings: Settings) -> Settings:
    """With the rules that name the sample's cameras, and what else is the sample district's own."""
    sample = config_folder() / "sample"
    own = yaml.safe_load((sample / "district.yaml").read_text("utf-8"))
    changes: dict[str, Any] = {}
    if settings.detection.rules is None and settings.detection.extra_rules is None:
        changes["detection"] = settings.detection.model_copy(update={"extra_rules": sample / "rules.yaml"})
    if not settings.district.model_fields_set:
        changes["district"] = District.model_validate(own)
    return settings.model_copy(update=changes)


def rules_of(settings: Settings) -> tuple[tuple[dict[str, Any], ...], tuple[Rule, ...]]:
    """The rules as documents for the workers and as values. Raises ``BadSettings``."""
    detection = settings.detection
    documents, rules = _rules_in("detection.rules", detection.rules or config_folder() / "rules.yaml")
    if detection.extra_rules is None:
        return documents, rules
    more_documents, more = _rules_in("detection.extra_rules", detection.extra_rules)
    if twice := sorted({rule.id for rule in rules} & {rule.id for rule in more}):
        raise BadSettings([f"detection.extra_rules: there is a rule {twice[0]!r} already: give it another id"])
    return documents + more_documents, rules + more


def _rules_in(setting: str, path: Path) -> tuple[tuple[dict[str, Any], ...], tuple[Rule, ...]]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
        parsed = rules_from(document)
    except OSError as problem:
        raise BadSettings([f"{setting}: {path} cannot be read: {problem.strerror}"]) from None
    except yaml.YAMLError as problem:
        raise BadSettings([f"{setting}: {path}: {_where(problem)}"]) from None
    except ValueError as problem:
        raise BadSettings([f"{setting}: {path}: {problem}"]) from None
    return tuple(document["rules"]), parsed


def load(
    path: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings: the file's, then the environment's (``SHARP_EYES_SERVER__PORT``), then the overrides (nested).

    Raises ``BadSettings``.
    """
    document = {} if path is None else _read(path)
    _merge(document, _from_environment(os.environ if environment is None else environment))
    _merge(document, overrides or {})
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise BadSettings([_sentence(dict(problem)) for problem in error.errors()]) from None


def problems(path: Path | None, environment: Mapping[str, str] | None = None) -> list[str]:
    """One line for every problem of the configuration, saying what to change; empty if it can be used."""
    try:
        settings = load(path, environment)
    except BadSettings as bad:
        return bad.lines
    found: list[str] = []
    try:
        rules_of(settings)
    except BadSettings as bad:
        found += bad.lines
    token = settings.server.metrics_token_file
    if token is not None and not token.is_file():
        found.append(f"server.metrics_token_file: there is no file {token}")
    named = {f"workers.{name}": getattr(settings.workers, name) for name in ("tls_cert", "tls_key", "tls_ca")}
    named |= {f"server.{name}": getattr(settings.server, name) for name in ("tls_cert", "tls_key")}
    found += [f"{name}: there is no file {file}" for name, file in named.items() if file and not file.is_file()]
    if (settings.server.tls_cert is None) != (settings.server.tls_key is None):
        found.append("server: tls_cert and tls_key belong together: give both or neither")
    if settings.workers.count and settings.workers.listen:
        found.append("workers: give either count (start them here) or listen (others start them), not both")
    if not settings.workers.children and not settings.workers.listen:
        found.append("workers: count is 0 and listen is empty, so nobody pulls cameras: set one of them")
    if settings.sessions.breached is not None and not settings.sessions.breached.is_file():
        found.append(f"sessions.breached: there is no file {settings.sessions.breached}")
    nearest = next((folder for folder in (settings.data, *settings.data.absolute().parents) if folder.exists()), None)
    if nearest is None or not nearest.is_dir() or not os.access(nearest, os.W_OK):
        found.append(f"data: {settings.data} cannot be written to: choose another folder or change its owner")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as problem:
        raise BadSettings([f"{path} cannot be read: {problem.strerror}"]) from None
    except UnicodeDecodeError:
        raise BadSettings([f"{path} is not UTF-8 text: save it as UTF-8"]) from None
    except yaml.YAMLError as problem:
        raise BadSettings([f"{path}: {_where(problem)}"]) from None
    except ValueError as problem:
        raise BadSettings([f"{path}: {problem}"]) from None  # a date that is none
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise BadSettings(
            [f"{path}: write sections such as 'server:' at the left margin, not a list or a single value"]
        )
    return document


def _where(problem: yaml.YAMLError) -> str:
    mark = getattr(problem, "problem_mark", None)
    text = getattr(problem, "problem", None) or "it is not YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {text}" if mark else str(text)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        *sections, last = name.removeprefix(PREFIX).lower().split("__")
        inner = document
        for section in sections:
            inner = inner.setdefault(section, {})
            if not isinstance(inner, dict):
                raise BadSettings([f"{name}: {section} is given as a whole and in part: give only one of the two"])
        inner[last] = _value(name, text) if sections else text
    return document


def _value(name: str, text: str) -> Any:
    """What a variable of the environment says. The text itself is never repeated: it may be a secret."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        raise BadSettings(
            [f"{name}: the value is not YAML: write a number, true, a list [a, b], or text in quotes"]
        ) from None


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _sentence(problem: dict[str, Any]) -> str:
    place = [str(part) for part in problem["loc"]]
    name = ".".join(place)
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(place[-1], list(_names(place[:-1])), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(_names(place[:-1])))}"
        return f"{name}: there is no such setting; {hint}"
    text = str(problem["msg"]).removeprefix("Value error, ")
    said = "" if name in SECRETIVE else f" (it is {problem['input']!r})"
    return f"{name}: {text[:1].lower()}{text[1:]}{said}"


def _names(place: list[str]) -> Iterator[str]:
    model: type[BaseModel] = Settings
    for part in place:
        inner = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return
        model = inner
    yield from model.model_fields
