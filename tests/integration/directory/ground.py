"""A district beside a directory: whom that knows, what its groups give here, and the application that asks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from gateway.app.directory import directory_of
from gateway.services.directory_people import DirectorySignOn
from gateway.services.directory_sign_on import recheck
from gateway.services.doorkeeping import Doorkeeper
from gateway.services.sweeping import Sweeping
from gateway.settings import Settings
from gateway.storage.tables import audit_entries
from gateway.web.api import create_api
from tests.integration.world import A, B, World
from tests.peers.certificates import Files, authority
from tests.peers.directory import BASE, READER, READER_PASSWORD, Slapd, group, person, posix_group, slapd

PASSWORD = "示例 pass phrase 9"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
GIVES = [
    {"group": f"CN=Watch, {GROUPS}", "organisation": A, "roles": ["township_operator"]},
    {"group": f"cn=grid,{GROUPS}", "organisation": A, "roles": ["grid_member"]},
    {"group": f"cn=elsewhere,{GROUPS}", "organisation": B, "roles": ["shift_leader"]},
    {"group": f"cn=keepers,{GROUPS}", "organisation": "district", "roles": ["system_manager"]},
]
ENTRIES = [
    person("zhang.wei", PASSWORD, "张伟 示例"),
    person("li", PASSWORD),
    person("outer", PASSWORD),
    person("both", PASSWORD),
    person("nobody", PASSWORD),
    person("keeper", PASSWORD),
    person("jinsha", PASSWORD),
    group("watch", "uid=zhang.wei,ou=people", "uid=both,ou=people", "uid=jinsha,ou=people", "cn=inner,ou=groups"),
    group("inner", "uid=outer,ou=people", "cn=watch,ou=groups"),
    posix_group("grid", "li", "both"),
    group("elsewhere", "uid=both,ou=people"),
    group("keepers", "uid=keeper,ou=people"),
    group("unmapped", "uid=nobody,ou=people"),
]


@dataclass
class Ground:
    """The directory, its certificates, and settings that name it."""

    server: Slapd
    tls: Files
    password: Path

    def settings(self, **more: Any) -> Settings:
        ldap = {
            "urls": [self.server.plain],
            "bind_dn": READER,
            "bind_password_file": self.password,
            "user_base": PEOPLE,
            "group_base": GROUPS,
            "mapping": GIVES,
        }
        return Settings.model_validate({"ldap": ldap | more})

    def sign_on(self, **more: Any) -> DirectorySignOn:
        found = directory_of(self.settings(**more))
        assert found is not None
        return found

    def door(self, **more: Any) -> Doorkeeper:
        return Doorkeeper(directory=self.sign_on(**more))

    def app(self, world: World, **more: Any) -> FastAPI:
        return create_api(world.office, door=self.door(**more))

    async def sweep(self, world: World) -> None:
        """What every gateway does all the time."""
        sweeping = Sweeping(world.office, {"people": recheck(self.sign_on())})
        await sweeping.round()
        assert sweeping.tally["people"].failures == 0


@contextmanager
def laid_ground(folder: Path, ports: Sequence[int]) -> Iterator[Ground]:
    """The directory on those two ports, and what it takes to ask it."""
    tls = authority(folder / "tls")
    password = folder / "ldap-password"
    password.write_text(READER_PASSWORD + "\n", "utf-8")
    with slapd(folder / "slapd", ports, ENTRIES, tls) as server:
        yield Ground(server, tls, password)


async def enter(client: httpx.AsyncClient, login: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await client.post("/session", json={"login": login, "password": password} | more)


async def refused(client: httpx.AsyncClient, login: str, password: str = PASSWORD) -> str:
    answer = await enter(client, login, password)
    assert answer.status_code != 200
    return str(answer.json()["error"]["code"])


async def audit(world: World) -> list[Any]:
    async with world.office.store.read() as conn:
        return list((await conn.execute(select(audit_entries).order_by(audit_entries.c.seq))).mappings())


async def actions(world: World) -> list[str]:
    return [entry["action"] for entry in await audit(world)]
