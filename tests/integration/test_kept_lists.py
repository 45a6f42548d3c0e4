"""What is kept of lists of cameras is what would be read, whatever was written and whatever ended meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.hours import Hours
from gateway.domain.operators import Role
from gateway.domain.schedules import schedule_from
from gateway.services import catalogue
from gateway.services.camera_views import CameraSummary
from gateway.services.kept_lists import Asked, KeptLists
from gateway.services.office import Caller
from gateway.storage import cameras, epochs, grants, operators, organisations, status
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.epochs import BEFORE_ALL
from gateway.storage.paging import Page
from gateway.storage.status import CameraStatus
from tests.integration.conftest import Browsers
from tests.integration.world import START, WATCHING, A, B, World, policy

LOGINS = ("district", "jinsha", "jinxin", "transport", "grid1", "audit")
ALL = CameraQuery()
QUERIES = (ALL, CameraQuery(sort="-id"), CameraQuery(state=CameraState.ONLINE), CameraQuery(q="junction"))
HOUR = timedelta(hours=1)

Listed = Page[CameraSummary]
Write = Callable[[World, AsyncConnection], Awaitable[object]]


async def asked(world: World, login: str, query: CameraQuery = ALL, after: str | None = None) -> Listed:
    """The list as a request gets it, whose session was read a moment ago."""
    async with world.office.store.read() as conn:
        scene = await epochs.scene(conn)
    return await catalogue.listed(
        world.office, Caller(world.people[login], "session", None, scene=scene), query, after, 4
    )


async def read(world: World, login: str, query: CameraQuery = ALL, after: str | None = None) -> Listed:
    """The same from the database, by an office that keeps nothing."""
    office = replace(world.office, lists=KeptLists())
    caller = Caller(world.people[login], "session", None, scene=BEFORE_ALL)
    return await catalogue.listed(office, caller, query, after, 4)


def to_jinxin(world: World, **more: object) -> Grant:
    """One of A's cameras for B's people."""
    target = (TargetKind.CAMERA, world.camera(A).id)
    return replace(policy((GranteeKind.ORGANISATION, B), target, WATCHING), **more)  # type: ignore[arg-type]


def patched(**changes: object) -> Write:
    async def write(world: World, conn: AsyncConnection) -> None:
        (file,) = await cameras.files(conn, [world.camera(A).id])
        await cameras.patch(conn, file.camera.id, file.version, changes, START)

    return write


async def _revoke(world: World, conn: AsyncConnection) -> None:
    district = world.people["district"]
    held = await grants.for_operator(conn, district, START)
    await grants.revoke(conn, held[0].id, START, "test", "over")


async def _renamed(world: World, conn: AsyncConnection) -> None:
    home = await organisations.get(conn, A)
    assert home is not None
    await organisations.replace(conn, [replace(home, name_zh="改名")])


def in_state(state: CameraState, reason: str = "") -> Write:
    async def write(world: World, conn: AsyncConnection) -> None:
        await status.put_all(conn, [CameraStatus(world.camera(A).id, state, START, START, reason)])

    return write


WRITES: dict[str, Write] = {
    "a name": patched(name_en="Junction elsewhere"),
    "a camera out of service": patched(enabled=False),
    "an owner": patched(owner_id=B),
    "a camera that comes online": in_state(CameraState.ONLINE),
    "a camera that refuses": in_state(CameraState.REFUSED, "unauthorised"),
    "an organisation's name": _renamed,
    "a grant": lambda world, conn: grants.insert(conn, to_jinxin(world)),
    "a deny": lambda world, conn: grants.insert(
        conn,
        replace(
            policy((GranteeKind.ROLE, Role.AUDIT_MANAGER), (TargetKind.ALL, ""), frozenset(Action)), effect=Effect.DENY
        ),
    ),
    "a revocation": _revoke,
}


@pytest.mark.parametrize("written", WRITES)
async def test_kept_lists_are_what_the_database_says(world: World, written: str) -> None:
    everybody = [(login, query) for login in LOGINS for query in QUERIES]
    before = [await asked(world, login, query) for login, query in everybody]
    again = [await asked(world, login, query) for login, query in everybody]
    assert all(one is other for one, other in zip(before, again, strict=True)), "asked again is not read again"
    async with world.office.store.begin() as conn:
        await WRITES[written](world, conn)
    after = [await asked(world, login, query) for login, query in everybody]
    assert after == [await read(world, login, query) for login, query in everybody]
    assert after != before, "the write can be seen in a list"


async def test_a_kept_list_ends_with_the_grant_that_opened_it(world: World) -> None:
    camera = world.camera(A).id
    async with world.office.store.begin() as conn:
        await grants.insert(conn, to_jinxin(world, not_after=START + 3 * HOUR))
    for hours, seen in ((0, True), (2.9, True), (3, False)):
        world.clock.at = START + hours * HOUR
        shown = await asked(world, "jinxin")
        assert (camera in {one.id for one in shown.items}, shown) == (seen, await read(world, "jinxin")), hours


async def test_a_kept_list_follows_hours_and_beginnings(world: World) -> None:
    lunch = Hours(schedule_from({"hours": ["12:00-13:00"]}))
    async with world.office.store.begin() as conn:
        await grants.insert(conn, to_jinxin(world, hours=lunch, not_before=START + HOUR))
    seen = []
    for minutes in range(0, 300, 15):  # from nine in the morning until two
        world.clock.at = START + timedelta(minutes=minutes)
        shown = await asked(world, "jinxin")
        assert shown == await read(world, "jinxin")
        seen.append(len(shown.items) == 4)
    assert seen == [180 <= minutes < 240 for minutes in range(0, 300, 15)]


async def test_pages_of_one_list_are_kept_apart(world: World) -> None:
    first = await asked(world, "district")
    second = await asked(world, "district", after=first.next)
    assert first.next is not None
    assert not {one.id for one in first.items} & {one.id for one in second.items}
    assert await asked(world, "district", after=first.next) is second


async def test_a_token_of_the_same_grants_is_shown_what_its_scopes_allow(world: World) -> None:
    await asked(world, "jinsha")
    world.people["jinsha"] = replace(world.people["jinsha"], scopes=frozenset({Action.DIRECTORY}))
    shown = await asked(world, "jinsha")
    assert shown == await read(world, "jinsha")
    assert {action for one in shown.items for action in one.actions} == {Action.DIRECTORY}
    assert {one.owner_id for one in shown.items} == {None}


async def test_two_of_one_unit_in_the_same_role_share_a_list(world: World) -> None:
    colleague = replace(world.people["jinsha"], id="colleague", login="colleague")
    mine = await asked(world, "jinsha")
    world.people["colleague"] = colleague
    await asked(world, "colleague")  # whose grants are read first
    assert await asked(world, "colleague") is await asked(world, "jinsha")
    assert await asked(world, "colleague") == mine


async def test_who_read_an_older_state_neither_gets_nor_leaves_a_list(world: World) -> None:
    async with world.office.store.read() as conn:
        older = await epochs.scene(conn)
    async with world.office.store.begin() as conn:
        await WRITES["a name"](world, conn)
    new = await asked(world, "jinsha")
    late = Caller(world.people["jinsha"], "session", None, scene=older)
    assert await catalogue.listed(world.office, late, ALL, None, 4) == new
    assert await asked(world, "jinsha") == await read(world, "jinsha")


async def test_no_more_rows_are_kept_than_fit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.kept_lists.MOST", 5)
    for _ in range(2):
        for login in LOGINS:
            assert await asked(world, login) == await read(world, login)


async def test_lists_that_show_nothing_take_room_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whoever asks for ever other owners would fill the memory with questions."""
    monkeypatch.setattr("gateway.services.kept_lists.MOST", 5)
    for number in range(20):
        assert not (await asked(world, "jinsha", CameraQuery(owner_id=f"nobody-{number}"))).items
        assert len(world.office.lists) <= 5


