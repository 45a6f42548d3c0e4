"""What a gateway stands on: its data folder, name, socket and store; and what to say when one is missing."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError

from gateway.domain.audit_ends import own_chains
from gateway.fleet.children import CannotStart
from gateway.services.keeping import CannotKeep
from gateway.settings import BadSettings, Settings
from gateway.storage.audit_reading import has_roots
from gateway.storage.migrating import SchemaTooNew
from gateway.storage.note_files import begun_chains, kept_notes
from gateway.storage.secrets import BadKey
from gateway.storage.signing import KEY_FILE, KEY_VARIABLE, key_is_given
from gateway.storage.store import Store, database_url, open_store, sqlite_url

DATABASE = "gateway.sqlite3"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class CannotRun(Exception):
    """The gateway cannot do what it was told; the text is one sentence that says what to change."""


def expected(error: BaseException) -> list[str]:
    """The sentences for an operator, if this error is one that he can do something about; else nothing."""
    if isinstance(error, BaseExceptionGroup):
        return [line for inner in error.exceptions for line in expected(inner)]
    if isinstance(error, BadSettings):
        return error.lines
    if isinstance(error, CannotRun | CannotStart | CannotKeep | SchemaTooNew | BadKey):
        return [str(error)]
    if isinstance(error, OperationalError):
        return [f"the database does not answer: {str(error.orig).splitlines()[0]}"]
    return []


def command(*words: str) -> tuple[str, ...]:
    """The command line of another process of this program."""
    return (sys.executable, "-m", "gateway", *words)


def database_of(settings: Settings) -> str:
    """The database's URL: the configured one, or the SQLite file in the data folder."""
    return settings.database or sqlite_url(settings.data / DATABASE)


@asynccontextmanager
async def store_of(settings: Settings) -> AsyncIterator[Store]:
    """The store of these settings, migrated. Raises ``SchemaTooNew``, or ``CannotRun`` if a server is not there."""
    ends = settings.data, known_keys(settings)
    try:
        async with open_store(database_of(settings), ends=ends) as store:
            yield store
    except (ConnectionError, socket.gaierror) as problem:
        raise CannotRun(f"the database does not answer: {problem}") from None


def known_keys(settings: Settings, more: Sequence[str] = ()) -> frozenset[bytes]:
    """The public keys besides our own that may have signed: the configured and the given ones. Raises ``CannotRun``."""
    try:
        return frozenset(bytes.fromhex(key) for key in (*settings.audit.public_keys, *more))
    except ValueError:
        raise CannotRun("a public key is 64 hexadecimal digits, as `gateway audit key` prints it") from None


def refuse_new_key(settings: Settings) -> None:
    """Raises ``CannotRun`` where a command would make a key beside notes or roots that another key has signed.

    The service may have its key in its own environment, which a shell has not. On a server the roots may be those of
    other gateways with keys of their own, and say nothing of this data folder.
    """
    data, url = settings.data, database_url(database_of(settings))
    if key_is_given(data):
        return
    if kept_notes(data) or begun_chains(data) or (url.get_backend_name() == "sqlite" and has_roots(url)):
        raise CannotRun(
            f"give {KEY_VARIABLE} as the service has it, or put {KEY_FILE} back into {data}: its audit is signed with "
            "a key that is not here, and a command makes no other beside it"
        )


@contextmanager
def data_folder(data: Path) -> Iterator[None]:
    """The data folder, made if need be and locked for this process. Raises ``CannotRun``."""
    make_folder(data)
    with (data / "run" / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"another gateway runs on the data folder {data}: stop it or choose another") from None
        yield


def make_folder(data: Path) -> None:
    """Makes the data folder and what belongs in it. Raises ``CannotRun``."""
    try:
        for folder in (data, data / "run", data / "spool", data / "evidence"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        hint = "choose another with --data"
        raise CannotRun(f"the data folder {data} cannot be used: {problem.strerror}; {hint}") from None
    if not os.access(data, os.W_OK):
        raise CannotRun(f"the data folder {data} cannot be written to: choose another or change its owner")


def gateway_id(data: Path) -> str:
    """This gateway's name, made at its first run and kept."""
    path = data / "gateway-id"
    if not path.exists():
        path.write_text(f"{socket.gethostname()[:40]}-{secrets.token_hex(4)}\n", "ascii")
    return path.read_text("ascii").strip()


def named_chains(data: Path) -> tuple[str, ...]:
    """The chains of the gateway of that folder; none if it has no name yet."""
    return own_chains(gateway_id(data)) if (data / "gateway-id").exists() else ()


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The server's socket, bound. Raises ``CannotRun``."""
    host, port = settings.server.host, settings.server.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as problem:
        raise CannotRun(f"the address {host} cannot be used: {problem.strerror}; change --host") from None
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
        except OSError as problem:
            hint = "stop what uses it or choose another with --port"
            raise CannotRun(f"port {port} on {host} cannot be used: {problem.strerror}; {hint}") from None
        sock.listen(512)
        sock.setblocking(False)
        yield sock


def address_of(sock: socket.socket, scheme: str = "http") -> str:
    """The address to type into a browser."""
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def private_file(path: Path, text: str) -> None:
    """Writes a file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
