"""The register of signs: what is listed, how it is counted, who writes it, and what it refuses."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.services.sign_words import COLUMNS
from gateway.storage import grants
from tests.integration.conftest import Browsers
from tests.integration.world import DEPARTMENT, A, B, World, policy

PHOTO = b"\xff\xd8\xff" + b"1" * 200


async def _photo(client: AsyncClient, camera_id: str, data: bytes = PHOTO, name: str = "sign.jpg") -> Any:
    files = {"file": (name, data, "image/jpeg")}
    return await client.post(f"/cameras/{camera_id}/documents", files=files, data={"kind": "sign"})


async def _recorded(client: AsyncClient, camera_id: str, **values: Any) -> dict[str, Any]:
    """A sign that is up, recorded with a photo unless it is said otherwise."""
    if "photo_id" not in values:
        values["photo_id"] = (await _photo(client, camera_id)).json()["id"]
    version = (await client.get(f"/cameras/{camera_id}/sign")).json()["version"]
    body = {"version": version, "put_up": "2025-03-01", "checked": "2026-11-20", "place": "灯杆 2.5 米（示例）"}
    answer = await client.put(f"/cameras/{camera_id}/sign", json=body | {"state": "up"} | values)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _ids(client: AsyncClient, query: str = "") -> set[str]:
    return {row["camera_id"] for row in (await client.get(f"/signs/cameras{query}")).json()["items"]}


async def test_r04_the_list_shows_what_is_missing_and_what_is_old(world: World, browser_of: Browsers) -> None:
    owner = await browser_of("jinsha")
    good, old, bare = (world.camera(A, index).id for index in range(3))
    fresh = await owner.get(f"/cameras/{good}/sign")
    assert (fresh.json()["standing"], fresh.json()["version"], fresh.json()["place"]) == ("missing", 0, None)
    view = await _recorded(owner, good)
    assert (view["standing"], view["due"], view["recorded_by_name"]) == ("current", "2027-11-20", "jinsha 示例")
    assert (await _recorded(owner, old, checked="2025-11-23"))["standing"] == "current"
    assert await _ids(owner) == {good, old, bare}
    assert (await _ids(owner, "?standing=missing"), await _ids(owner, "?standing=overdue")) == ({bare}, set())
    world.clock.at += timedelta(days=1)
    owner = await browser_of("jinsha")
    assert await _ids(owner, "?standing=overdue") == {old}
    await _recorded(owner, old, checked="2026-11-24", photo_id=(await _photo(owner, old)).json()["id"])
    assert await _ids(owner, "?standing=overdue") == set()
    await _recorded(owner, good, state="damaged")
    assert await _ids(owner, "?standing=missing") == {good, bare}


async def test_r04_a_withdrawn_photo_makes_the_sign_missing(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A).id
    view = await _recorded(owner, camera)
    shown = await owner.get(f"/cameras/{camera}/sign/photo")
    assert (shown.content, shown.headers["content-type"]) == (PHOTO, "image/jpeg")
    assert "attachment" not in shown.headers.get("content-disposition", "")
    assert (await owner.delete(f"/cameras/{camera}/documents/{view['photo_id']}")).status_code == 204
    after = (await owner.get(f"/cameras/{camera}/sign")).json()
    assert (after["standing"], after["photo_id"], after["state"]) == ("missing", None, "up")
    assert (await owner.get(f"/cameras/{camera}/sign/photo")).status_code == 404


async def test_r04_the_percentage_is_with_sign_over_in_service_within_the_scope(
    world: World, browser_of: Browsers
) -> None:
    owner = await browser_of("jinsha")
    await _recorded(owner, world.camera(A, 0).id)
    await _recorded(owner, world.camera(A, 1).id, checked="2025-06-01")
    other = await browser_of("transport")
    await _recorded(other, world.camera(DEPARTMENT, 0).id)
    mine = (await owner.get("/signs/figures")).json()
    assert mine["total"] == mine["owners"][0] | {"id": "", "name_zh": "", "name_en": ""}
    assert [(one["id"], one["cameras"], one["with_sign"], one["overdue"]) for one in mine["owners"]] == [(A, 3, 2, 1)]
    assert (mine["total"]["percent"], mine["total"]["missing"]) == (66.7, 1)
    whole = (await (await browser_of("district")).get("/signs/figures")).json()
    assert (whole["total"]["cameras"], whole["total"]["with_sign"], whole["total"]["percent"]) == (9, 3, 33.3)
    assert [one["id"] for one in whole["owners"]] == [B, DEPARTMENT, A], "what lacks most comes first"
    move = {"version": 1, "to": "decommissioned", "reason": "道路改造（示例）"}
    assert (await owner.post(f"/cameras/{world.camera(A, 2).id}/lifecycle", json=move)).status_code == 200
    assert (await owner.get("/signs/figures")).json()["total"]["percent"] == 100.0


async def test_r04_a_foreigners_counts_and_signs_never_leak(world: World, browser_of: Browsers) -> None:
    owner, stranger = await browser_of("jinsha"), await browser_of("jinxin")
    camera = world.camera(A).id
    await _recorded(owner, camera, place="secret pole")
    figures = (await stranger.get("/signs/figures")).json()
    assert [(one["id"], one["cameras"], one["with_sign"]) for one in figures["owners"]] == [(B, 3, 0)]
    assert (await stranger.get(f"/signs/cameras?owner={A}")).json()["items"] == []
    foreign, unknown = await stranger.get(f"/signs/sheet?owner={A}"), await stranger.get("/signs/sheet?owner=nobody")
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert "secret pole" not in foreign.text
    body = {"version": 1, "put_up": "2025-03-01", "checked": "2026-11-20", "place": "x", "state": "gone"}
    for path in (f"/cameras/{camera}/sign", f"/cameras/{camera}/sign/photo"):
        none = await stranger.get(path.replace(camera, "nothing"))
        assert ((await stranger.get(path)).status_code, none.status_code) == (404, 404)
        assert (await stranger.get(path)).text == none.text
    assert (await stranger.put(f"/cameras/{camera}/sign", json=body)).status_code == 404
    assert (await (await browser_of("district")).put(f"/cameras/{camera}/sign", json=body)).status_code == 403
    # one camera shared: it is counted alone
    async with world.office.store.begin() as conn:
        shared = (TargetKind.CAMERA, camera)
        await grants.insert(conn, policy((GranteeKind.ORGANISATION, B), shared, frozenset({Action.LIST})))
        await grants.insert(conn, policy((GranteeKind.ORGANISATION, B), shared, frozenset({Action.DIRECTORY})))
    figures = (await stranger.get("/signs/figures")).json()
    assert {one["id"]: (one["cameras"], one["with_sign"]) for one in figures["owners"]} == {A: (1, 1), B: (3, 0)}


async def test_r04_what_was_recorded_stays_in_the_history_and_the_audit(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A).id
    first = await _recorded(owner, camera)
    await _recorded(owner, camera, checked="2026-11-23", photo_id=first["photo_id"])
    lines = (await owner.get(f"/cameras/{camera}/history")).json()["items"]
    told = [(line["field"], line["old"], line["new"]) for line in lines if line["field"] == "sign_checked"]
    assert told == [("sign_checked", "2026-11-20", "2026-11-23"), ("sign_checked", None, "2026-11-20")]
    entries = (await (await browser_of("audit")).get("/audit?action=record_sign")).json()["items"]
    assert [entry["detail"]["checked"] for entry in entries] == ["2026-11-23", "2026-11-20"]
    assert "灯杆" not in str([entry["detail"] for entry in entries]), "what was typed stays beside the chain"
    assert entries[0]["typed"]["place"]["text"] == "灯杆 2.5 米（示例）"


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"checked": "2026-11-24"}, "checked", "a sign cannot have been checked in the future"),
        ({"put_up": "2026-11-24", "checked": "2026-11-24"}, "put_up", "a sign cannot have been put up in the future"),
        ({"place": "  "}, "place", "say where the sign hangs"),
        ({"photo_id": None}, "photo_id", "a sign that is up needs a photo"),
        ({"photo_id": "other"}, "photo_id", "the photo is not among the photos of signs in this camera's file"),
    ],
)
async def test_r04_bad_records_are_refused_in_one_sentence(
    world: World, browser_of: Browsers, wrong: dict[str, Any], field: str, said: str
) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A).id
    photo = (await _photo(owner, camera)).json()["id"]
    body = {"version": 0, "put_up": "2025-03-01", "checked": "2026-11-20", "place": "灯杆", "state": "up"}
    answer = await owner.put(f"/cameras/{camera}/sign", json=body | {"photo_id": photo} | wrong)
    error = answer.json()["error"]
    assert (answer.status_code, error["message"], error["detail"]["field"]) == (422, said, field)
    assert (await owner.get(f"/cameras/{camera}/sign")).json()["version"] == 0


async def test_r04_the_photo_is_a_picture_of_this_cameras_sign(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A).id
    for data, name in ((b"%PDF-1.7 sample", "sign.jpg"), (b"<svg/>", "sign.png")):
        answer = await _photo(owner, camera, data, name)
        assert answer.status_code == 422
    assert (await _photo(owner, camera, b"%PDF-1.7")).json()["error"]["message"] == (
        "the photo of a sign is a JPEG or PNG file"
    )
    elsewhere = (await _photo(owner, world.camera(A, 1).id)).json()["id"]
    body = {"version": 0, "put_up": "2025-03-01", "checked": "2026-11-20", "place": "灯杆", "state": "up"}
    assert (await owner.put(f"/cameras/{camera}/sign", json=body | {"photo_id": elsewhere})).status_code == 422
    photo = (await _photo(owner, camera)).json()["id"]
    await _recorded(owner, camera, photo_id=photo)
    late = await owner.put(f"/cameras/{camera}/sign", json=body | {"photo_id": photo})
    assert late.status_code == 409, "somebody else recorded it meanwhile"


async def test_r04_the_sheet_has_every_row_and_no_spreadsheet_runs_it(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _recorded(owner, camera.id, place="=HYPERLINK(1)")
    answer = await owner.get("/signs/sheet?language=en")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert list(lines[0]) == list(COLUMNS["en"].values())
    assert {line["Device code"].lstrip("'") for line in lines} == {one.gb_id for one in world.cameras[A]}
    mine = next(line for line in lines if line["Device code"].lstrip("'") == camera.gb_id)
    assert (mine["Where it hangs"], mine["Standing"], mine["Photo"]) == ("'=HYPERLINK(1)", "In order", "yes")
    lacking = (await owner.get("/signs/sheet?standing=missing&language=zh")).content.decode("utf-8-sig")
    assert lacking.count("缺失") == 2
    noted = (await (await browser_of("audit")).get("/audit?action=export_signs")).json()["items"]
    assert [entry["detail"]["cameras"] for entry in noted] == [2, 3]


async def test_r04_pages_neither_skip_nor_repeat(world: World, browser_of: Browsers) -> None:
    client, seen, after = await browser_of("district"), list[str](), ""
    while True:
        page = (await client.get(f"/signs/cameras?limit=2{after}")).json()
        seen += [row["camera_id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert len(seen) == len(set(seen)) == 9
