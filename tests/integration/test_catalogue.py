"""Adding, changing, probing, exporting and loading cameras over HTTP."""

from __future__ import annotations

from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.domain.messages import Topic
from gateway.ports import Credential, Refused, Unavailable
from gateway.services.device_numbers import REFUSALS
from gateway.services.editing import Probed, ProbedChannel
from gateway.storage import auditing, cameras, credentials, grants, organisations
from gateway.web.api import create_api
from tests.integration.asking import notices
from tests.integration.conftest import Browsers
from tests.integration.world import A, B, World, new_camera, signed_in

PASSWORD = "the device's own password"


def _camera(**more: Any) -> dict[str, Any]:
    streams = [{"kind": "main", "path": "/main"}, {"kind": "sub", "path": "/sub"}]
    return new_camera(username="viewer", password=PASSWORD, streams=streams) | more


async def test_a_township_adds_its_own_camera(world: World, browser_of: Browsers) -> None:
    owner, other = await browser_of("jinsha"), await browser_of("jinxin")
    answer = await owner.post("/cameras", json=_camera())
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["username"], made["host"], made["version"]) == ("viewer", "192.0.2.10", 1)
    assert len(made["gb_id"]) == 20
    assert made["gb_id"][13] == "9", "the network mark that no real network has"
    assert PASSWORD not in answer.text
    assert (await other.get(f"/cameras/{made['id']}")).status_code == 404
    assert [row["id"] for row in (await owner.get("/cameras?q=xlk")).json()["items"]] == [made["id"]]
    assert {Topic.CAMERAS, Topic.ASSIGNMENTS} <= {message.topic for message in world.bus.rung}
    async with world.office.store.read() as conn:
        kept = await credentials.get(conn, world.office.box, made["id"])
    assert kept == Credential("viewer", PASSWORD)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"owner_id": B}, 403),
        ({"owner_id": "no-such"}, 403),
        ({"township_code": "999999999"}, 422),
        ({"purposes": []}, 422),
        ({"purposes": ["FUN"]}, 422),
        ({"streams": []}, 422),
        ({"streams": [{"kind": "sub", "path": "rtsp://admin:secret@192.0.2.1/x"}]}, 422),
        ({"streams": [{"kind": "sub", "path": "/a"}, {"kind": "sub", "path": "/b"}]}, 422),
        ({"site_id": "no-such"}, 422),
        ({"gb_id": "3206"}, 422),
        ({"host": "a b"}, 422),
        ({"latitude": 91}, 422),
        ({"name_zh": ""}, 422),
        ({"face_recognition": True}, 422),
    ],
)
async def test_cameras_that_cannot_be_added(browser_of: Browsers, more: dict[str, Any], status: int) -> None:
    owner = await browser_of("jinsha")
    answer = await owner.post("/cameras", json=_camera(**more))
    assert answer.status_code == status, answer.text
    assert len((await owner.get("/cameras")).json()["items"]) == 3


def _free(world: World, number: int) -> str:
    """A number that no camera has and that the gateway does not give itself."""
    return f"{world.camera(B).gb_id[:8]}04" + f"1327{number:06d}"


async def test_a_taken_number_is_refused_like_others_and_told_to_who_keeps_the_catalogue(
    world: World, browser_of: Browsers
) -> None:
    owner, keeper, foreign = await browser_of("jinsha"), await browser_of("system"), world.camera(B)
    reserved = f"{foreign.gb_id[:8]}001329000123"
    answers = [await owner.post("/cameras", json=_camera(gb_id=number)) for number in (foreign.gb_id, reserved)]
    taken, other = answers
    assert taken.status_code == other.status_code == 409
    assert taken.json() == other.json()
    assert "number cannot be used" in taken.text
    assert foreign.id not in taken.text
    assert foreign.name_zh not in taken.text
    assert "number_refused" in await notices(keeper)
    assert "number_refused" not in await notices(await browser_of("jinxin"))
    async with world.office.store.read() as conn:
        lines = (await auditing.page(conn, object_kind="number")).items
    assert [(line.action, line.actor_id) for line in lines] == [("refuse_number", world.people["jinsha"].id)] * 2
    assert {line.typed["gb_id"].text for line in lines} == {foreign.gb_id, reserved}


