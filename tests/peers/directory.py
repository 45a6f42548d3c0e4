"""A directory that we did not write: OpenLDAP's slapd with its own settings and data, while a test needs it."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.certificates import Files

SLAPD = Path("/usr/sbin/slapd")
BASE = "dc=example,dc=org"
READER, READER_PASSWORD = f"cn=gateway,{BASE}", "reads only"
_ROOT, _ROOT_PASSWORD = f"cn=root,{BASE}", "for the test alone"

_CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
{tls}
allow bind_anon_dn
database mdb
suffix "{base}"
rootdn "{root}"
rootpw "{root_password}"
directory {folder}/data
maxsize 16777216
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * auth
"""
"""Anonymous binds with a name are let in on purpose: that trap is what an empty password is tried against."""


@dataclass
class Slapd:
    """The running directory."""

    folder: Path
    port: int
    tls_port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def plain(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def start(self) -> None:
        """Serves until ended; returns once it answers."""
        urls = f"{self.plain}/ {self.tls}/"
        command = [str(SLAPD), "-f", str(self.folder / "slapd.conf"), "-h", urls, "-d", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            assert self.process.poll() is None, "slapd ended at once"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def modify(self, ldif: str) -> None:
        """Changes entries of the running directory, as its keepers would."""
        import ldap3  # here, so that what the product imports is not imported earlier for its tests

        with ldap3.Connection(ldap3.Server(self.plain, get_info=ldap3.NONE), _ROOT, _ROOT_PASSWORD) as connection:
            for name, change in _changes(ldif):
                assert connection.modify(name, change), connection.result

    def lets_in_without_password(self, name: str) -> bool:
        """True if it answers success to a bind with that name and no password (RFC 4513, 5.1.2), sent by hand."""
        said = name.encode()
        bind = b"\x02\x01\x03" + bytes([4, len(said)]) + said + b"\x80\x00"
        request = b"\x02\x01\x01" + bytes([0x60, len(bind)]) + bind
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(bytes([0x30, len(request)]) + request)
            answer = connection.recv(64)
        return answer[5:6] == b"\x61" and answer[9:10] == b"\x00"

    def replace(self, entry: str) -> None:
        """Deletes an entry and makes it anew under the same name: another person with a name that was free again."""
        import ldap3

        name, *lines = entry.splitlines()
        place = name.removeprefix("dn: ")
        attributes: dict[str, list[bytes]] = {}
        for line in lines:
            key, value = line.split(":", 1)
            raw = base64.b64decode(value[1:]) if value.startswith(":") else value.strip().encode()
            attributes.setdefault(key, []).append(raw)
        with ldap3.Connection(ldap3.Server(self.plain, get_info=ldap3.NONE), _ROOT, _ROOT_PASSWORD) as connection:
            assert connection.delete(place), connection.result
            assert connection.add(place, attributes=attributes), connection.result


def _changes(ldif: str) -> Iterator[tuple[str, Mapping[str, Sequence[tuple[str, list[str]]]]]]:
    """Lines such as ``member - uid=a,... of cn=g,...``."""
    signs = {"-": "MODIFY_DELETE", "+": "MODIFY_ADD", "=": "MODIFY_REPLACE"}
    for line in filter(None, map(str.strip, ldif.splitlines())):
        attribute, sign, rest = line.split(" ", 2)
        value, name = rest.split(" of ", 1)
        yield name, {attribute: [(signs[sign], [value])]}


def person(login: str, password: str, name: str = "", ou: str = "people") -> str:
    """An entry of somebody."""
    salt = os.urandom(8)
    hashed = base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()
    shown = base64.b64encode((name or f"{login} 示例").encode()).decode()
    return (
        f"dn: uid={login},ou={ou},{BASE}\nobjectClass: inetOrgPerson\nuid: {login}\ncn:: {shown}\nsn: sample\n"
        f"userPassword: {{SSHA}}{hashed}\n"
    )


def group(name: str, *members: str) -> str:
    """A groupOfNames; members are distinguished names without the base."""
    lines = "".join(f"member: {member},{BASE}\n" for member in members or ("cn=nobody",))
    return f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{lines}"


def posix_group(name: str, *logins: str) -> str:
    """A posixGroup, whose members are logins."""
    lines = "".join(f"memberUid: {login}\n" for login in logins)
    return f"dn: cn={name},ou=groups,{BASE}\nobjectClass: posixGroup\ncn: {name}\ngidNumber: 7001\n{lines}"


@contextmanager
def slapd(folder: Path, ports: Sequence[int], entries: Sequence[str], tls: Files) -> Iterator[Slapd]:
    """A directory with those entries on those two loopback ports."""
    (folder / "data").mkdir(parents=True)
    lines = f"TLSCACertificateFile {tls.ca}\nTLSCertificateFile {tls.cert}\nTLSCertificateKeyFile {tls.key}"
    conf = _CONF.format(folder=folder, base=BASE, root=_ROOT, root_password=_ROOT_PASSWORD, reader=READER, tls=lines)
    (folder / "slapd.conf").write_text(conf, "utf-8")
    own = [
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: sample\ndc: example\n",
        f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n",
        f"dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n",
        f"dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: gateway\n"
        f"userPassword: {READER_PASSWORD}\n",
    ]
    (folder / "all.ldif").write_text("\n".join([*own, *entries]), "utf-8")
    command = [str(SLAPD), "-Ta", "-f", str(folder / "slapd.conf"), "-l", str(folder / "all.ldif")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr
    running = Slapd(folder, ports[0], ports[1])
    running.start()
    try:
        yield running
    finally:
        running.kill()
