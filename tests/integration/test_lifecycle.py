"""A camera's life: what it needs to go live, what no camera may be, works, and the end of service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.domain.events import CandidateState
from gateway.domain.observations import ObservationKind
from gateway.services import lifecycle, tickets
from gateway.services.errors import Forbidden
from gateway.services.leasing import Wish
from gateway.services.office import Caller
from gateway.services.viewing import Viewing
from gateway.storage import accepting, auditing, cameras, candidates, sessions, status
from gateway.storage.status import CameraStatus
from tests.integration.conftest import Browsers
from tests.integration.world import A, B, World, event_of, new_camera

PDF = b"%PDF-1.7 a letter of consent (sample)"


def _camera(**more: Any) -> dict[str, Any]:
    filing = {"need_statement": "路口秩序(示例)", "regime": "art7"}
    return new_camera(filing=filing, lifecycle="draft") | more


async def _draft(owner: AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await owner.post("/cameras", json=_camera(**more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert made["lifecycle"] == "draft"
    return made


async def _move(client: AsyncClient, camera: dict[str, Any], to: str, **more: Any) -> Any:
    body = {"version": camera["version"], "to": to} | more
    return await client.post(f"/cameras/{camera['id']}/lifecycle", json=body)


async def _audited(world: World, action: str) -> list[dict[str, Any]]:
    async with world.office.store.read() as conn:
        page = await auditing.page(conn, limit=200)
    return [dict(entry.detail) for entry in page.items if entry.action == action]


@pytest.mark.parametrize(
    ("filing", "lacks"),
    [
        ({"regime": "art7"}, "need_statement"),
        ({"need_statement": "  ", "regime": "art9"}, "need_statement"),
        ({"need_statement": "要看路口", "regime": "because"}, "regime"),
    ],
)
async def test_r01_a_camera_goes_live_only_with_regime_and_need(
    browser_of: Browsers, filing: dict[str, Any], lacks: str
) -> None:
    owner = await browser_of("jinsha")
    refused = await owner.post("/cameras", json=_camera(filing=filing, lifecycle="live"))
    assert (refused.status_code, refused.json()["error"]["detail"]["missing"]) == (422, [lacks])
    draft = await _draft(owner, filing=filing)
    assert (draft["lacking"], draft["state"]) == ([lacks], "disabled")
    late = await _move(owner, draft, "live")
    assert (late.status_code, late.json()["error"]["detail"]["missing"]) == (422, [lacks])
    change = {"version": 1, "need_statement": "要看路口(示例)", "regime": "art7"}
    changed = (await owner.patch(f"/cameras/{draft['id']}", json=change)).json()
    live = await _move(owner, changed, "live")
    assert (live.status_code, live.json()["lifecycle"], live.json()["lacking"]) == (200, "live", [])


async def test_r01_a_camera_goes_live_only_with_a_purpose_and_its_unit(browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    for more in ({"purposes": []}, {"owner_id": ""}):
        assert (await owner.post("/cameras", json=_camera(lifecycle="live", **more))).status_code in (403, 422)


async def test_r01_a_live_camera_keeps_what_it_went_live_with(world: World, browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    made = (await owner.post("/cameras", json=_camera(lifecycle="live"))).json()
    emptied = await owner.patch(f"/cameras/{made['id']}", json={"version": 1, "need_statement": ""})
    assert (emptied.status_code, emptied.json()["error"]["detail"]["field"]) == (422, "need_statement")
    grandfathered = world.camera(A)
    still = await owner.patch(f"/cameras/{grandfathered.id}", json={"version": 1, "name_en": "Old gate"})
    assert (still.status_code, still.json()["lacking"]) == (200, ["need_statement"])


@pytest.mark.parametrize("place", ["toilet", "dormitory", "fitting_room", "ballot_box"])
async def test_r03_forbidden_places_are_refused_and_audited(world: World, browser_of: Browsers, place: str) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    whole = {"need_statement": "x", "place_type": place}
    assert (await owner.post("/cameras", json=_camera(filing=whole))).status_code == 422
    answer = await owner.patch(f"/cameras/{camera.id}", json={"version": 1, "place_type": place})
    assert (answer.status_code, answer.json()["error"]["detail"]["field"]) == (422, "place_type")
    foreign = await owner.patch(f"/cameras/{world.camera(B).id}", json={"version": 1, "place_type": place})
    assert foreign.status_code == 404
    assert await _audited(world, "refuse_camera") == [{"field": "place_type"}] * 2


async def test_r07_cameras_that_capture_faces_are_refused_and_audited(world: World, browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    for function in ("01", "03/01"):
        whole = {"need_statement": "x", "function_type": function}
        assert (await owner.post("/cameras", json=_camera(filing=whole))).status_code == 422
    assert await _audited(world, "refuse_camera") == [{"field": "function_type"}] * 2
    fine = {"need_statement": "x", "function_type": "03"}
    assert (await owner.post("/cameras", json=_camera(filing=fine))).status_code == 201


async def test_r03_beside_a_place_that_keeps_secrets_only_with_its_consent(world: World, browser_of: Browsers) -> None:
    owner, other = await browser_of("jinsha"), await browser_of("jinxin")
    whole = {"need_statement": "要看路口(示例)", "secret_adjacent": True}
    assert (await owner.post("/cameras", json=_camera(filing=whole, lifecycle="live"))).status_code == 422
    draft = await _draft(owner, filing=whole)
    assert (await _move(owner, draft, "live")).json()["error"]["detail"]["missing"] == ["consent"]
    address = f"/cameras/{draft['id']}/documents"
    letter = {"file": ("../同意函.pdf", PDF, "application/pdf")}
    assert (await other.post(address, files=letter, data={"kind": "consent"})).status_code == 404
    wrong = {"file": ("x.pdf", b"MZ not a document", "application/pdf")}
    assert (await owner.post(address, files=wrong, data={"kind": "consent"})).status_code == 422
    kept = (await owner.post(address, files=letter, data={"kind": "consent"})).json()
    assert (kept["name"], kept["media_type"], kept["bytes"]) == ("同意函.pdf", "application/pdf", len(PDF))
    live = await _move(owner, draft, "live")
    assert live.status_code == 200, live.text
    fetched = await owner.get(f"{address}/{kept['id']}")
    assert (fetched.content, fetched.headers["x-content-type-options"]) == (PDF, "nosniff")
    assert "attachment" in fetched.headers["content-disposition"]
    assert (await other.get(f"{address}/{kept['id']}")).status_code == 404
    assert (await owner.delete(f"{address}/{kept['id']}")).status_code == 422, "it is live by this letter"
    second = (await owner.post(address, files=letter, data={"kind": "consent"})).json()
    assert (await owner.delete(f"{address}/{kept['id']}")).status_code == 204
    listed = (await owner.get(address)).json()["items"]
    assert {one["id"]: one["withdrawn_at"] is None for one in listed} == {second["id"]: True, kept["id"]: False}
    assert len(await _audited(world, "read_document")) == 1
    assert [one["sha256"] for one in await _audited(world, "add_document")] == [kept["sha256"]] * 2


async def test_a_loaded_file_makes_drafts_of_what_is_not_whole_and_refuses_the_forbidden(
    world: World, browser_of: Browsers
) -> None:
    leader = await browser_of("leader")
    head = "id,gb_id,name_zh,kind,owner_id,township_code,site_id,latitude,longitude,host,sub_path,purposes"
    row = f"'3206120104132900000%d,路口,road,{A},320612001,{world.camera(A).site_id},32,121,192.0.2.1,/s,PS-ORDER"

    async def load(*lines: str) -> dict[str, Any]:
        file = {"file": ("cameras.csv", "\n".join(lines).encode(), "text/csv")}
        found: dict[str, Any] = (await leader.post("/cameras/load", files=file)).json()
        return found

    done = await load(head + ",need_statement", "X-1," + row % 1 + ",", "X-2," + row % 2 + ",要看路口")
    assert (done["problems"], done["added"], done["drafts"]) == ([], 2, 1)
    async with world.office.store.read() as conn:
        assert {one.id for one in await cameras.every(conn, served_only=True)} & {"X-1", "X-2"} == {"X-2"}
    told = await load(head + ",lifecycle,place_type", "X-3," + row % 3 + ",live,", "X-4," + row % 4 + ",,toilet")
    assert [(one["row"], one["column"]) for one in told["problems"]] == [(2, "need_statement"), (3, "place_type")]
    assert await _audited(world, "refuse_camera") == [{"field": "place_type"}]
    again = await load(head + ",need_statement,lifecycle", "X-2," + row % 2 + ",,")
    assert [(one["row"], one["column"]) for one in again["problems"]] == [(2, "need_statement")]
    backwards = await load(head + ",need_statement,lifecycle", "X-2," + row % 2 + ",要看路口,draft")
    assert [(one["row"], one["column"]) for one in backwards["problems"]] == [(2, "lifecycle")]


async def test_the_end_of_service_ends_pictures_and_keeps_every_record(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    owner, desk, camera = await browser_of("jinsha"), await browser_of("district"), world.camera(A)
    address = f"/cameras/{camera.id}"
    file = (await owner.get(address)).json()
    assert (await _move(owner, file, "decommissioned")).status_code == 422, "a reason is needed"
    assert (await _move(desk, file, "decommissioned", reason="道路改造")).status_code == 403
    viewing = Viewing(world.office)
    session_id = (await _session_of(world, "jinsha")).id
    caller = Caller(world.people["jinsha"], session_id, "PS-ORDER")
    async with viewing.open(caller, Wish(camera.id, Action.VIEW_LIVE, "ws")) as lease:
        gone = (await _move(owner, file, "decommissioned", reason="道路改造，拆除(示例)")).json()
        await viewing._check()
        assert (lease.over.is_set(), lease.code) == (True, "out_of_service")
    with pytest.raises(Forbidden):
        async with viewing.open(caller, Wish(camera.id, Action.VIEW_LIVE, "ws")):
            pass
    async with viewing.open(caller, Wish(camera.id, Action.SEE_EVENTS, "evidence-still")) as lease:
        assert not lease.over.is_set(), "what was kept of it stays to be seen"
    assert (gone["lifecycle"], gone["state"], gone["lifecycle_reason"]) == (
        "decommissioned",
        "disabled",
        "道路改造，拆除(示例)",
    )
    async with world.office.store.read() as conn:
        assert camera.id not in {one.id for one in await cameras.every(conn, served_only=True)}
    listed = {row["id"] for row in (await owner.get("/cameras")).json()["items"]}
    assert camera.id not in listed
    kept = (await owner.get("/cameras?lifecycle=decommissioned")).json()["items"]
    assert [row["id"] for row in kept] == [camera.id]
    assert {one["camera_id"] for one in (await owner.get(f"/candidates?camera={camera.id}")).json()["items"]} == {
        camera.id
    }
    assert (await owner.get(f"{address}/view-records")).json()["items"] != []
    fields = {line["field"] for line in (await owner.get(f"{address}/history")).json()["items"]}
    assert {"lifecycle", "lifecycle_reason"} <= fields
    assert (await owner.get("/figures")).json()["cameras"]["total"] == 2
    assert (await _move(owner, gone, "live")).status_code == 409


async def _session_of(world: World, login: str) -> sessions.Session:
    async with world.office.store.read() as conn:
        found = await sessions.of_operator(conn, world.people[login].id, world.clock.now())
    return found[0]


async def test_works_suppress_tickets_until_they_are_over_and_not_statistics(
    app: FastAPI, world: World, browser_of: Browsers
) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    file = (await owner.get(f"/cameras/{camera.id}")).json()
    end = (world.clock.now() + timedelta(hours=2)).isoformat()
    assert (await _move(owner, file, "suspended", reason="线路迁改")).status_code == 422
    past = (world.clock.now() - timedelta(hours=2)).isoformat()
    assert (await _move(owner, file, "suspended", reason="线路迁改", works_until=past)).status_code == 422
    works = (await _move(owner, file, "suspended", reason="线路迁改(示例)", works_until=end)).json()
    assert (works["lifecycle"], works["works_until"][:16]) == ("suspended", end[:16])
    office = world.office
    event = event_of(camera, world.clock.now(), ObservationKind.SIGNAL_LOSS)
    async with office.store.begin() as conn:
        at = world.clock.now()
        report = CameraStatus(camera.id, CameraState.OFFLINE, at, at)
        assert await status.put_all(conn, [report]) == [camera.id], "its state is still written down"
        taken = await accepting.accept(conn, [event], "worker-1", at, office.new_id)
        assert await tickets.open_maintenance(conn, event, at) is None
        candidate = await candidates.get(conn, taken.candidates[0].id)
        assert candidate is not None
        assert candidate.state is CandidateState.DISMISSED
    await lifecycle.end_works(office, world.clock.now())
    assert (await owner.get(f"/cameras/{camera.id}")).json()["lifecycle"] == "suspended"
    world.clock.at += timedelta(hours=3)
    for _ in range(2):
        await lifecycle.end_works(office, world.clock.now())
    owner = await browser_of("jinsha")
    after = (await owner.get(f"/cameras/{camera.id}")).json()
    assert (after["lifecycle"], after["works_until"], after["version"]) == ("live", None, works["version"] + 1)
    opened = (await owner.get(f"/tickets?camera={camera.id}")).json()["items"]
    assert len(opened) == 1, "the fault outlasted the works"
