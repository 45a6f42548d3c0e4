"""A lawful erasure reaches every row in which the words stand: afterwards no column of the database holds them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.bus.local import LocalBus
from gateway.services.verifying import verify
from gateway.storage import view_records
from tests.integration.asking import ask_for, asked
from tests.integration.conftest import Browsers
from tests.integration.exporting import room_of, wish, with_still
from tests.integration.giving import knows_of_everything
from tests.integration.inquiring import CONTACT, NAME, taken
from tests.integration.test_live import Scene, Worker, scene
from tests.integration.world import DEPARTMENT, A, B, World, signed_in

WORDS = "王某某的陈述（示例）"
ORDER = {"reason": "依据书面通知第七号"}


def _holding(world: World, words: str) -> list[str]:
    """The columns that hold the words, in any table; JSON and bytes too."""
    found = []
    with closing(sqlite3.connect(str(world.office.store.url.database))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
                inside = f'SELECT count(*) FROM "{table}" WHERE instr(CAST("{column}" AS TEXT), ?)'
                written = (words, json.dumps(words)[1:-1])
                if any(connection.execute(inside, (one,)).fetchone()[0] for one in written):
                    found.append(f"{table}.{column}")
    return found


async def _erased(browser_of: Browsers, words: str) -> int:
    """Erases every text with these words, each by its id, as an order names them; returns how many there were."""
    auditor, system = await browser_of("audit"), await browser_of("system")
    count = 0
    for entry in (await auditor.get("/audit", params={"text": words, "limit": 100})).json()["items"]:
        for text in entry["typed"].values():
            if text["text"] is not None and words in text["text"]:
                answer = await system.post(f"/audit/texts/{text['id']}/erasure", json=ORDER)
                assert answer.status_code == 204, answer.text
                count += 1
    # the search for them was itself typed, and is recorded
    for entry in (await auditor.get("/audit", params={"action": "search_audit", "limit": 100})).json()["items"]:
        if entry["typed"]["text"]["text"] is not None:
            await system.post(f"/audit/texts/{entry['typed']['text']['id']}/erasure", json=ORDER)
    return count


async def _ask(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found


def _clean(world: World) -> None:
    assert _holding(world, WORDS) == []
    assert verify(world.office.store.url, frozenset(), processes=1, views=True).findings == []


async def test_r14_an_erasure_reaches_requests_their_lines_and_the_grants_they_led_to(
    world: World, browser_of: Browsers
) -> None:
    await knows_of_everything(world)
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    ids = [camera.id for camera in world.cameras[DEPARTMENT][:2]]
    request = await asked(jinxin, ask_for(*ids, reason=WORDS, letter=f"函：{WORDS}"))
    await _ask(jinxin, "POST", f"/requests/{request['id']}/comments", {"text": WORDS})
    (waiting,) = (await transport.get("/requests/inbox?waiting=true")).json()["items"]
    part = waiting["parts"][0]
    await _ask(transport, "POST", f"/requests/parts/{part['id']}/approve", {"version": part["version"]})
    before = _holding(world, WORDS)
    assert {"access_requests.reason", "access_requests.letter", "request_lines.text", "grants.reason"} <= set(before)
    assert await _erased(browser_of, WORDS) >= 4
    _clean(world)
    assert (await jinxin.get(f"/requests/{request['id']}")).json()["reason"] == ""


async def test_r14_an_erasure_reaches_what_was_typed_at_grants_candidates_holds_and_cameras(
    world: World, browser_of: Browsers
) -> None:
    jinsha, camera = await browser_of("jinsha"), world.camera(A)
    wish = {
        "grantee_kind": "organisation",
        "grantee_id": B,
        "target_kind": "camera",
        "target_id": camera.id,
        "actions": ["view_live"],
        "reason": WORDS,
    }
    given = await _ask(jinsha, "POST", "/grants", wish)
    await _ask(jinsha, "POST", f"/grants/{given['id']}/revoke", {"reason": WORDS})
    candidate = (await jinsha.get(f"/candidates/{world.candidates[camera.id]}")).json()
    dismissal = {"reason": WORDS, "version": candidate["version"]}
    await _ask(jinsha, "POST", f"/candidates/{candidate['id']}/dismiss", dismissal)
    await _ask(jinsha, "POST", f"/cameras/{camera.id}/need-review", {"needed": True, "note": WORDS})
    file = (await jinsha.get(f"/cameras/{camera.id}")).json()
    moved = {"version": file["version"], "to": "decommissioned", "reason": WORDS}
    await _ask(jinsha, "POST", f"/cameras/{camera.id}/lifecycle", moved)
    before = set(_holding(world, WORDS))
    assert {"grants.reason", "grants.revoke_reason", "candidates.decision_reason", "need_reviews.note"} <= before
    assert "cameras.lifecycle_reason" in before
    assert await _erased(browser_of, WORDS) == 5
    _clean(world)


async def test_r14_an_erasure_reaches_what_was_typed_into_a_ticket(world: World, browser_of: Browsers) -> None:
    jinsha, camera = await browser_of("jinsha"), world.camera(A)
    candidate = (await jinsha.get(f"/candidates/{world.candidates[camera.id]}")).json()
    category = next(one for one in (await jinsha.get("/categories")).json() if one["from_video"])["code"]
    wish = {"category": category, "title": WORDS, "note": f"{WORDS}，住三号楼", "version": candidate["version"]}
    ticket = await _ask(jinsha, "POST", f"/candidates/{candidate['id']}/confirm", wish)
    assert {"tickets.title", "tickets.note", "candidates.decision_reason"} <= set(_holding(world, WORDS))
    assert await _erased(browser_of, WORDS) == 2
    _clean(world)
    after = (await jinsha.get(f"/tickets/{ticket['id']}")).json()
    assert (after["title"], after["note"], after["number"]) == ("", "", ticket["number"])


async def test_r14_a_ticket_that_is_called_as_its_category_is_nobodys_words(world: World, browser_of: Browsers) -> None:
    jinsha, auditor, camera = await browser_of("jinsha"), await browser_of("audit"), world.camera(A)
    candidate = (await jinsha.get(f"/candidates/{world.candidates[camera.id]}")).json()
    category = next(one for one in (await jinsha.get("/categories")).json() if one["from_video"])
    wish = {"category": category["code"], "title": category["name_zh"], "version": candidate["version"]}
    await _ask(jinsha, "POST", f"/candidates/{candidate['id']}/confirm", wish)
    (line,) = (await auditor.get("/audit", params={"action": "confirm_candidate"})).json()["items"]
    assert line["typed"] == {}


async def test_r14_an_export_whose_receiver_was_erased_still_has_a_heading(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    jinsha = await browser_of("jinsha")
    await with_still(world, room_of(world, tmp_path), jinsha, world.camera(A))
    export = await _ask(jinsha, "POST", "/exports", wish(world, world.camera(A), receiver=WORDS))
    assert await _erased(browser_of, WORDS) == 1
    _clean(world)
    assert (await jinsha.get(f"/exports/{export['id']}")).json()["receiver"] == "—"


async def test_r14_only_what_still_stands_as_it_was_typed_is_emptied(world: World, browser_of: Browsers) -> None:
    jinsha, camera = await browser_of("jinsha"), world.camera(A)
    await _ask(jinsha, "POST", f"/cameras/{camera.id}/need-review", {"needed": True, "note": WORDS})
    await _ask(jinsha, "POST", f"/cameras/{camera.id}/need-review", {"needed": True, "note": "仍有必要（示例）"})
    await _erased(browser_of, WORDS)
    _clean(world)
    assert _holding(world, "仍有必要（示例）") != []


async def test_r14_an_inquirys_texts_leave_its_row_one_by_one(world: World, browser_of: Browsers) -> None:
    await taken(await browser_of("district"), world, world.camera(A).id)
    for words in (NAME, CONTACT):
        assert "inquiries.name" in _holding(world, words) or "inquiries.contact" in _holding(world, words)
        assert await _erased(browser_of, words) == 1
        assert _holding(world, words) == []
    _clean(world)


@pytest.fixture
async def shown(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


async def _looked(shown: Scene) -> None:
    asked = {"purpose": "PS-FLOOD", "reason": WORDS}
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        answer = await client.get(f"/cameras/{shown.world.camera(B).id}/snapshot", params=asked)
        assert answer.status_code == 200, answer.text


async def test_r14_the_reason_of_a_look_is_erased_by_its_records_id_and_the_proof_still_holds(
    shown: Scene, world: World
) -> None:
    await _looked(shown)
    assert _holding(world, WORDS) == ["view_records.reason"]
    async with aclosing(await signed_in(shown.app, "audit")) as auditor:
        (record,) = (await auditor.get("/view-records")).json()["items"]
    async with aclosing(await signed_in(shown.app, "system")) as system:
        named = (await system.get(f"/audit/texts/{record['id']}")).json()
        assert (named["field"], named["erased_at"], named["holds"]) == ("reason", None, True)
        assert (await system.post(f"/audit/texts/{record['id']}/erasure", json=ORDER)).status_code == 204
        assert (await system.post(f"/audit/texts/{record['id']}/erasure", json=ORDER)).status_code == 404
        named = (await system.get(f"/audit/texts/{record['id']}")).json()
        assert (named["erased_at"] is not None, named["holds"]) == (True, True)
        (told,) = (await system.get("/audit/erasures")).json()["items"]
        assert (told["text_id"], told["field"], told["reason"]) == (record["id"], "reason", ORDER["reason"])
    _clean(world)


async def test_r14_the_ground_of_a_sessions_purpose_leaves_every_record_under_it(shown: Scene, world: World) -> None:
    async with aclosing(await signed_in(shown.app, "jinxin")) as client:
        await _ask(client, "PATCH", "/session", {"purpose": "PS-FLOOD", "reason": WORDS})
        for _ in range(2):
            assert (await client.get(f"/cameras/{world.camera(B).id}/snapshot")).status_code == 200
    assert set(_holding(world, WORDS)) == {"audit_texts.text", "sessions.ground", "view_records.reason"}
    async with aclosing(await signed_in(shown.app, "audit")) as auditor:
        (line,) = (await auditor.get("/audit", params={"action": "choose_purpose"})).json()["items"]
    async with aclosing(await signed_in(shown.app, "system")) as system:
        await _ask(system, "POST", f"/audit/texts/{line['typed']['reason']['id']}/erasure", ORDER)
    _clean(world)


async def test_r14_the_reason_of_a_look_that_was_emptied_by_hand_is_found(shown: Scene, world: World) -> None:
    await _looked(shown)
    with closing(sqlite3.connect(str(world.office.store.url.database))) as connection:
        (record,) = connection.execute("SELECT id FROM view_records").fetchone()
    async with world.office.store.begin() as conn:
        assert await view_records.erase_reason(conn, record)
    (found,) = verify(world.office.store.url, frozenset(), processes=1, views=True).findings
    assert "is gone without an erasure" in found.message
