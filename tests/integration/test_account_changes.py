"""R15: what would show more pictures, or make a manager, waits until the security manager puts it into force."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.domain.operators import MANAGERS, Role
from gateway.services import changing
from gateway.services.errors import Forbidden
from gateway.services.office import Caller
from gateway.storage import auditing
from tests.integration.conftest import Browsers
from tests.integration.newcomers import made
from tests.integration.world import A, B, World

WIDER: list[tuple[str, dict[str, Any]]] = [
    ("grid1", {"roles": ["township_operator"]}),
    ("jinsha", {"roles": ["shift_leader"]}),
    ("jinsha", {"organisation_id": B}),
    ("audit", {"roles": ["district_operator"]}),
    ("grid1", {"roles": ["security_manager"]}),
    ("audit", {"roles": ["security_manager"]}),
    ("jinsha", {"roles": ["system_manager"]}),
]


@pytest.mark.parametrize(("login", "wish"), WIDER)
async def test_r15_a_change_that_shows_more_pictures_takes_two_managers(
    world: World, browser_of: Browsers, login: str, wish: dict[str, Any]
) -> None:
    manager, security = await browser_of("system"), await browser_of("security")
    person = world.people[login]
    before = {"roles": sorted(person.roles), "organisation_id": person.organisation_id}
    answer = await manager.patch(f"/operators/{person.id}", json=wish | {"name": "改名"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert {name: shown[name] for name in before} == before
    assert shown["name"] == "改名", "what shows nobody anything counts at once"
    waiting = shown["footing"]["change"]
    assert {name: waiting[name] for name in before} == before | wish
    told = (await security.get("/notices")).json()["items"]
    assert [one["object_id"] for one in told if one["kind"] == "change_to_release"] == [person.id]
    path = f"/operators/{person.id}/changes/{waiting['id']}/release"
    assert (await manager.post(path)).status_code == 403
    released = await security.post(path)
    assert released.status_code == 200, released.text
    assert {name: released.json()[name] for name in before} == before | wish
    assert released.json()["footing"]["change"] is None
    assert (await security.post(path)).status_code == 404
    async with world.office.store.read() as conn:
        lines = (await auditing.page(conn, object_kind="operator", object_id=person.id)).items
    made = next(line for line in lines if line.action == "change_operator" and "asked_by" in line.detail)
    assert (made.actor_id, made.detail["asked_by"]) == (world.people["security"].id, world.people["system"].id)
    assert "ask_account_change" in {line.action for line in lines}


async def test_r15_only_the_change_that_was_looked_at_is_released(world: World, browser_of: Browsers) -> None:
    """A newer one takes its place, and roles that show no more take it away."""
    manager, security = await browser_of("system"), await browser_of("security")
    address = f"/operators/{world.people['grid1'].id}"
    first, second = [
        (await manager.patch(address, json={"roles": [role]})).json()["footing"]["change"]["id"]
        for role in ("department_staff", "shift_leader")
    ]
    assert (await security.post(f"{address}/changes/{first}/release")).status_code == 404
    gone = await manager.patch(address, json={"roles": ["grid_member"]})
    assert gone.json()["footing"]["change"] is None
    assert (await security.post(f"{address}/changes/{second}/release")).status_code == 404
    assert gone.json()["roles"] == ["grid_member"]


async def test_r15_who_asked_for_a_change_does_not_release_it_in_whatever_role(
    world: World, browser_of: Browsers
) -> None:
    """Nor whose account it is."""
    manager, grid = await browser_of("system"), world.people["grid1"]
    answer = await manager.patch(f"/operators/{grid.id}", json={"roles": ["shift_leader"]})
    for person in (world.people["system"], grid):
        turned = Caller(replace(person, roles=frozenset({Role.SECURITY_MANAGER})), "session", None)
        with pytest.raises(Forbidden):
            await changing.release(world.office, turned, grid.id, answer.json()["footing"]["change"]["id"])


async def test_r15_the_system_manager_alone_makes_nobody_the_second_manager(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    """Or they would turn an account of their own into one that releases whatever they make."""
    manager, own = await browser_of("system"), await browser_of("grid1")
    grid = world.people["grid1"].id
    waiting = (await manager.patch(f"/operators/{grid}", json={"roles": ["security_manager"]})).json()
    new = await made(manager, login="newcomer", name="新人", organisation_id="district", roles=["shift_leader"])
    for path in (f"/operators/{new['operator']['id']}/release", _release_of(grid, waiting)):
        assert (await own.post(path)).status_code == 403
    assert (await (await browser_of("security")).post(_release_of(grid, waiting))).status_code == 200


OVER: list[dict[str, Any]] = [
    {"disabled": True},
    {"valid_until": "2020-01-01T00:00:00Z"},
    {"pledged_at": "2020-01-01T00:00:00Z"},
]


async def _opened_by_one(
    world: World, browser_of: Browsers, over: dict[str, Any], more: dict[str, Any]
) -> dict[str, Any]:
    """A township operator's account as it is shown once one manager has ended it and then asked to open it again."""
    manager, address = await browser_of("system"), f"/operators/{world.people['jinsha'].id}"
    assert (await manager.patch(address, json=over)).json()["footing"]["change"] is None, "taking away never waits"
    wish = {"disabled": False, "valid_until": None, "pledged_at": world.clock.now().isoformat()}
    shown: dict[str, Any] = (await manager.patch(address, json=wish | more)).json()
    assert shown["disabled"] or shown["footing"]["lapsed"] in ("validity", "pledge")
    assert shown["footing"]["change"]["opens"] is True
    return shown


