"""What SQL says of all cameras is exactly what ``permits`` says of each: random people, grants, times and purposes.

The cameras' owners, groups and places are laid out once so that every kind of target reaches some of them and no two
kinds reach the same ones; grants and people are random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, CameraKind, Datum, Place
from gateway.domain.conditions import Condition
from gateway.domain.datum import converted
from gateway.domain.grants import Effect, Grant, GranteeKind, Held, TargetKind, permits
from gateway.domain.groups import Area, CameraGroup
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation, OrganisationKind
from gateway.domain.schedules import schedule_from
from gateway.services.camera_views import Permissions
from gateway.storage import areas, camera_lists, cameras, grants, groups, operators, organisations, tables
from gateway.storage.camera_lists import CameraQuery
from gateway.storage.cameras import NewCamera
from gateway.storage.operators import Account
from gateway.storage.reaching import reach
from gateway.storage.store import Store
from tests.contract.storage.district import CAMERAS, D1, NOW, T1, T2, camera, grant, lay
from tests.contract.storage.near_misses import C1, DEEP, Asked, near_misses

C2 = "C-2"
ORGANISATIONS = ("district", T1, T2, D1, C1, C2, DEEP)
TREE = (
    Organisation(C1, OrganisationKind.COMMUNITY, "社区一", "One", T1),
    Organisation(C2, OrganisationKind.COMMUNITY, "社区二", "Two", T2),
    Organisation(DEEP, OrganisationKind.COMMUNITY, "小区", "Deep", C1),
)
MORE = (
    camera(7, owner_id=C1, maintainer_id=D1),
    camera(8, owner_id=DEEP, maintainer_id=DEEP, place=Place(32.2, 121.2), kind=CameraKind.SQUARE),
    camera(9, owner_id=C2, maintainer_id=C1, place=Place(32.2, 121.07), township_code="320612004"),
)
EVERY = tuple(one.id for one in (*CAMERAS, *MORE))
BAGS = {"G-1": ("C-001", "C-004", "C-008"), "G-2": ("C-004", "C-009"), "G-3": ()}
OUTLINES = {
    "A-1": ((121.0, 32.0), (121.1, 32.0), (121.1, 32.1), (121.0, 32.1)),
    "A-2": ((121.15, 32.15), (121.3, 32.15), (121.3, 32.3)),
    "A-3": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),
}
ROLES = (Role.SHIFT_LEADER, Role.TOWNSHIP_OPERATOR, Role.GRID_MEMBER, Role.SERVICE)
PURPOSES = ("PS-ORDER", "PS-FLOOD")
ACTIONS = (Action.LIST, Action.VIEW_LIVE, Action.EXPORT)


HOURS = st.one_of(
    st.none(),
    st.builds(
        lambda days, window, offset: Hours(schedule_from({"days": days, "hours": [window]}), offset),
        st.lists(st.sampled_from(["sat", "sun", "mon"]), min_size=1, max_size=2, unique=True),
        st.sampled_from(["00:00-24:00", "08:00-17:00", "16:00-16:30", "22:00-17:00"]),
        st.sampled_from([480, 0]),
    ),
)


def target(kind: TargetKind, *names: str) -> st.SearchStrategy[tuple[TargetKind, str]]:
    return st.tuples(st.just(kind), st.sampled_from(names))


TARGETS = st.one_of(
    st.just((TargetKind.ALL, "")),
    target(TargetKind.CAMERA, *EVERY, "C-999"),
    target(TargetKind.RECORDER, "R-1", "R-9"),
    target(TargetKind.KIND, "road", "junction", "water", "square"),
    target(TargetKind.OWNED_BY, *ORGANISATIONS),
    target(TargetKind.OWNED_BY, "district", T1),
    target(TargetKind.MAINTAINED_BY, *ORGANISATIONS),
    target(TargetKind.LOCATED_IN, "320612001", "320612004", "320612999"),
    target(TargetKind.GROUP, *BAGS, "G-9"),
    target(TargetKind.AREA, *OUTLINES, "A-9"),
)
BY_NAME = st.sampled_from([GranteeKind.OPERATOR, GranteeKind.SERVICE_ACCOUNT])
HOLDERS = st.one_of(
    st.tuples(st.just(GranteeKind.ORGANISATION), st.sampled_from(ORGANISATIONS)),
    st.tuples(st.just(GranteeKind.ROLE), st.sampled_from([role.value for role in ROLES])),
    # mostly to the one who asks, or most examples would have nothing to disagree about
    st.tuples(BY_NAME, st.sampled_from(["me", "me", "me", "you"])),
    st.tuples(BY_NAME, st.just("me")),
)
SPOKEN_OF = st.sampled_from([frozenset(ACTIONS), frozenset(ACTIONS), frozenset(ACTIONS[:1]), frozenset()])
BEGUN = st.sampled_from([-3, -2, -1, 0, 0, 1, 3]).map(lambda hours: NOW + timedelta(hours=hours))


def moment(hours: int | None) -> datetime | None:
    return None if hours is None else NOW + timedelta(hours=hours)


OVER = st.sampled_from([None, None, None, -1, 0, 1, 3]).map(moment)


@st.composite
def some_grants(draw: st.DrawFn, holders: st.SearchStrategy[tuple[GranteeKind, str]] = HOLDERS) -> list[Grant]:
    found = []
    for _ in range(draw(st.sampled_from([1, 2, 3, 3, 4, 6, 0]))):
        holder, pointed = draw(holders), draw(TARGETS)
        within = draw(st.just("") | st.sampled_from(ORGANISATIONS)) if holder[0] is GranteeKind.ROLE else ""
        effect = draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY]))
        bare = grant(
            holder,
            pointed,
            effect=effect,
            not_before=draw(BEGUN),
            not_after=draw(OVER),
            purposes=draw(st.none() | st.frozensets(st.sampled_from(PURPOSES))),
        )
        found.append(
            replace(
                bare,
                actions=draw(
                    st.sampled_from([frozenset(ACTIONS), frozenset(ACTIONS), frozenset(ACTIONS[:1]), frozenset()])
                ),
                revoked_at=draw(OVER if draw(st.integers(0, 4)) == 4 else st.none()),
                grantee_within=within,
                includes_below=draw(st.booleans()) and holder[0] in (GranteeKind.ORGANISATION, GranteeKind.ROLE),
                target_below=draw(st.booleans()) and pointed[0] in (TargetKind.OWNED_BY, TargetKind.MAINTAINED_BY),
                hours=draw(HOURS),
                conditions=draw(st.frozensets(st.sampled_from(Condition))),
            )
        )
    return found


PEOPLE = st.builds(
    Operator,
    id=st.just("me"),
    login=st.just("me"),
    name=st.just("me"),
    organisation_id=st.sampled_from(ORGANISATIONS),
    roles=st.sampled_from(
        [frozenset({role}) for role in ROLES] + [frozenset(ROLES[:2]), frozenset(ROLES), frozenset()]
    ),
    disabled_at=OVER,
    # an account that has begun and one without an end are the common case
    valid_from=st.sampled_from([None, None, -1, 0, 1]).map(moment),
    valid_until=OVER,
)


async def _laid(connection: AsyncConnection) -> dict[str, Camera]:
    """The district with communities, groups and areas; every camera as storage reads it."""
    if await cameras.get(connection, "C-009") is None:
        await lay(connection)
        await organisations.replace(connection, TREE)
        await cameras.replace(connection, [NewCamera(one) for one in MORE], NOW)
        for name, members in BAGS.items():
            await groups.insert(connection, CameraGroup(name, T1, name, ""), "me", NOW)
            await groups.put_in(connection, name, members)
        for name, outline in OUTLINES.items():
            await areas.insert(connection, Area(name, T1, name, "", outline), "me", NOW)
    await connection.execute(delete(tables.grant_actions))
    await connection.execute(delete(tables.grants))
    await connection.execute(delete(tables.operators))
    return await cameras.many(connection, EVERY)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    bare=PEOPLE,
    rows=some_grants(),
    action=st.sampled_from(ACTIONS),
    purpose=st.none() | st.sampled_from(PURPOSES),
    at=st.sampled_from([0, 0, 1, -1, 2]).map(lambda hours: NOW + timedelta(hours=hours)),
)
async def test_r10_sql_and_permits_agree(
    store: Store, bare: Operator, rows: list[Grant], action: Action, purpose: str | None, at: datetime
) -> None:
    await _agree(store, bare, rows, action, purpose, at)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(asked=near_misses(), action=st.sampled_from([Action.LIST, Action.VIEW_LIVE]))
async def test_r10_sql_and_permits_agree_where_one_thing_is_wrong(store: Store, asked: Asked, action: Action) -> None:
    await _agree(store, asked.who, asked.rows, action, asked.purpose, NOW)


async def _agree(
    store: Store, bare: Operator, rows: Sequence[Grant], action: Action, purpose: str | None, at: datetime
) -> None:
    """What SQL says of all cameras is what ``permits`` says of each."""
    async with store.begin() as connection:
        known = await _laid(connection)
        await operators.insert(connection, Account(bare, "hash", 0, None, NOW))
        who = await operators.get(connection, "me")
        assert who is not None
        for row in rows:
            await grants.insert(connection, row)
    wanted = {one.id for one in known.values() if permits(who, action, one.facts, rows, at, purpose).allowed}
    async with store.read() as connection:
        scope = await reach(connection, who, action, at, purpose)
        seen = set(await connection.scalars(select(tables.cameras.c.id).where(scope.condition())))
        mine = await grants.for_operator(connection, who, at)
        own = {one.id for one in known.values() if permits(who, action, one.facts, mine, at, purpose).allowed}
        by_camera = {
            one.id
            for one in known.values()
            if permits(who, action, one.facts, await grants.for_camera(connection, one.facts, at), at, purpose).allowed
        }
        listed = await _all_pages(connection, who, action, at)
        assert listed == await _all_pages(connection, who, action, at, mine)
    assert seen == own == by_camera == wanted
    may = Permissions(who, mine, at)
    for one in known.values():
        assert may.of(one) == [each for each in Action if permits(who, each, one.facts, rows, at).allowed]
    whatever = {one.id for one in known.values() if permits(who, action, one.facts, rows, at).allowed}
    assert (len(listed), set(listed)) == (len(whatever), whatever)


async def _all_pages(
    connection: AsyncConnection, who: Operator, action: Action, at: datetime, held: Held | None = None
) -> list[str]:
    """What the list shows, two at a time."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = await camera_lists.page(connection, who, action, at, CameraQuery(), after=after, limit=2, held=held)
        found += [item.camera.id for item in page.items]
        after = page.next
        if after is None:
            return found


