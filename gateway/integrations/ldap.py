"""A directory by LDAP (RFC 4511): who has a login, whether a password is theirs, and in which groups they are.

ldap3 blocks, so every question is asked in one of a few threads of its own, within time limits.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog

from gateway.integrations.ldap_names import LOGIN, BadName, escaped, normal_dn
from gateway.ports import Person, Unavailable

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # see ldap_names
    import ldap3
    from ldap3.core import exceptions

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 4
RECEIVE_SECONDS = 6
PATIENCE_SECONDS = 20.0
AT_ONCE = 4
"""Questions asked at a time: a directory that hangs holds up these threads and nothing else."""
NESTED_LEVELS = 10
GROUPS_IN_A_QUESTION = 50
MEMBER = ("member", "uniqueMember")
"""Attributes of a group that hold distinguished names; ``memberUid`` holds logins."""

_SILENT = (
    exceptions.LDAPCommunicationError,
    exceptions.LDAPBusyResult,
    exceptions.LDAPUnavailableResult,
    exceptions.LDAPStartTLSError,
    exceptions.LDAPCertificateError,
    OSError,
)
"""What means that this server cannot be asked now; another one may be."""

_WRONG = (
    exceptions.LDAPInvalidCredentialsResult,
    exceptions.LDAPInappropriateAuthenticationResult,
    exceptions.LDAPUnwillingToPerformResult,
    exceptions.LDAPConstraintViolationResult,
    exceptions.LDAPNoSuchObjectResult,
)
"""What servers answer to a password that opens nothing: wrong, none set, expired, locked, or nobody's any more."""

Entry = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registration:
    """Where the directory is, whom the gateway asks as, and where people and groups stand. The password never shows."""

    urls: tuple[str, ...]
    bind_dn: str
    bind_password: str
    user_base: str
    user_filter: str
    group_base: str
    group_filter: str
    start_tls: bool = False
    authority: str | None = None
    """A PEM file with the authority that signed the directory's certificate, where the system does not know it."""
    id_attribute: str = "entryUUID"
    login_attribute: str = "uid"
    name_attribute: str = "cn"
    nested: bool = True

    def __repr__(self) -> str:
        return f"Registration({self.urls!r}, {self.bind_dn!r}, ***)"


