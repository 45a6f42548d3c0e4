"""Access on request: asked, narrowed or refused by each owner for itself, begun, reminded of, extended, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.domain.operators import Role
from gateway.storage import auditing
from tests.integration.asking import TOMORROW, ask_for, asked, hire, notices, sweep
from tests.integration.conftest import Browsers
from tests.integration.giving import knows_of_everything
from tests.integration.world import DEPARTMENT, OWNERS, START, A, B, World


@pytest.fixture
async def known(world: World) -> World:
    """Township B knows of every camera, by directory alone."""
    await knows_of_everything(world)
    return world


def _ids(world: World, owner: str = DEPARTMENT, count: int = 3) -> list[str]:
    return [camera.id for camera in world.cameras[owner][:count]]


async def _waiting(client: httpx.AsyncClient) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await client.get("/requests/inbox?waiting=true")).json()["items"]
    assert len(found) == 1
    return found[0]


async def _approve(client: httpx.AsyncClient, part: dict[str, Any], **less: Any) -> dict[str, Any]:
    answer = await client.post(f"/requests/parts/{part['id']}/approve", json={"version": part["version"], **less})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_asked_narrowed_watched_and_revoked(known: World, browser_of: Browsers) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    ids = _ids(known)
    request = await asked(jinxin, ask_for(*ids, actions=["view_live", "snapshot"], letter="通〔2026〕8号"))
    assert (request["standing"], request["asking"], len(request["parts"])) == ("open", True, 1)
    assert await notices(transport) == ["request_to_decide"]

    seen = await _waiting(transport)
    part = seen["parts"][0]
    assert (seen["letter"], part["may_decide"], part["asked_count"]) == ("通〔2026〕8号", True, 3)
    known.clock.at += timedelta(minutes=1)
    after = await _approve(transport, part, cameras=ids[:2], actions=["view_live"], reason="两路足够")
    assert (after["parts"][0]["state"], after["parts"][0]["given_count"]) == ("narrowed", 2)

    mine = (await jinxin.get(f"/requests/{request['id']}")).json()
    given = [camera for camera in mine["parts"][0]["cameras"] if camera["grant_id"] is not None]
    assert {camera["id"] for camera in given} == set(ids[:2])
    assert mine["standing"] == "answered"
    assert [line["kind"] for line in mine["lines"]] == ["ask", "narrow"]
    assert "request_narrowed" in await notices(jinxin)
    for camera in given:
        actions = (await jinxin.get(f"/cameras/{camera['id']}")).json()["actions"]
        assert set(actions) == {"directory", "list", "view_live"}
    assert (await jinxin.get(f"/cameras/{ids[2]}")).json()["actions"] == ["directory"]

    known.clock.at += timedelta(seconds=1)
    revoked = await transport.post(f"/grants/{given[0]['grant_id']}/revoke", json={"reason": "用毕"})
    assert revoked.status_code == 200
    mine = (await jinxin.get(f"/requests/{request['id']}")).json()
    assert mine["parts"][0]["state"] == "narrowed"
    assert [camera["id"] for camera in mine["parts"][0]["cameras"] if camera["revoked_at"]] == [given[0]["id"]]
    assert [(line["kind"], line["text"]) for line in mine["lines"]][2:] == [("revoke_one", given[0]["id"])]
    await transport.post(f"/grants/{given[1]['grant_id']}/revoke", json={"reason": "用毕"})
    assert (await jinxin.get(f"/requests/{request['id']}")).json()["parts"][0]["state"] == "revoked"
    assert (await notices(jinxin)).count("access_revoked") == 2


async def test_several_owners_each_decide_their_part_and_see_no_other(known: World, browser_of: Browsers) -> None:
    jinxin, jinsha, transport = [await browser_of(login) for login in ("jinxin", "jinsha", "transport")]
    request = await asked(jinxin, ask_for(*_ids(known, A, 2), *_ids(known)))
    for client, other in ((jinsha, DEPARTMENT), (transport, A)):
        seen = (await client.get(f"/requests/{request['id']}")).text
        assert not [word for word in known.secrets_of(other) if word in seen]
    parts = {part["owner_id"]: part for part in request["parts"]}
    mine = f"/requests/parts/{parts[A]['id']}"
    answer = await transport.post(f"{mine}/refuse", json={"version": 1, "reason": "not mine"})
    unknown = await transport.post("/requests/parts/nothing/refuse", json={"version": 1, "reason": "not mine"})
    assert (answer.status_code, answer.text) == (404, unknown.text)
    assert (await jinsha.post(f"{mine}/refuse", json={"version": 1, "reason": " "})).status_code == 422
    assert (await jinsha.post(f"{mine}/refuse", json={"version": 1, "reason": "另有安排"})).status_code == 200
    assert (await jinxin.get(f"/requests/{request['id']}")).json()["standing"] == "open"
    await _approve(transport, (await _waiting(transport))["parts"][0])
    states = {p["owner_id"]: p["state"] for p in (await jinxin.get(f"/requests/{request['id']}")).json()["parts"]}
    assert states == {A: "refused", DEPARTMENT: "approved"}
    assert "两" not in (await jinsha.get(f"/requests/{request['id']}")).text


async def test_a_camera_one_may_not_know_cannot_be_named(world: World, browser_of: Browsers) -> None:
    jinxin = await browser_of("jinxin")
    foreign = await jinxin.post("/requests", json=ask_for(world.camera(A).id))
    nothing = await jinxin.post("/requests", json=ask_for("TZ-nothing"))
    assert (foreign.status_code, foreign.text) == (404, nothing.text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"actions": []},
        {"actions": ["share"]},
        {"actions": ["export"]},
        {"purposes": []},
        {"purposes": ["PS-NONE"]},
        {"reason": " "},
        {"not_after": START.isoformat()},
        {"not_after": (START + timedelta(days=400)).isoformat()},
        {"scope": {"kind": "place", "centre": [121.0, 32.0], "radius_m": 0}},
        {"scope": {"kind": "area", "outline": [[121.0, 32.0]]}},
        {"scope": {"kind": "township", "ids": ["999999999"]}},
        {"scope": {"kind": "owner", "ids": [B]}},
        {"scope": {"kind": "kind", "ids": ["face"]}},
        {"scope": {"kind": "cameras", "ids": []}},
        {"hours": {"windows": ["25:00-26:00"]}},
    ],
)
async def test_what_makes_no_sense_is_refused(known: World, browser_of: Browsers, wrong: dict[str, Any]) -> None:
    answer = await (await browser_of("jinxin")).post("/requests", json=ask_for(*_ids(known)) | wrong)
    assert answer.status_code == 422, answer.text


async def test_nobody_decides_what_they_or_their_own_asked_for(known: World, browser_of: Browsers) -> None:
    district, leader, transport = [await browser_of(login) for login in ("district", "leader", "transport")]
    request = await asked(district, ask_for(*_ids(known)))
    part = request["parts"][0]
    for client in (district, leader):
        assert (await client.get("/requests/inbox")).json()["items"] == []
        answer = await client.post(f"/requests/parts/{part['id']}/approve", json={"version": 1})
        assert answer.status_code == 403, answer.text
    await _approve(transport, part)


async def test_nobody_gives_more_than_was_asked_nor_more_than_they_hold(known: World, browser_of: Browsers) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    await asked(jinxin, ask_for(*_ids(known), actions=["view_live", "ptz"]))
    part = (await _waiting(transport))["parts"][0]
    url, version = f"/requests/parts/{part['id']}/approve", {"version": 1}
    longer = (START + timedelta(days=20)).isoformat()
    for more in ({"actions": ["export"]}, {"not_after": longer}, {"purposes": ["PS-FIRE"]}, {"cameras": ["x"]}):
        assert (await transport.post(url, json=version | more)).status_code == 422, more
    # the department's role does not include PTZ, so it cannot give it
    refused = await transport.post(url, json=version)
    assert (refused.status_code, refused.json()["error"]["detail"]) == (403, {"actions": ["ptz"]})
    assert (await transport.post(url, json={"version": 7})).status_code == 409
    await _approve(transport, part, actions=["view_live"])
    assert (await transport.post(url, json={"version": 2})).status_code == 409


async def test_r10_access_begins_is_reminded_of_and_dies_at_its_end(known: World, browser_of: Browsers) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    begins = START + timedelta(hours=2)
    request = await asked(jinxin, ask_for(*_ids(known), not_before=begins.isoformat()))
    await _approve(transport, request["parts"][0])
    camera = _ids(known)[0]

    async def actions() -> set[str]:
        return set((await jinxin.get(f"/cameras/{camera}")).json()["actions"])

    told: list[list[str]] = []
    for hours in (0, 3, 7, 29.5, 30):
        known.clock.at = START + timedelta(hours=hours)
        jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
        for _ in range(2):
            await sweep(known)
        assert ("view_live" in await actions()) is (3 <= hours < 30), hours
        told.append((await notices(jinxin))[len([kind for kinds in told for kind in kinds]) :])
    assert told == [["request_approved"], ["access_started"], ["access_ending"], ["access_ending"], ["access_ended"]]
    assert (await notices(transport)).count("access_ending") == 2
    assert (await jinxin.get(f"/requests/{request['id']}")).json()["parts"][0]["state"] == "ended"


async def test_an_extension_goes_to_the_same_owner_and_follows_without_a_gap(
    known: World, browser_of: Browsers
) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    request = await asked(jinxin, ask_for(*_ids(known)))
    await _approve(transport, request["parts"][0], cameras=_ids(known)[:1])
    known.clock.at = START + timedelta(hours=11)
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    url = f"/requests/parts/{request['parts'][0]['id']}/extend"
    assert (await jinxin.post(url, json={"not_after": TOMORROW})).status_code == 422
    until = (START + timedelta(hours=54)).isoformat()
    second = (await jinxin.post(url, json={"not_after": until})).json()
    assert second["extends"] == request["parts"][0]["id"]
    seen = await _waiting(transport)
    assert seen["scope"]["ids"] == _ids(known)[:1]
    await _approve(transport, seen["parts"][0])
    for hours in (29.99, 30, 53.9):
        known.clock.at = START + timedelta(hours=hours)
        jinxin = await browser_of("jinxin")
        assert "view_live" in (await jinxin.get(f"/cameras/{_ids(known)[0]}")).json()["actions"], hours
    known.clock.at = START + timedelta(hours=54)
    jinxin = await browser_of("jinxin")
    assert "view_live" not in (await jinxin.get(f"/cameras/{_ids(known)[0]}")).json()["actions"]


async def test_given_back_early_ends_the_grants_and_tells_the_owner(known: World, browser_of: Browsers) -> None:
    jinxin, transport, jinsha = [await browser_of(login) for login in ("jinxin", "transport", "jinsha")]
    request = await asked(jinxin, ask_for(*_ids(known)))
    await _approve(transport, request["parts"][0])
    url = f"/requests/parts/{request['parts'][0]['id']}/return"
    assert (await jinsha.post(url, json={})).status_code == 404
    assert (await jinxin.post(url, json={"reason": "退水"})).json()["parts"][0]["state"] == "returned"
    assert "view_live" not in (await jinxin.get(f"/cameras/{_ids(known)[0]}")).json()["actions"]
    assert "access_returned" in await notices(transport)
    assert (await jinxin.post(url, json={})).status_code == 409


async def test_withdrawn_requests_cannot_be_decided(known: World, browser_of: Browsers) -> None:
    jinxin, transport, jinsha = [await browser_of(login) for login in ("jinxin", "transport", "jinsha")]
    request = await asked(jinxin, ask_for(*_ids(known)))
    assert (await jinsha.post(f"/requests/{request['id']}/withdraw", json={})).status_code == 404
    assert (await transport.post(f"/requests/{request['id']}/withdraw", json={})).status_code == 404
    assert (await jinxin.post(f"/requests/{request['id']}/withdraw", json={})).json()["standing"] == "withdrawn"
    answer = await transport.post(f"/requests/parts/{request['parts'][0]['id']}/approve", json={"version": 2})
    assert answer.status_code == 409
    assert "request_withdrawn" in await notices(transport)


async def test_undecided_requests_lapse(known: World, browser_of: Browsers) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    request = await asked(jinxin, ask_for(*_ids(known), not_after=(START + timedelta(days=9)).isoformat()))
    known.clock.at = START + timedelta(hours=72)
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    url, body = f"/requests/parts/{request['parts'][0]['id']}/approve", {"version": 1}
    assert (await transport.post(url, json=body)).status_code == 409
    for _ in range(2):
        await sweep(known)
    after = (await jinxin.get(f"/requests/{request['id']}")).json()
    assert (after["standing"], after["parts"][0]["state"]) == ("no_answer", "lapsed")
    assert (await notices(jinxin)).count("request_no_answer") == 1


async def test_comments_are_read_by_both_sides_and_nobody_else(known: World, browser_of: Browsers) -> None:
    jinxin, transport, jinsha = [await browser_of(login) for login in ("jinxin", "transport", "jinsha")]
    request = await asked(jinxin, ask_for(*_ids(known)))
    url = f"/requests/{request['id']}/comments"
    assert (await jinsha.post(url, json={"text": "hello"})).status_code == 404
    known.clock.at += timedelta(seconds=1)
    assert (await transport.post(url, json={"text": "哪几路?"})).status_code == 200
    known.clock.at += timedelta(seconds=1)
    after = (await jinxin.post(url, json={"text": "闸口两路"})).json()
    assert [(line["kind"], line["from_owner"], line["text"]) for line in after["lines"][1:]] == [
        ("comment", True, "哪几路?"),
        ("comment", False, "闸口两路"),
    ]


async def test_what_was_typed_stands_beside_the_chain_and_not_in_it(known: World, browser_of: Browsers) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    request = await asked(jinxin, ask_for(*_ids(known), letter="函-77", reason="王某落水示例"))
    known.clock.at += timedelta(seconds=1)
    await transport.post(f"/requests/{request['id']}/comments", json={"text": "请速"})
    known.clock.at += timedelta(seconds=1)
    await _approve(transport, request["parts"][0], reason="同意示例")
    async with known.office.store.read() as conn:
        entries = (await auditing.page(conn, object_kind="request", limit=50)).items
    assert [entry.action for entry in reversed(entries)] == ["ask_access", "comment_request", "approve_access"]
    written = str([entry.detail for entry in entries])
    for typed in ("函-77", "王某", "请速", "同意"):
        assert typed not in written


async def test_an_auditor_reads_every_request_and_can_do_nothing(known: World, browser_of: Browsers) -> None:
    jinxin, audit, security = [await browser_of(login) for login in ("jinxin", "audit", "security")]
    request = await asked(jinxin, ask_for(*_ids(known), *_ids(known, A)))
    seen = (await audit.get("/requests")).json()["items"]
    assert [(item["id"], len(item["parts"])) for item in seen] == [(request["id"], 2)]
    part = request["parts"][0]["id"]
    for path, body in (
        (f"/requests/parts/{part}/approve", {"version": 1}),
        (f"/requests/{request['id']}/withdraw", {}),
        (f"/requests/{request['id']}/comments", {"text": "x"}),
    ):
        assert (await audit.post(path, json=body)).status_code in (403, 404), path
    assert (await audit.post("/requests", json=ask_for(_ids(known)[0]))).status_code == 422
    assert (await security.get(f"/requests/{request['id']}")).status_code == 404


async def test_r10_a_request_for_oneself_gives_nothing_to_colleagues(known: World, browser_of: Browsers) -> None:
    await hire(known, "jinxin2", B, Role.TOWNSHIP_OPERATOR)
    jinxin, other, transport = [await browser_of(login) for login in ("jinxin", "jinxin2", "transport")]
    request = await asked(jinxin, ask_for(*_ids(known), for_me=True))
    await _approve(transport, request["parts"][0])
    assert (await other.get(f"/requests/{request['id']}")).status_code == 404
    assert "view_live" in (await jinxin.get(f"/cameras/{_ids(known)[0]}")).json()["actions"]
    assert "view_live" not in (await other.get(f"/cameras/{_ids(known)[0]}")).json()["actions"]
    assert set(OWNERS) == {A, B, DEPARTMENT}