async def test_the_same_page_again_takes_no_more_room(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, page, person = KeptLists(), await asked(world, "jinsha"), world.people["jinsha"]
    async with world.office.store.read() as conn:
        scene, grants = await epochs.scene(conn), await world.office.store.grants.of(conn, person, START)
    monkeypatch.setattr("gateway.services.kept_lists.MOST", len(page.items) + 1)
    for query in (ALL, ALL, ALL, CameraQuery(owner_id="nobody")):
        kept.keep(scene, grants, Asked(query, None, 4), START, page if query is ALL else Page([], None))
    assert len(kept) == 2


async def test_a_list_by_request_shows_what_was_changed_by_request(world: World, browser_of: Browsers) -> None:
    leader = await browser_of("leader")
    camera = world.camera(A).id

    async def names() -> set[str]:
        return {one["name_en"] for one in (await leader.get("/cameras?limit=50")).json()["items"]}

    await names()
    await names()
    file = (await leader.get(f"/cameras/{camera}")).json()
    changed = await leader.patch(f"/cameras/{camera}", json={"version": file["version"], "name_en": "Renamed"})
    assert changed.status_code == 200, changed.text
    assert "Renamed" in await names()


async def test_a_suspended_account_is_shown_nothing_that_was_kept(world: World, browser_of: Browsers) -> None:
    jinsha = await browser_of("jinsha")
    for _ in range(2):
        assert (await jinsha.get("/cameras")).status_code == 200
    async with world.office.store.begin() as conn:
        await operators.disable(conn, world.people["jinsha"].id, START)
    assert (await jinsha.get("/cameras")).status_code == 401
