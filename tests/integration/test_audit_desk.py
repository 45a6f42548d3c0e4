"""The audit manager's desk: searches everything, has it verified, takes roots away, and sees no video."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

from gateway.domain.audit_roots import from_file
from gateway.services.verifying import HeldRoot, verify
from gateway.storage.signing import open_signer
from tests.integration.conftest import Browsers
from tests.integration.world import START, B, World

WORDS = "联合巡查 100% sample"


async def _lived(world: World, browser_of: Browsers) -> str:
    """A grant given, and revoked ten minutes later; its id."""
    leader = await browser_of("leader")
    body = {"grantee_kind": "organisation", "grantee_id": B, "target_kind": "owned_by", "target_id": B}
    given = (await leader.post("/grants", json=body | {"actions": ["view_live"], "reason": WORDS})).json()
    world.clock.at += timedelta(minutes=10)
    assert (await leader.post(f"/grants/{given['id']}/revoke", json={"reason": "over"})).status_code == 200
    return str(given["id"])


async def test_r14_the_audit_is_searched_by_every_side(world: World, browser_of: Browsers) -> None:
    grant_id = await _lived(world, browser_of)
    auditor = await browser_of("audit")

    async def found(**query: Any) -> list[str]:
        answer = await auditor.get("/audit", params=query)
        assert answer.status_code == 200, answer.text
        return [item["action"] for item in answer.json()["items"]]

    assert await found(object=grant_id) == ["revoke_grant", "give_grant"]
    assert await found(kind="grant", action="give_grant") == ["give_grant"]
    assert await found(actor=world.people["leader"].id, action="sign_in") == ["sign_in"]
    assert await found(text="100%") == ["give_grant"]
    assert "give_grant" not in await found(text="100_")
    later = (START + timedelta(minutes=5)).isoformat()
    assert await found(object=grant_id, since=later) == ["revoke_grant"]
    assert await found(object=grant_id, until=later) == ["give_grant"]
    assert (await auditor.get("/audit", params={"since": "2026-11-23"})).status_code == 422
    searches = (await auditor.get("/audit", params={"action": "search_audit"})).json()["items"]
    assert {item["typed"]["text"]["text"] for item in searches} == {"100_", "100%"}


async def test_r14_the_auditor_has_it_verified_and_takes_a_root_away(world: World, browser_of: Browsers) -> None:
    await _lived(world, browser_of)
    auditor = await browser_of("audit")
    assert (await auditor.get("/audit/state")).json() == {"root": None, "check": None, "verifying": False}
    root = (await auditor.post("/audit/roots")).json()
    assert (root["number"], root["day"]) == (1, None)
    held = from_file((await auditor.get("/audit/roots/1/file")).text)
    paper = await auditor.get("/audit/roots/1/page")
    assert root["digest"] in paper.text
    assert (await auditor.get("/audit/roots/2/file")).status_code == 404
    check = (await auditor.post("/audit/verification")).json()
    assert (check["findings"], check["roots"]) == ([], 1)
    assert check["lines"] >= 4
    with closing(sqlite3.connect(str(world.office.store.url.database))) as connection:
        connection.execute("DROP TRIGGER audit_entries_kept_update")
        connection.execute("UPDATE audit_entries SET hash = zeroblob(32) WHERE seq = 3")
        connection.commit()
    world.clock.at += timedelta(seconds=1)
    broken = (await auditor.post("/audit/verification")).json()
    assert [(one["seq"], one["message"]) for one in broken["findings"]] == [
        (3, "line 3 was changed after it was written")
    ]
    state = (await auditor.get("/audit/state")).json()
    assert (state["root"], state["check"]) == (root, broken)
    report = verify(world.office.store.url, frozenset([open_signer(world.office.data).public]), [HeldRoot("usb", held)])
    assert [finding.seq for finding in report.findings] == [3]


async def test_r15_nobody_else_reads_the_audit_and_the_auditor_sees_no_video(
    world: World, browser_of: Browsers
) -> None:
    paths = ("/audit", "/audit/state", "/audit/roots", "/audit/roots/1/file", "/audit/roots/1/page", "/view-records")
    for login in ("leader", "district", "jinsha", "system", "security"):
        client = await browser_of(login)
        assert {(await client.get(path)).status_code for path in paths} == {403}
        assert {(await client.post(path)).status_code for path in ("/audit/verification", "/audit/roots")} == {403}
    auditor = await browser_of("audit")
    assert (await auditor.get(f"/cameras/{world.camera(B).id}/snapshot")).status_code in (403, 404)
