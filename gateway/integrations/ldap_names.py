"""Names and filters of LDAP: written so that they can be compared, and so that what people type stays a value."""

from __future__ import annotations

import re
import warnings

from gateway.domain.directories import plain_login

with warnings.catch_warnings():
    # ldap3 2.9.1 asks pyasn1 for two names by their former spelling
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3.core.exceptions import LDAPExceptionError
    from ldap3.operation.search import parse_filter
    from ldap3.utils.dn import parse_dn

LOGIN = "{login}"
_ESCAPED = re.compile(r"((?:\\[0-9a-fA-F]{2})+)|\\(.)", re.DOTALL)


class BadName(ValueError):
    """It is no distinguished name, or no filter."""


def escaped(value: str | bytes) -> str:
    """The value for a filter (RFC 4515): every byte of it by its number, so that none can mean anything."""
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    return "".join(f"\\{byte:02x}" for byte in raw)


def normal_dn(name: str) -> str:
    """The distinguished name in the one spelling that is compared. Raises ``BadName``."""
    if not name.strip():
        raise BadName("a distinguished name is missing")
    try:
        parts = parse_dn(name, strip=True)
    except (LDAPExceptionError, IndexError, ValueError) as problem:
        raise BadName(f"{name!r} is no distinguished name: {problem}") from None
    said = []
    for attribute, value, separator in parts:
        plain = plain_login(_ESCAPED.sub(_unescaped, value))
        safe = re.sub(r"([\\,+=])", r"\\\1", plain)
        said.append(f"{attribute.strip().lower()}={safe}{separator}")
    return "".join(said)


def check_filter(text: str) -> None:
    """Returns if it can be used as a filter. Raises ``BadName``."""
    try:
        parse_filter(text.replace(LOGIN, "login"), None, False, None, None, False)
    except (LDAPExceptionError, IndexError, ValueError) as problem:
        raise BadName(f"{text!r} is no filter: {problem}") from None


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    return bytes.fromhex(found[1].replace("\\", "")).decode("utf-8", "replace")
