"""What the store keeps of cameras and grants is what the database would answer, whatever was written meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.domain.grants import CameraFacts, GranteeKind, TargetKind
from gateway.domain.groups import Area, CameraGroup
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.storage import (
    areas,
    camera_lists,
    cameras,
    epochs,
    grants,
    groups,
    operators,
    organisations,
    recorders,
    status,
)
from gateway.storage.camera_lists import CameraListed
from gateway.storage.cameras import NewCamera
from gateway.storage.epochs import Catalogue
from gateway.storage.kept_cameras import KeptCameras
from gateway.storage.kept_grants import KeptGrants
from gateway.storage.operators import Account
from gateway.storage.store import Store
from gateway.storage.tables import camera_status
from tests.contract.storage.district import CAMERAS, NOW, RECORDER, T1, T2, camera, grant, lay, operator

IDS = [one.id for one in CAMERAS]
HOUR = timedelta(hours=1)
SQUARE = ((121.0, 32.0), (121.2, 32.0), (121.2, 32.2), (121.0, 32.2))

Write = Callable[[AsyncConnection], Awaitable[object]]


def patched(camera_id: str, **changes: object) -> Write:
    async def write(connection: AsyncConnection) -> None:
        (file,) = await cameras.files(connection, [camera_id])
        await cameras.patch(connection, camera_id, file.version, changes, NOW)

    return write


WRITES: dict[str, Write] = {
    "a name": patched("C-001", name_en="Elsewhere"),
    "an address": patched("C-001", host="192.0.2.77"),
    "a place": patched("C-002", latitude=32.9),
    "an owner": patched("C-002", owner_id=T1),
    "a lifecycle": patched("C-003", lifecycle=Lifecycle.DECOMMISSIONED.value),
    "a recorder's address": lambda conn: recorders.replace(conn, [replace(RECORDER, host="192.0.2.99")]),
    "a camera that is loaded again": lambda conn: cameras.replace(conn, [NewCamera(camera(1, name_zh="新名"))], NOW),
    "a camera that is new": lambda conn: cameras.replace(conn, [NewCamera(camera(7))], NOW),
    "an organisation's name": lambda conn: organisations.replace(
        conn, [Organisation(T1, OrganisationKind.TOWNSHIP, "改名", "Renamed", "district", "320612001")]
    ),
    "an organisation's place in the tree": lambda conn: organisations.replace(
        conn, [Organisation(T1, OrganisationKind.TOWNSHIP, "金沙街道", "Jinsha", T2, "320612001")]
    ),
    "a member of a group": lambda conn: groups.put_in(conn, "G-1", ["C-001"]),
    "a group that loses a member": lambda conn: groups.take_out(conn, "G-1", ["C-002"]),
    "a group that is gone": lambda conn: groups.remove(conn, "G-1"),
    "an area": lambda conn: areas.insert(conn, Area("A-2", T1, "新区域", "", SQUARE), "test", NOW),
    "an area that is gone": lambda conn: areas.remove(conn, "A-1"),
}


async def lay_with_ties(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        await groups.insert(connection, CameraGroup("G-1", T1, "一组", "", ()), "test", NOW)
        await groups.put_in(connection, "G-1", ["C-002"])
        await areas.insert(connection, Area("A-1", T1, "区域", "", SQUARE), "test", NOW)


async def kept(store: Store, ids: list[str]) -> dict[str, CameraListed]:
    async with store.read() as connection:
        return await store.cameras.of(connection, await epochs.catalogue(connection), ids)


def with_facts(listed: dict[str, CameraListed]) -> dict[str, tuple[CameraListed, CameraFacts]]:
    """With what grants can point at, which two cameras are not compared by."""
    return {name: (one, one.camera.facts) for name, one in listed.items()}


async def as_read(store: Store, ids: list[str]) -> dict[str, CameraListed]:
    async with store.read() as connection:
        return {one.camera.id: one for one in await camera_lists.by_ids(connection, ids, streams=False)}


@pytest.mark.parametrize("written", WRITES)
async def test_kept_cameras_are_what_the_database_says(store: Store, written: str) -> None:
    await lay_with_ties(store)
    ids = [*IDS, "C-007", "C-none"]
    before = with_facts(await kept(store, ids))
    assert before == with_facts(await as_read(store, ids))
    async with store.begin() as connection:
        await WRITES[written](connection)
    after = with_facts(await kept(store, ids))
    assert after == with_facts(await as_read(store, ids))
    assert after != before, "the write can be seen in a list"


async def test_what_is_kept_is_not_read_again(store: Store) -> None:
    await lay_with_ties(store)
    first, second = await kept(store, IDS), await kept(store, IDS)
    assert all(first[one] is second[one] for one in IDS)


async def test_a_page_shows_the_state_of_now(store: Store) -> None:
    await lay_with_ties(store)
    leader = operator(T1)
    async with store.begin() as connection:
        await grants.insert(connection, grant((GranteeKind.OPERATOR, leader.id), (TargetKind.ALL, "")))

    async def states() -> list[tuple[str, str]]:
        async with store.read() as connection:
            under = await epochs.catalogue(connection)

            async def read(ids: object) -> dict[str, CameraListed]:
                return await store.cameras.of(connection, under, ids)  # type: ignore[arg-type]

            page = await camera_lists.page(
                connection, leader, Action.LIST, NOW, camera_lists.CameraQuery(sort="id"), read=read
            )
        return [(one.camera.id, one.state.value) for one in page.items]

    before = await states()
    assert [one for one, _ in before] == IDS
    async with store.begin() as connection:
        await connection.execute(
            camera_status.insert().values(
                camera_id="C-002", state="online", reason="", since=NOW, updated_at=NOW, codec="", shed=""
            )
        )
    assert dict(await states()) == dict(before) | {"C-002": "online"}


async def test_the_epoch_of_states_moves_with_what_lists_show_of_them_and_not_with_measures(store: Store) -> None:
    await lay_with_ties(store)

    async def moved(write: Write) -> bool:
        async with store.begin() as connection:
            before = await epochs.scene(connection)
            await write(connection)
            after = await epochs.scene(connection)
        assert after.follows(before)
        assert not before.follows(after) or before == after
        return after.state > before.state

    online = status.CameraStatus("C-001", CameraState.ONLINE, NOW, NOW, kbps=400.0)
    for report, moves in (
        (online, True),
        (replace(online, kbps=500.0, updated_at=NOW + HOUR), False),
        (replace(online, reason="unplayable"), True),
        (replace(online, state=CameraState.OFFLINE), True),
    ):
        assert await moved(lambda connection, one=report: status.put_all(connection, [one])) is moves, report  # type: ignore[misc]
    assert await moved(patched("C-001", enabled=False))
    assert await moved(patched("C-001", enabled=True))
    assert not await moved(patched("C-001", name_en="Elsewhere"))


async def test_who_reads_an_older_state_neither_gets_nor_leaves_anything(store: Store) -> None:
    await lay_with_ties(store)
    kept_cameras = KeptCameras()
    async with store.read() as connection:
        now = await epochs.catalogue(connection)
        newer = (await kept_cameras.of(connection, now, IDS))["C-001"]
        older = Catalogue(now.permission, now.assignment - 1)
        assert (await kept_cameras.of(connection, older, ["C-001"]))["C-001"] is not newer
        assert (await kept_cameras.of(connection, now, ["C-001"]))["C-001"] is newer


async def test_more_than_are_kept_come_all_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.storage.kept_cameras.MOST", 2)
    await lay_with_ties(store)
    for _ in range(2):
        assert list(await kept(store, IDS)) == IDS


async def held_ids(store: Store, who: Operator) -> set[str]:
    async with store.read() as connection:
        return {one.id for one in (await store.grants.of(connection, who, NOW)).held}


async def test_kept_grants_follow_every_grant_and_revocation(store: Store) -> None:
    await lay_with_ties(store)
    leader = operator(T1)
    given = grant((GranteeKind.OPERATOR, leader.id), (TargetKind.CAMERA, "C-001"))
    assert await held_ids(store, leader) == set()
    async with store.begin() as connection:
        await grants.insert(connection, given)
    assert await held_ids(store, leader) == {given.id}
    async with store.begin() as connection:
        assert await grants.revoke(connection, given.id, NOW, "test", "over")
    assert await held_ids(store, leader) == set()


async def test_kept_grants_follow_the_operator(store: Store) -> None:
    """Another role, another organisation and a narrower token are other keys to other grants."""
    await lay_with_ties(store)
    person = operator(T1, Role.TOWNSHIP_OPERATOR)
    async with store.begin() as connection:
        await operators.insert(connection, Account(person, "hash", 0, None, NOW))
        of_role = await grants.insert(
            connection, grant((GranteeKind.ROLE, Role.SHIFT_LEADER.value), (TargetKind.ALL, ""))
        )
        of_unit = await grants.insert(connection, grant((GranteeKind.ORGANISATION, T2), (TargetKind.ALL, "")))
    assert await held_ids(store, person) == set()
    assert await held_ids(store, replace(person, roles=frozenset({Role.SHIFT_LEADER}))) == {of_role.id}
    assert await held_ids(store, replace(person, organisation_id=T2)) == {of_unit.id}
    assert await held_ids(store, person) == set()


async def test_no_more_than_so_many_operators_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.storage.kept_grants.MOST", 2)
    await lay_with_ties(store)
    kept_grants, people = KeptGrants(), [operator(T1) for _ in range(3)]
    async with store.read() as connection:
        read = [await kept_grants.of(connection, one, NOW) for one in people]
        again = [await kept_grants.of(connection, one, NOW) for one in reversed(people)]
    assert [one is other for one, other in zip(reversed(read), again, strict=True)] == [True, True, False]
