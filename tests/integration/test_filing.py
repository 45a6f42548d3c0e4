"""Filing with the authority: who must by when, the sheet, and changes that must be filed again."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from gateway.app.sweeps import SWEEPS
from gateway.services.filing_words import COLUMNS
from tests.integration.conftest import Browsers
from tests.integration.world import A, B, World


async def _swept(world: World) -> None:
    world.clock.at += timedelta(seconds=20)
    await SWEEPS["changes to be filed"](world.office, world.clock.now())


async def _row(client: AsyncClient, camera_id: str, owner: str = A) -> dict[str, Any]:
    answer = await client.get(f"/filing/cameras?owner={owner}")
    assert answer.status_code == 200, answer.text
    return next(row for row in answer.json()["items"] if row["id"] == camera_id)


async def _filed(client: AsyncClient, camera_id: str, number: str = "NT-2026-001（示例）") -> None:
    version = (await _row(client, camera_id))["version"]
    body = {"version": version, "filing_no": number, "filed_at": "2026-11-20"}
    answer = await client.post(f"/cameras/{camera_id}/filing", json=body)
    assert answer.status_code == 204, answer.text


async def _changed(client: AsyncClient, camera_id: str, **values: Any) -> None:
    version = (await _row(client, camera_id))["version"]
    answer = await client.patch(f"/cameras/{camera_id}", json={"version": version} | values)
    assert answer.status_code == 200, answer.text


async def _told(client: AsyncClient) -> list[dict[str, Any]]:
    items = (await client.get("/notices")).json()["items"]
    return [one for one in items if one["kind"] == "filing_changed"]


async def test_r02_filing_is_due_thirty_days_after_use_and_overdue_afterwards(
    world: World, browser_of: Browsers
) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _changed(owner, camera.id, install_date="2026-11-10")
    row = await _row(owner, camera.id)
    assert (row["in_use"], row["due"], row["days_left"], row["standing"]) == ("2026-11-10", "2026-12-10", 17, "due")
    await _changed(owner, camera.id, install_date="2026-10-23")
    row = await _row(owner, camera.id)
    assert (row["due"], row["days_left"], row["standing"]) == ("2026-11-22", -1, "overdue")
    overdue = (await owner.get(f"/filing/cameras?owner={A}&state=overdue")).json()["items"]
    assert [one["id"] for one in overdue] == [camera.id]
    unit = (await owner.get("/filing/units")).json()["items"]
    assert [(one["id"], one["cameras"], one["overdue"], one["next_due"]) for one in unit] == [(A, 3, 1, "2026-11-22")]
    await _filed(owner, camera.id)
    row = await _row(owner, camera.id)
    assert (row["standing"], row["filing_no"], row["filed_at"]) == ("filed", "NT-2026-001（示例）", "2026-11-20")


async def test_r02_a_draft_is_in_use_from_the_day_it_goes_live(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    body = {
        "name_zh": "新路口（示例）",
        "kind": "junction",
        "scheme": "rtsp",
        "host": "192.0.2.10",
        "streams": [{"kind": "main", "path": "/main"}],
        "owner_id": A,
        "township_code": camera.township_code,
        "purposes": ["PS-TRAFFIC"],
        "latitude": 32.05,
        "longitude": 121.05,
        "filing": {"need_statement": "路口秩序（示例）", "install_date": "2026-01-05"},
        "lifecycle": "draft",
    }
    made = (await owner.post("/cameras", json=body)).json()
    listed = (await owner.get(f"/filing/cameras?owner={A}")).json()["items"]
    assert made["id"] not in {row["id"] for row in listed}, "it is not in use yet"
    move = {"version": made["version"], "to": "live"}
    assert (await owner.post(f"/cameras/{made['id']}/lifecycle", json=move)).status_code == 200
    assert (await _row(owner, made["id"]))["due"] == "2026-12-23"


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"latitude": 32.02, "longitude": 121.03}, ["latitude", "longitude"]),
        ({"kind": "square"}, ["kind"]),
        ({"record_save_days": 90}, ["record_save_days"]),
        ({"management_unit": "城管中队（示例）"}, ["management_unit"]),
    ],
)
async def test_r02_a_change_of_what_was_filed_opens_one_task_and_filing_closes_it(
    world: World, browser_of: Browsers, values: dict[str, Any], fields: list[str]
) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _filed(owner, camera.id)
    await _swept(world)
    assert (await _row(owner, camera.id))["standing"] == "filed"
    await _changed(owner, camera.id, **values)
    for _ in range(2):
        await _swept(world)
    row = await _row(owner, camera.id)
    assert (row["standing"], row["changed"]) == ("changed", fields)
    assert len(await _told(owner)) == 1, "told once"
    assert await _told(await browser_of("jinxin")) == []
    await _filed(owner, camera.id, "NT-2026-001-2")
    for _ in range(2):
        await _swept(world)
    assert ((await _row(owner, camera.id))["standing"], (await _row(owner, camera.id))["changed"]) == ("filed", [])


async def test_r02_moving_a_camera_opens_a_task_by_every_way_of_changing_and_later_changes_join_it(
    world: World, browser_of: Browsers
) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _filed(owner, camera.id)
    world.clock.at += timedelta(minutes=1)
    await _changed(owner, camera.id, latitude=32.02)
    await _swept(world)
    world.clock.at += timedelta(minutes=1)
    await _changed(owner, camera.id, kind="square")
    await _swept(world)
    assert (await _row(owner, camera.id))["changed"] == ["kind", "latitude"]
    assert len(await _told(owner)) == 1
    # filed by hand in the file, as a loaded table would do it
    await _changed(owner, camera.id, filing_no="NT-2026-009")
    await _swept(world)
    assert (await _row(owner, camera.id))["standing"] == "filed"
    world.clock.at += timedelta(minutes=1)
    await _changed(owner, camera.id, latitude=32.03)
    await _swept(world)
    assert (await _row(owner, camera.id))["changed"] == ["latitude"], "a second task of its own"
    assert len(await _told(owner)) == 2


async def test_r02_the_end_of_service_is_a_change_to_be_filed_and_names_are_not(
    world: World, browser_of: Browsers
) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _filed(owner, camera.id)
    world.clock.at += timedelta(minutes=1)
    await _changed(owner, camera.id, name_en="Old gate")
    await _swept(world)
    row = await _row(owner, camera.id)
    assert row["standing"] == "filed"
    move = {"version": row["version"], "to": "decommissioned", "reason": "道路改造（示例）"}
    assert (await owner.post(f"/cameras/{camera.id}/lifecycle", json=move)).status_code == 200
    await _swept(world)
    assert (await _row(owner, camera.id))["changed"] == ["lifecycle"]
    await _filed(owner, camera.id, "NT-2026-002")
    left = (await owner.get(f"/filing/cameras?owner={A}")).json()["items"]
    assert camera.id not in {one["id"] for one in left}


async def test_r02_an_unfiled_camera_has_no_change_to_file(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _changed(owner, camera.id, latitude=32.02)
    await _swept(world)
    assert (await _row(owner, camera.id))["standing"] == "due"
    world.clock.at += timedelta(minutes=1)
    await _filed(owner, camera.id)
    await _swept(world)
    assert (await _row(owner, camera.id))["standing"] == "filed"


async def test_r02_the_sheet_is_complete_and_no_spreadsheet_runs_it(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _changed(owner, camera.id, contact_info="=HYPERLINK(1)", management_unit="<b>城管", record_save_days=60)
    answer = await owner.get(f"/filing/sheet?owner={A}&language=en")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert list(lines[0]) == list(COLUMNS["en"].values())
    assert {line["Device code"].lstrip("'") for line in lines} == {one.gb_id for one in world.cameras[A]}
    line = next(one for one in lines if one["Device code"].lstrip("'") == camera.gb_id)
    assert (line["Contact"], line["Managing unit"], line["Days kept"]) == ("'=HYPERLINK(1)", "<b>城管", "60")
    assert (float(line["Latitude"]), float(line["Longitude"])) == (camera.place.latitude, camera.place.longitude)
    assert (line["In use since"], line["File by"], line["Number"]) == ("2026-11-23", "2026-12-23", "1")
    for language in ("zh", "en"):
        page = await owner.get(f"/filing/sheet?owner={A}&format=html&language={language}")
        assert page.headers["content-type"].startswith("text/html")
        assert "@page" in page.text
        assert "<b>" not in page.text
        assert all(one.gb_id in page.text for one in world.cameras[A])
        assert camera.host not in page.text + answer.text
    audit = await browser_of("audit")
    noted = (await audit.get("/audit?action=export_filing")).json()["items"]
    assert len([one for one in noted if one["action"] == "export_filing"]) == 3


async def test_r02_units_see_their_own_and_the_district_all(world: World, browser_of: Browsers) -> None:
    for login, seen in (("jinsha", {A}), ("jinxin", {B}), ("district", {A, B, "D20"})):
        client = await browser_of(login)
        assert {one["id"] for one in (await client.get("/filing/units")).json()["items"]} == seen
    other, camera = await browser_of("jinxin"), world.camera(A)
    assert (await other.get(f"/filing/cameras?owner={A}")).json()["items"] == []
    foreign = await other.get(f"/filing/sheet?owner={A}")
    unknown = await other.get("/filing/sheet?owner=nobody")
    assert (foreign.status_code, foreign.text) == (404, unknown.text)
    body = {"version": 1, "filing_no": "x", "filed_at": "2026-11-20"}
    assert (await other.post(f"/cameras/{camera.id}/filing", json=body)).status_code == 404
    assert (await (await browser_of("district")).post(f"/cameras/{camera.id}/filing", json=body)).status_code == 403
    owner = await browser_of("jinsha")
    late = await owner.post(f"/cameras/{camera.id}/filing", json=body | {"filed_at": "2026-11-24"})
    assert (late.status_code, late.json()["error"]["detail"]["field"]) == (422, "filed_at")
    stale = await owner.post(f"/cameras/{camera.id}/filing", json=body | {"version": 7})
    assert stale.status_code == 409
