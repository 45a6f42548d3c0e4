"""What was given to somebody they do not give to themselves, and what they gave of it ends with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.bus.local import LocalBus
from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.messages import Topic
from gateway.services import onward_giving, sharing
from gateway.services import viewing as viewing_module
from gateway.services.office import Caller
from gateway.storage import auditing, grants, operators
from tests.integration.conftest import Browsers
from tests.integration.giving import grant_of
from tests.integration.test_live import Scene, Worker, scene, text, watching
from tests.integration.world import DEPARTMENT, START, A, B, World


def _wish(camera_id: str, grantee: str, **more: Any) -> dict[str, Any]:
    return grant_of(camera_id, grantee, **{"actions": ["view_live", "share"]} | more)


async def _given(giver: httpx.AsyncClient, camera_id: str, grantee: str, **more: Any) -> str:
    answer = await giver.post("/grants", json=_wish(camera_id, grantee, **more))
    assert answer.status_code == 201, answer.text
    grant_id: str = answer.json()["id"]
    return grant_id


async def _revoked(giver: httpx.AsyncClient, grant_id: str) -> None:
    answer = await giver.post(f"/grants/{grant_id}/revoke", json={"reason": "over"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("to", ["person", "organisation"])
@pytest.mark.parametrize(
    "onward",
    [
        {"grantee_id": B},
        {"grantee_id": "district", "includes_below": True},
        {"grantee_kind": "role", "grantee_id": "township_operator"},
        {"grantee_kind": "role", "grantee_id": "township_operator", "grantee_within": B},
        {
            "grantee_kind": "role",
            "grantee_id": "township_operator",
            "grantee_within": "district",
            "includes_below": True,
        },
    ],
)
async def test_nobody_makes_what_they_were_given_their_own(
    world: World, browser_of: Browsers, to: str, onward: dict[str, Any]
) -> None:
    owner, other, camera = await browser_of("jinsha"), await browser_of("jinxin"), world.camera(A)
    person = {"grantee_kind": "operator", "grantee_id": world.people["jinxin"].id}
    first = await _given(owner, camera.id, B, **(person if to == "person" else {}))
    answer = await other.post("/grants", json=_wish(camera.id, B, **onward))
    assert answer.status_code == 403, answer.text
    assert "your own organisation" in answer.text
    await _revoked(owner, first)
    assert (await other.get(f"/cameras/{camera.id}")).status_code == 404


async def test_an_owner_still_gives_to_their_own_people(world: World, browser_of: Browsers) -> None:
    for login, home in (("jinsha", A), ("leader", "district")):
        await _given(await browser_of(login), world.camera(A).id, home)


async def test_what_was_given_onward_ends_with_its_source_and_everybody_concerned_is_told(
    world: World, browser_of: Browsers
) -> None:
    """A gives B, B gives the department, the department gives the district: the first alone holds all the others up."""
    owner, other, third = [await browser_of(login) for login in ("jinsha", "jinxin", "transport")]
    camera = world.camera(A)
    first = await _given(owner, camera.id, B)
    second = await _given(other, camera.id, DEPARTMENT)
    last = await _given(third, camera.id, "district", actions=["view_live"])
    by_right = await _given(owner, camera.id, DEPARTMENT, actions=["list"])
    world.bus.rung.clear()
    await _revoked(owner, first)
    async with world.office.store.read() as conn:
        over = await grants.revocations(conn, [first, second, last, by_right])
        (line,) = (await auditing.page(conn, object_id=last)).items[:1]
        written = {one: (await auditing.page(conn, object_id=one)).items for one in (second, last)}
        assert await auditing.verify(conn, world.office.gateway_id) is None
    assert set(over) == {first, second, last}
    assert {"revoke_grant"} <= {entry.action for entry in written[second]}
    assert line.detail["source"] == second
    rung = [message.ids for message in world.bus.rung if message.topic is Topic.PERMISSIONS]
    assert any({first, second, last} <= set(ids) for ids in rung), "pictures by any of them end at once"
    assert set((await third.get(f"/cameras/{camera.id}")).json()["actions"]) == {"directory", "list"}
    for who in (other, third):
        assert "onward_ended" in {item["kind"] for item in (await who.get("/notices")).json()["items"]}
    assert not await _swept(world), "nothing is left to a sweep"


def _caller(shown: Scene, login: str) -> Caller:
    return Caller(shown.world.people[login], "", None)


def _plain(camera_id: str, grantee: str) -> sharing.Wish:
    actions = frozenset({Action.VIEW_LIVE, Action.SHARE})
    return sharing.Wish(GranteeKind.ORGANISATION, grantee, TargetKind.CAMERA, camera_id, actions, "joint patrol")


async def _swept(world: World) -> list[tuple[str, str]]:
    async with world.office.store.read() as conn:
        found = await grants.left_over(conn, world.clock.now())
    await onward_giving.sweep(world.office, world.clock.now())
    return found


async def test_what_leans_on_a_grant_never_outlasts_it(world: World, browser_of: Browsers) -> None:
    """Also where only the right to share ends earlier, and nobody is there to revoke anything."""
    owner, other, camera = await browser_of("jinsha"), await browser_of("jinxin"), world.camera(A)
    soon, later = [(START + timedelta(hours=hours)).isoformat() for hours in (1, 3)]
    await _given(owner, camera.id, B, actions=["view_live"], not_after=later)
    await _given(owner, camera.id, B, actions=["view_live", "share"], not_after=soon)
    wish = _wish(camera.id, DEPARTMENT, actions=["view_live"])
    assert (await other.post("/grants", json=wish | {"not_after": later})).status_code == 403
    assert (await other.post("/grants", json=wish | {"not_after": soon})).status_code == 201


async def test_what_somebody_gave_by_their_own_grant_ends_when_their_account_does(
    world: World, browser_of: Browsers
) -> None:
    owner, other, third = [await browser_of(login) for login in ("jinsha", "jinxin", "transport")]
    camera, person = world.camera(A), world.people["jinxin"]
    await _given(owner, camera.id, B, grantee_kind="operator", grantee_id=person.id)
    second = await _given(other, camera.id, DEPARTMENT, actions=["view_live"])
    kept = await _given(other, world.camera(B).id, DEPARTMENT, actions=["view_live"])
    assert not await _swept(world)
    async with world.office.store.begin() as conn:
        await operators.disable(conn, person.id, world.clock.now())
    assert [found for found, _ in await _swept(world)] == [second]
    assert (await third.get(f"/cameras/{camera.id}")).status_code == 404
    assert (await third.get(f"/cameras/{world.camera(B).id}")).status_code == 200, "what they owned stays given"
    async with world.office.store.read() as conn:
        assert set(await grants.revocations(conn, [second, kept])) == {second}
        assert (await auditing.page(conn, object_id=second)).items[0].actor_id == "system"
    assert not await _swept(world), "once"


async def test_an_organisations_grant_stays_when_one_of_its_people_goes(world: World, browser_of: Browsers) -> None:
    owner, other, camera = await browser_of("jinsha"), await browser_of("jinxin"), world.camera(A)
    await _given(owner, camera.id, B)
    await _given(other, camera.id, DEPARTMENT, actions=["view_live"])
    async with world.office.store.begin() as conn:
        await operators.disable(conn, world.people["jinxin"].id, world.clock.now())
    assert not await _swept(world)


async def test_a_lent_camera_goes_into_no_group_that_others_hold(world: World, browser_of: Browsers) -> None:
    """Or it would stay with them after its owner took it back; in a group that nobody holds yet, its grant leans."""
    owner, other, third = [await browser_of(login) for login in ("jinsha", "jinxin", "transport")]
    camera, own = world.camera(A), world.camera(B)
    first = await _given(owner, camera.id, B)
    held, free = [(await other.post("/camera-groups", json={"name_zh": name})).json()["id"] for name in ("甲", "乙")]
    on_group = {"target_kind": "group", "actions": ["view_live"]}
    assert (await other.post(f"/camera-groups/{held}/cameras", json={"put": [own.id]})).status_code == 200
    kept = await _given(other, held, DEPARTMENT, **on_group)
    assert (await other.post(f"/camera-groups/{held}/cameras", json={"put": [camera.id]})).status_code == 403
    assert (await other.post(f"/camera-groups/{free}/cameras", json={"put": [camera.id, own.id]})).status_code == 200
    leaning = await _given(other, free, DEPARTMENT, **on_group)
    assert (await third.get(f"/cameras/{camera.id}")).status_code == 200
    await _revoked(owner, first)
    assert (await third.get(f"/cameras/{camera.id}")).status_code == 404
    async with world.office.store.read() as conn:
        assert set(await grants.revocations(conn, [kept, leaning])) == {leaning}


async def test_a_picture_on_what_was_given_onward_ends_with_the_source(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing_module, "POLL_SECONDS", 3600.0)
    camera = world.camera(A)
    async with scene(world, tmp_path, LocalBus(), Worker()) as shown:
        first = (await sharing.give(shown.office, _caller(shown, "jinsha"), _plain(camera.id, B))).id
        await sharing.give(shown.office, _caller(shown, "jinxin"), _plain(camera.id, DEPARTMENT))
        async with watching(shown, "transport", camera.id) as socket:
            await text(socket)
            await sharing.revoke(shown.office, _caller(shown, "jinsha"), first, "over")
            assert (await text(socket))["code"] == "revoked"


@pytest.mark.parametrize("change", [{"owner_id": B}, {"maintainer_id": B}, {"township_code": "320612004"}])
async def test_what_is_lent_is_not_taken_by_editing_its_file(
    world: World, browser_of: Browsers, change: dict[str, str]
) -> None:
    camera = world.camera(A)
    owner, borrower = await browser_of("jinsha"), await browser_of("jinxin")
    await _given(owner, camera.id, B, actions=["list", "manage"])
    version = (await borrower.get(f"/cameras/{camera.id}")).json()["version"]
    answer = await borrower.patch(f"/cameras/{camera.id}", json={"version": version} | change)
    assert answer.status_code == 403, answer.text
    assert "lent to you" in answer.text
    renamed = await borrower.patch(f"/cameras/{camera.id}", json={"version": version, "name_en": "Lent"})
    assert renamed.status_code == 200, renamed.text
    if "township_code" not in change:
        wish = {"ids": [camera.id], "changes": change}
        previewed = (await borrower.post("/cameras/bulk/preview", json=wish)).json()
        assert (previewed["refused"], previewed["changed"]) == (1, 0), previewed