async def test_what_hangs_on_a_camera_is_read_with_it(store: Store) -> None:
    async with store.begin() as connection:
        known = await _laid(connection)
    deep, water, far = (known[name].facts for name in ("C-008", "C-004", "C-009"))
    assert deep.owner_above == {C1, T1, "district"}
    assert (deep.groups, deep.areas) == ({"G-1"}, {"A-2"})
    assert (water.owner_above, water.groups, water.areas) == ({"district"}, {"G-1", "G-2"}, {"A-1"})
    assert (far.owner_above, far.maintainer_above, far.areas) == ({T2, "district"}, {T1, "district"}, frozenset())


async def test_a_camera_that_moves_changes_its_areas_and_an_organisation_its_line(store: Store) -> None:
    async with store.begin() as connection:
        await _laid(connection)
        file = await cameras.get_file(connection, "C-001")
        assert file is not None
        await cameras.patch(connection, "C-001", file.version, {"latitude": 32.2, "longitude": 121.25}, NOW)
        await organisations.replace(connection, [replace(TREE[2], parent_id=T2)])
        known = await cameras.many(connection, EVERY)
        assert known["C-001"].facts.areas == {"A-2"}
        assert known["C-008"].facts.owner_above == {T2, "district"}
        await areas.remove(connection, "A-2")
        await groups.take_out(connection, "G-1", ["C-001"])
        known = await cameras.many(connection, EVERY)
        assert (known["C-001"].facts.areas, known["C-001"].facts.groups) == (frozenset(), frozenset())