class LdapDirectory:
    """The directory with that registration. A connection is opened for each question and closed after it."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ldap")

    async def find(self, login: str) -> Person | None:
        """The one person with that login; None if nobody has it, or several do. Raises ``Unavailable``."""
        return await self._asked(lambda: self._find(login))

    async def proves(self, person: Person, password: str) -> bool:
        """True if the password is that person's. Raises ``Unavailable``."""
        # an empty password asks for no proof at all (RFC 4513, 5.1.2) and succeeds; some servers end one at a zero byte
        if not password or "\0" in password or not person.place:
            return False
        return await self._asked(lambda: self._proves(person.place, password))

    async def again(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        """What the people with those subjects are now; None for who is not there any more. Raises ``Unavailable``."""
        return await self._asked(lambda: self._again(subjects))

    async def _asked(self, question: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await loop.run_in_executor(self._threads, question)
        except TimeoutError:
            raise Unavailable("the directory does not answer in time") from None

    def _find(self, login: str) -> Person | None:
        registration = self._registration
        with self._connected(registration.bind_dn, registration.bind_password) as connection:
            if connection is None:
                raise _own_password()
            return self._person(connection, registration.user_filter.replace(LOGIN, escaped(login)))

    def _proves(self, place: str, password: str) -> bool:
        with self._connected(place, password) as connection:
            return connection is not None

    def _again(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        registration = self._registration
        # whoever has any login: the filter's other conditions, such as that the account is in use, still count
        anybody = registration.user_filter.replace(LOGIN, "*")
        with self._connected(registration.bind_dn, registration.bind_password) as connection:
            if connection is None:
                raise _own_password()
            return {
                subject: self._person(connection, f"(&({registration.id_attribute}={_wanted(subject)}){anybody})")
                for subject in subjects
            }

    @contextmanager
    def _connected(self, user: str, password: str) -> Iterator[Any]:
        """A connection of that user to the first server that answers; None if the password is wrong."""
        connection, problems = None, []
        for url in self._registration.urls:
            try:
                connection = self._open(url, user, password)
                break
            except _WRONG:
                break
            except _SILENT as problem:
                problems.append(f"{url}: {problem}")
            except exceptions.LDAPException as problem:
                raise Unavailable(f"the directory at {url} does not let anybody in: {problem}") from None
        else:
            raise Unavailable(f"the directory does not answer: {'; '.join(problems)}")
        try:
            yield connection
        except (*_SILENT, exceptions.LDAPException) as problem:
            raise Unavailable(f"the directory does not answer as it should: {problem}") from None
        finally:
            if connection is not None:
                _close(connection)

    def _open(self, url: str, user: str, password: str) -> Any:
        registration = self._registration
        parts = urlsplit(url)
        safe = parts.scheme == "ldaps"
        server = ldap3.Server(
            parts.hostname,
            port=parts.port or (636 if safe else 389),
            use_ssl=safe,
            get_info=ldap3.NONE,
            tls=_Tls(registration.authority),
            connect_timeout=CONNECT_SECONDS,
            allowed_referral_hosts=[],
        )
        connection = ldap3.Connection(
            server,
            user or None,
            password or None,
            authentication=ldap3.SIMPLE if user else ldap3.ANONYMOUS,
            client_strategy=ldap3.SYNC,
            auto_referrals=False,
            check_names=False,
            read_only=True,
            raise_exceptions=True,
            receive_timeout=RECEIVE_SECONDS,
        )
        try:
            connection.open(read_server_info=False)
            if registration.start_tls and not safe:
                connection.start_tls(read_server_info=False)
            connection.bind(read_server_info=False)
        except BaseException:
            _close(connection)
            raise
        return connection

    def _person(self, connection: Any, condition: str) -> Person | None:
        registration = self._registration
        wanted = [registration.id_attribute, registration.login_attribute, registration.name_attribute]
        try:
            found = _search(connection, registration.user_base, condition, wanted, limit=2)
        except exceptions.LDAPSizeLimitExceededResult:
            found = [{}, {}]
        if len(found) > 1:
            log.warning("a login fits several people of the directory: make ldap.user_filter narrower")
        if len(found) != 1:
            return None
        entry = found[0]
        subject, login, name = (_values(entry, attribute) for attribute in wanted)
        if not subject or not login:
            missing = registration.id_attribute if not subject else registration.login_attribute
            raise Unavailable(f"the directory does not show {missing} of people: let ldap.bind_dn read it")
        place = str(entry["dn"])
        shown = _text(name[0]) if name else _text(login[0])
        groups = self._groups(connection, place, login[0])
        return Person(_subject(subject[0]), _text(login[0]), shown, place, groups)

    def _groups(self, connection: Any, place: str, login: bytes) -> frozenset[str]:
        """Every group that the person is in, also by way of other groups."""
        found: set[str] = set()
        asked = [*(f"({attribute}={escaped(place)})" for attribute in MEMBER), f"(memberUid={escaped(login)})"]
        for _ in range(NESTED_LEVELS if self._registration.nested else 1):
            new = [group for group in self._holding(connection, asked) if _group_name(group) not in found]
            if not new:
                break
            found |= {_group_name(group) for group in new}
            asked = [f"({attribute}={escaped(group)})" for group in new for attribute in MEMBER]
        return frozenset(found)

    def _holding(self, connection: Any, conditions: Sequence[str]) -> list[str]:
        """The groups with any of those members."""
        registration, places = self._registration, []
        for start in range(0, len(conditions), GROUPS_IN_A_QUESTION):
            some = "".join(conditions[start : start + GROUPS_IN_A_QUESTION])
            condition = f"(&{registration.group_filter}(|{some}))"
            places += [str(entry["dn"]) for entry in _search(connection, registration.group_base, condition, ["1.1"])]
        return places


class _Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS as Python does it: the authority and the host's name are checked in the handshake, and the name is sent.

    What ldap3 does instead sends no name and compares it afterwards, by a function that later Pythons lack.
    """

    def __init__(self, authority: str | None) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._authority = authority

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Puts TLS on the connection's socket."""
        context = ssl.create_default_context(cafile=self._authority)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)


def _search(connection: Any, base: str, condition: str, attributes: Sequence[str], *, limit: int = 0) -> list[Entry]:
    connection.search(
        base,
        condition,
        search_scope=ldap3.SUBTREE,
        dereference_aliases=ldap3.DEREF_NEVER,
        attributes=list(attributes),
        size_limit=limit,
        time_limit=RECEIVE_SECONDS,
    )
    # references to other directories are not followed: who answers for people here is said in the settings
    return [entry for entry in connection.response or [] if entry.get("type") == "searchResEntry"]


def _values(entry: Entry, attribute: str) -> list[bytes]:
    found = {str(name).lower(): values for name, values in entry["raw_attributes"].items()}
    values: list[bytes] = found.get(attribute.lower(), [])
    return values


def _group_name(place: str) -> str:
    try:
        return normal_dn(place)
    except BadName:
        return place  # a name that ldap3 cannot take apart is nobody's in the settings, and keeps nobody out


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()


BINARY = "hex:"


def _subject(raw: bytes) -> str:
    """The never changing id as text; one that is no text (Active Directory's objectGUID) in hexadecimal digits."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        return BINARY + raw.hex()
    return text if text.isprintable() and not text.startswith(BINARY) else BINARY + raw.hex()


def _wanted(subject: str) -> str:
    return escaped(bytes.fromhex(subject.removeprefix(BINARY)) if subject.startswith(BINARY) else subject)


def _own_password() -> Unavailable:
    return Unavailable("the directory refuses the gateway's own account: see ldap.bind_dn and its password")


def _close(connection: Any) -> None:
    try:
        connection.unbind()
    except (exceptions.LDAPException, OSError):
        pass  # it was broken already
    finally:
        if isinstance(connection.socket, socket.socket):
            connection.socket.close()