async def test_nobody_asks_through_the_numbers_of_others(world: World, browser_of: Browsers) -> None:
    owner, colleague = await browser_of("jinsha"), await browser_of("leader")
    assert (await owner.post("/cameras", json=_camera(gb_id=_free(world, 1)))).status_code == 201
    refused = [await owner.post("/cameras", json=_camera(gb_id=camera.gb_id)) for camera in world.cameras[B][:REFUSALS]]
    assert [answer.status_code for answer in refused] == [409] * REFUSALS
    free = await owner.post("/cameras", json=_camera(gb_id=_free(world, 2)))
    assert (free.status_code, free.json()) == (409, refused[0].json()), "a free number is answered like a taken one"
    assert (await owner.post("/cameras", json=_camera())).status_code == 201, "one is given for the asking"
    assert (await colleague.post("/cameras", json=_camera(gb_id=_free(world, 2)))).status_code == 201
    world.clock.at += timedelta(days=1, minutes=1)
    owner = await browser_of("jinsha")
    assert (await owner.post("/cameras", json=_camera(gb_id=_free(world, 3)))).status_code == 201


async def test_of_two_changes_the_later_is_told(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    address = f"/cameras/{camera.id}"
    changed = await owner.patch(address, json={"version": 1, "name_en": "North gate", "hfov": 90, "enabled": False})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["version"], changed.json()["name_en"], changed.json()["state"]) == (
        2,
        "North gate",
        "disabled",
    )
    assert changed.json()["filing"]["hfov"] == 90
    late = await owner.patch(address, json={"version": 1, "name_en": "South gate"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "conflict")
    assert (await owner.get(address)).json()["name_en"] == "North gate"


async def test_a_figure_that_is_emptied_is_taken_away(world: World, browser_of: Browsers) -> None:
    owner, address = await browser_of("jinsha"), f"/cameras/{world.camera(A).id}"
    await owner.patch(address, json={"version": 1, "hfov": 90, "record_save_days": 60, "name_en": "North gate"})
    emptied = {"version": 2, "hfov": None, "record_save_days": None, "name_en": None, "latitude": None}
    answer = (await owner.patch(address, json=emptied)).json()
    assert answer["filing"]["hfov"] is None
    # what a file must have stays as it was
    assert (answer["filing"]["record_save_days"], answer["name_en"]) == (60, "North gate")


async def test_changes_keep_to_what_one_manages(world: World, browser_of: Browsers) -> None:
    owner, other, desk = await browser_of("jinsha"), await browser_of("jinxin"), await browser_of("district")
    address = f"/cameras/{world.camera(A).id}"
    assert (await owner.patch(address, json={"version": 1, "owner_id": B})).status_code == 403
    assert (await other.patch(address, json={"version": 1, "name_en": "x"})).status_code == 404
    assert (await desk.patch(address, json={"version": 1, "name_en": "x"})).status_code == 403
    assert (await owner.patch(address, json={"version": 1, "id": "x"})).status_code == 422
    channel = f"/cameras/{world.camera(A, 2).id}"
    assert (await owner.patch(channel, json={"version": 1, "host": "192.0.2.9"})).status_code == 422
    moved = await (await browser_of("leader")).patch(address, json={"version": 1, "owner_id": B})
    assert moved.json()["owner_id"] == B
    assert (await owner.get(address)).status_code == 404
    assert (await other.get(address)).status_code == 200


async def test_a_new_password_is_sealed_and_never_shown(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    body = {"version": 1, "username": "viewer", "password": PASSWORD}
    answer = await owner.patch(f"/cameras/{camera.id}", json=body)
    assert answer.json()["username"] == "viewer"
    assert PASSWORD not in answer.text
    async with world.office.store.read() as conn:
        file = await cameras.get(conn, camera.id)
        assert file is not None
        assert await credentials.get(conn, world.office.box, file.credential_id or "") == Credential("viewer", PASSWORD)


async def test_devices_are_probed_once_by_who_manages_cameras(world: World) -> None:
    asked: list[tuple[object, ...]] = []

    async def prober(
        scheme: str, host: str, port: int, credential: Credential | None, paths: tuple[str, ...]
    ) -> Probed:
        asked.append((scheme, host, port, *paths))
        if host == "silent.example":
            raise Unavailable("the device does not answer")
        if credential is None or credential.password != PASSWORD:
            raise Refused("the device does not take this password")
        return Probed("Maker", "Model", [ProbedChannel("1", "/main", "/sub", 1280, 720, "h264")])

    app: FastAPI = create_api(world.office, prober=prober)
    async with aclosing(await signed_in(app, "jinsha")) as owner:
        body = {"host": "192.0.2.10", "port": 80, "username": "viewer", "password": PASSWORD}
        assert (await owner.post("/probe", json=body)).json()["channels"][0]["sub"] == "/sub"
        refused = await owner.post("/probe", json=body | {"password": "wrong"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (502, "refused")
        silent = await owner.post("/probe", json=body | {"host": "silent.example"})
        assert (silent.status_code, silent.json()["error"]["code"]) == (503, "unavailable")
        plain = body | {"scheme": "rtsp", "port": 554}
        pathless = await owner.post("/probe", json=plain)
        assert (pathless.status_code, pathless.json()["error"]["detail"]) == (422, {"field": "path"})
        assert "path of its main stream" in pathless.json()["error"]["message"]
        assert (await owner.post("/probe", json=plain | {"path": "//u:p@host/"})).status_code == 422
        assert (await owner.post("/probe", json=plain | {"path": "/a", "sub_path": "/b"})).status_code == 200
        assert asked[-1] == ("rtsp", "192.0.2.10", 554, "/a", "/b")
    for login in ("district", "grid1", "audit"):
        async with aclosing(await signed_in(app, login)) as client:
            assert (await client.post("/probe", json=body)).status_code == 403
            assert (await client.post("/probe", json=plain)).status_code == 403
    assert len(asked) == 4


async def test_exports_carry_addresses_only_of_what_one_manages(world: World, browser_of: Browsers) -> None:
    camera = world.camera(A)
    desk, owner = await browser_of("district"), await browser_of("jinsha")
    for form in ("csv", "yaml", "xlsx"):
        answer = await desk.get(f"/cameras/export?format={form}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="cameras.{form}"'
    theirs, own = (await desk.get("/cameras/export")).text, (await owner.get("/cameras/export")).text
    assert camera.gb_id in theirs
    assert camera.host not in theirs
    assert camera.host in own
    assert world.camera(B).id not in own


async def test_a_catalogue_is_loaded_by_who_manages_all_of_it(world: World, browser_of: Browsers) -> None:
    leader, owner = await browser_of("leader"), await browser_of("jinsha")
    exported = (await leader.get("/cameras/export?format=yaml")).content
    file = {"file": ("cameras.yaml", exported, "application/yaml")}
    assert (await owner.post("/cameras/load", files=file)).status_code == 403
    first = (await leader.post("/cameras/load", files=file)).json()
    assert (first["problems"], first["added"]) == ([], 0)
    again = (await leader.post("/cameras/load", files=file)).json()
    assert (again["changed"], again["unchanged"]) == (0, 9)
    renamed = exported.replace(world.camera(A).name_en.encode(), b"Renamed")
    file = {"file": ("cameras.yaml", renamed, "application/yaml")}
    assert (await leader.post("/cameras/load?dry_run=true", files=file)).json()["changed"] == 1
    assert (await leader.get(f"/cameras/{world.camera(A).id}")).json()["name_en"] != "Renamed"
    assert (await leader.post("/cameras/load", files=file)).json()["changed"] == 1
    assert (await leader.get(f"/cameras/{world.camera(A).id}")).json()["name_en"] == "Renamed"
    broken = {"file": ("cameras.csv", b"id,gb_id\nx,1\n", "text/csv")}
    problems = (await leader.post("/cameras/load", files=broken)).json()["problems"]
    assert problems
    assert {"row", "column", "message"} <= problems[0].keys()


@pytest.mark.parametrize("login", ["system", "leader"])
async def test_an_uploaded_file_holds_neither_grants_nor_organisations(
    world: World, browser_of: Browsers, login: str
) -> None:
    client, helped = await browser_of(login), await browser_of("jinsha")
    foreign = world.camera(B)
    who = world.people[login]
    rows = f"""
organisations:
- {{id: {A}, kind: department, name_zh: 改名, parent_id: {B}}}
grants:
- {{policy: routine, grantee_kind: organisation, grantee_id: {A}, target_kind: all, reason: x,
   actions: [view_live, see_events, export, share, manage]}}
- {{policy: routine, grantee_kind: operator, grantee_id: {who.id}, target_kind: all, reason: x, actions: [share]}}
"""
    async with world.office.store.read() as conn:
        before = await grants.every(conn, active_at=world.clock.now()), await organisations.every(conn)
    for query in ("?dry_run=true", ""):
        file = {"file": ("x.yaml", rows.encode(), "application/yaml")}
        answer = (await client.post(f"/cameras/load{query}", files=file)).json()
        assert [problem["noun"] for problem in answer["problems"]] == ["grants", "organisations"]
        assert all("gateway load" in problem["message"] for problem in answer["problems"])
        assert answer["added"] == answer["changed"] == 0
    assert (await helped.get(f"/cameras/{foreign.id}")).status_code == 404
    async with world.office.store.read() as conn:
        assert (await grants.every(conn, active_at=world.clock.now()), await organisations.every(conn)) == before


async def test_the_system_manager_loads_sites_recorders_and_cameras(world: World, browser_of: Browsers) -> None:
    system, owner = await browser_of("system"), await browser_of("jinsha")
    rows = f"""
sites:
- {{id: S-new, name_zh: 机房, organisation_id: {A}, latitude: 32.01, longitude: 121.01}}
recorders:
- {{id: R-new, name_zh: 录像机, site_id: S-new, owner_id: {A}, host: 192.0.2.77, channels: 8}}
cameras:
- {{id: C-new, gb_id: '32061201041329000007', name_zh: 路口, kind: junction, owner_id: {A}, township_code: '320612001',
   recorder_id: R-new, channel: 1, latitude: 32.01, longitude: 121.01, purposes: [PS-ORDER],
   streams: [{{kind: sub, path: /sub}}]}}
"""
    file = {"file": ("x.yaml", rows.encode(), "application/yaml")}
    answer = (await system.post("/cameras/load", files=file)).json()
    assert (answer["problems"], answer["added"]) == ([], 3)
    assert (await owner.get("/cameras/C-new")).json()["name_zh"] == "路口"


@pytest.mark.parametrize("field", ["install_date", "filed_at"])
async def test_days_are_kept_in_half_width_digits(world: World, browser_of: Browsers, field: str) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    wide = await owner.patch(f"/cameras/{camera.id}", json={"version": 1, field: "２０２６-０３-０１"})
    assert wide.status_code == 422
    assert (await owner.patch(f"/cameras/{camera.id}", json={"version": 1, field: "2026-03-01"})).status_code == 200


async def test_who_may_only_know_that_it_exists_sees_name_and_place(world: World, browser_of: Browsers) -> None:
    member, camera = await browser_of("grid1"), world.camera(A)
    seen = (await member.get(f"/cameras/{camera.id}")).json()
    assert (seen["name_zh"], seen["latitude"]) == (camera.name_zh, camera.place.latitude)
    assert {seen[name] for name in ("gb_id", "kind", "owner_id", "site_id", "host", "version", "filing")} == {None}
    assert len((await member.get("/cameras")).json()["items"]) == 3
    assert (await member.get("/cameras?kind=junction")).json()["items"] == [], "filters ask for the file"
    assert (await member.get("/cameras?sort=state")).json()["items"] == []


async def test_the_description_is_for_integrators(app: FastAPI, browser_of: Browsers) -> None:
    stranger = await browser_of("")
    document = (await stranger.get("/openapi.json")).json()
    operations = [item for path in document["paths"].values() for item in path.values()]
    own = [item for item in operations if item.get("tags")]
    assert len(own) > 40
    assert all(item["summary"] for item in own)
    page = await stranger.get("http://gateway.test/docs")
    assert "swagger" not in page.text, "a page that loads scripts from elsewhere"