async def test_thousands_of_targets_are_one_parameter(store: Store) -> None:
    async with store.begin() as connection:
        await _laid(connection)
        who = Operator("me", "me", "me", T1, frozenset({Role.SHIFT_LEADER}))
        for number in range(300):
            effect = Effect.ALLOW if number else Effect.DENY
            one = grant((GranteeKind.OPERATOR, "me"), (TargetKind.CAMERA, f"C-{number + 2:03d}"), effect=effect)
            await grants.insert(connection, one)
        scope = await reach(connection, who, Action.LIST, NOW)
        seen = set(await connection.scalars(select(tables.cameras.c.id).where(scope.condition())))
        assert seen == set(EVERY) - {"C-001", "C-002"}
        assert set(await _all_pages(connection, who, Action.LIST, NOW)) == seen


async def test_an_area_knows_the_true_place_of_a_camera_in_the_offset_datum(store: Store) -> None:
    """Half a kilometre apart: outside by its figures, inside on the ground."""
    on_map = Place(32.05, 121.05)
    offset = converted(on_map, Datum.GCJ02)
    tight = Area("A-4", T1, "A-4", "", square(on_map, 0.001))
    async with store.begin() as connection:
        await _laid(connection)
        await areas.insert(connection, tight, "me", NOW)
        await cameras.replace(connection, [NewCamera(camera(10, place=offset))], NOW)
        known = await cameras.get(connection, "C-010")
        assert known is not None
        assert "A-4" in known.facts.areas
        await areas.remove(connection, "A-4")
        assert await areas.insert(connection, tight, "me", NOW) == 1


def square(centre: Place, size: float) -> tuple[tuple[float, float], ...]:
    west, south = centre.longitude - size, centre.latitude - size
    return ((west, south), (west + 2 * size, south), (west + 2 * size, south + 2 * size), (west, south + 2 * size))