@pytest.mark.parametrize("over", OVER)
@pytest.mark.parametrize("later", [False, True])
async def test_r15_an_account_that_is_over_opens_again_by_two_managers(
    world: World, browser_of: Browsers, over: dict[str, Any], later: bool
) -> None:
    """Be it from a day on that is yet to come."""
    tomorrow = {"valid_from": (world.clock.now() + timedelta(days=1)).isoformat()}
    shown = await _opened_by_one(world, browser_of, over, {"name": "改名"} | (tomorrow if later else {}))
    assert shown["name"] == "改名"
    assert shown["footing"]["valid_from"] is None
    opened = (await (await browser_of("security")).post(_release_of(shown["id"], shown))).json()
    assert (opened["disabled"], opened["footing"]["lapsed"]) == (False, "not_yet" if later else None)
    assert (opened["footing"]["valid_from"] is None, opened["footing"]["change"]) == (not later, None)


@pytest.mark.parametrize("over", OVER)
@pytest.mark.parametrize("role", sorted(MANAGERS))
async def test_r15_an_account_that_is_over_is_not_opened_beside_a_role_that_waits(
    world: World, browser_of: Browsers, over: dict[str, Any], role: Role
) -> None:
    """The role is a manager's and shows nothing; the account would open in the one that it has until then."""
    shown = await _opened_by_one(world, browser_of, over, {"roles": [role]})
    assert shown["roles"] == ["township_operator"]
    opened = (await (await browser_of("security")).post(_release_of(shown["id"], shown))).json()
    assert (opened["disabled"], opened["footing"]["lapsed"], opened["roles"]) == (False, None, [role])


async def test_r15_what_is_taken_away_meanwhile_is_not_opened(world: World, browser_of: Browsers) -> None:
    manager, security = await browser_of("system"), await browser_of("security")
    address = f"/operators/{world.people['jinsha'].id}"
    await manager.patch(address, json={"disabled": True})
    shown = (await manager.patch(address, json={"disabled": False})).json()
    assert (await manager.patch(address, json={"disabled": True})).json()["footing"]["change"] is None
    assert (await security.post(_release_of(shown["id"], shown))).status_code == 404


async def test_what_holds_still_is_renewed_by_one_manager(world: World, browser_of: Browsers) -> None:
    """So is an account that shows no pictures, whose only releaser it may be."""
    manager, now = await browser_of("system"), world.clock.now()
    fresh = {"pledged_at": now.isoformat(), "trained_at": now.isoformat()}
    renewed = (await manager.patch(f"/operators/{world.people['jinsha'].id}", json=fresh)).json()
    assert (renewed["footing"]["change"], renewed["footing"]["lapsed"]) == (None, None)
    security = f"/operators/{world.people['security'].id}"
    for change in ({"disabled": True}, {"disabled": False}):
        kept = (await manager.patch(security, json=change)).json()
        assert (kept["disabled"], kept["footing"]["change"]) == (change["disabled"], None)


def _release_of(operator_id: str, shown: dict[str, Any]) -> str:
    return f"/operators/{operator_id}/changes/{shown['footing']['change']['id']}/release"


@pytest.mark.parametrize(
    ("wish", "status"), [({"roles": ["shift_leader", "audit_manager"]}, 422), ({"organisation_id": "nowhere"}, 422)]
)
async def test_a_change_that_may_not_be_is_refused_before_it_waits(
    world: World, browser_of: Browsers, wish: dict[str, Any], status: int
) -> None:
    manager = await browser_of("system")
    answer = await manager.patch(f"/operators/{world.people['jinsha'].id}", json=wish)
    assert answer.status_code == status
    listed = {one["login"]: one for one in (await manager.get("/operators")).json()["items"]}
    assert listed["jinsha"]["footing"]["change"] is None


async def test_what_shows_no_more_counts_at_once(world: World, browser_of: Browsers) -> None:
    manager = await browser_of("system")
    for login, wish in (("grid1", {"organisation_id": B}), ("jinsha", {"roles": ["grid_member"]})):
        answer = await manager.patch(f"/operators/{world.people[login].id}", json=wish)
        assert answer.json()["footing"]["change"] is None
        assert {name: answer.json()[name] for name in wish} == wish
    assert world.people["grid1"].organisation_id == A
