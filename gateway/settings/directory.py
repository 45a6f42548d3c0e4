"""The LDAP directory that people may sign in by: its settings, and what is wrong with them in one sentence each."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from gateway.domain.accounts import Unfit
from gateway.domain.directories import check_mapping
from gateway.domain.operators import Role
from gateway.settings.faults import BadSettings
from gateway.settings.section import Section

PASSWORD_VARIABLE = "SHARP_EYES_LDAP_PASSWORD"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class GroupGives(Section):
    """A group of the directory, and the organisation and roles that it gives."""

    group: str
    organisation: str
    roles: tuple[Role, ...]

    @field_validator("roles")
    @classmethod
    def _roles(cls, value: tuple[Role, ...]) -> tuple[Role, ...]:
        try:
            check_mapping(frozenset(value))
        except Unfit as problem:
            raise ValueError(str(problem)) from None
        return value


class Ldap(Section):
    """The LDAP directory whose people may sign in; none without an address."""

    urls: tuple[str, ...] = ()
    start_tls: bool = False
    authority: Path | None = None
    bind_dn: str = ""
    bind_password_file: Path | None = None
    user_base: str = ""
    user_filter: str = "(uid={login})"
    id_attribute: str = Field(default="entryUUID", pattern=r"^[A-Za-z][A-Za-z0-9;-]*$")
    login_attribute: str = Field(default="uid", pattern=r"^[A-Za-z][A-Za-z0-9;-]*$")
    name_attribute: str = Field(default="cn", pattern=r"^[A-Za-z][A-Za-z0-9;-]*$")
    group_base: str = ""
    group_filter: str = "(objectClass=*)"
    nested: bool = True
    recheck_minutes: float = Field(default=5, ge=0.5, le=24 * 60)
    mapping: tuple[GroupGives, ...] = ()

    @field_validator("urls")
    @classmethod
    def _urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            parts = urlsplit(url)
            if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path not in ("", "/"):
                raise ValueError("write ldaps://host or ldap://host, with :port if it is another")
            if parts.username is not None:
                raise ValueError("an address holds no account: use ldap.bind_dn")
        return value


def directory_faults(ldap: Ldap, environment: Mapping[str, str] | None = None) -> list[str]:
    """One line for everything that keeps the directory from being used; empty without a directory."""
    if not ldap.urls:
        unused = ldap.model_fields_set - {"urls"}
        return ["ldap.urls: name the directory, or leave the whole section out"] if unused else []
    return [*_transport(ldap), *_names(ldap), *_secret(ldap, environment)]


def bind_password(ldap: Ldap, environment: Mapping[str, str] | None = None) -> str:
    """The password of the gateway's own account in the directory; empty without such an account.

    Raises ``BadSettings``.
    """
    if ldap.bind_password_file is None:
        return (os.environ if environment is None else environment).get(PASSWORD_VARIABLE, "")
    try:
        return ldap.bind_password_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
        raise BadSettings([f"ldap.bind_password_file: {ldap.bind_password_file} cannot be read: {why}"]) from None


def _transport(ldap: Ldap) -> Iterator[str]:
    for url in ldap.urls:
        parts = urlsplit(url)
        if parts.scheme == "ldaps" and ldap.start_tls:
            yield f"ldap.start_tls: {url} has TLS from the start: leave start_tls out, or write ldap://"
        elif parts.scheme == "ldap" and not ldap.start_tls and parts.hostname not in LOOPBACK:
            yield f"ldap.urls: {url} would send passwords in clear: write ldaps://, or set ldap.start_tls: true"
    if ldap.authority is not None:
        try:
            ssl.create_default_context(cafile=ldap.authority)
        except (OSError, ValueError):
            yield f"ldap.authority: {ldap.authority} holds no certificates: give a PEM file with the authority's"


def _names(ldap: Ldap) -> Iterator[str]:
    # slow to import, and few installations have a directory
    from gateway.integrations.ldap_names import LOGIN, BadName, check_filter, normal_dn

    names = {f"ldap.{name}": getattr(ldap, name) for name in ("user_base", "group_base")}
    names |= {f"ldap.mapping.{number}.group": one.group for number, one in enumerate(ldap.mapping)}
    if ldap.bind_dn and "@" not in ldap.bind_dn:  # Active Directory also knows accounts as name@domain
        names["ldap.bind_dn"] = ldap.bind_dn
    for name, value in names.items():
        try:
            normal_dn(value)
        except BadName as problem:
            yield f"{name}: {problem}; write for instance ou=people,dc=example,dc=org"
    for name in ("user_filter", "group_filter"):
        try:
            check_filter(getattr(ldap, name))
        except BadName as problem:
            yield f"ldap.{name}: {problem}; write for instance (objectClass=person)"
    if LOGIN not in ldap.user_filter:
        yield f"ldap.user_filter: it must say where the login goes: write for instance (uid={LOGIN})"
    if not ldap.mapping:
        yield "ldap.mapping: nobody could sign in: give at least one group with its organisation and roles"


def _secret(ldap: Ldap, environment: Mapping[str, str] | None) -> Iterator[str]:
    try:
        password = bind_password(ldap, environment)
    except BadSettings as bad:
        yield from bad.lines
        return
    if ldap.bind_dn and not password:
        yield f"ldap.bind_dn: its password is missing: give ldap.bind_password_file, or {PASSWORD_VARIABLE}"
    if password and not ldap.bind_dn:
        yield "ldap.bind_dn: there is a password, but for nobody: name the account that it belongs to"
