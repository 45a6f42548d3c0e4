"""The audit: what people typed stands beside the chain, can be erased by law, and the chain still proves the rest."""

from __future__ import annotations

from sqlalchemy import text

from gateway.domain.audit import commitment
from gateway.storage import auditing
from tests.integration.conftest import Browsers
from tests.integration.world import World

WORDS = "根据张某的来信 sample"


async def _dismissed(world: World, browser_of: Browsers) -> str:
    """A candidate that was put aside with a typed reason; its id."""
    leader = await browser_of("leader")
    candidate = next(iter(world.candidates.values()))
    body = {"reason": WORDS, "version": 1}
    assert (await leader.post(f"/candidates/{candidate}/dismiss", json=body)).status_code == 200
    return candidate


async def test_r14_the_chain_holds_a_commitment_and_never_what_was_typed(world: World, browser_of: Browsers) -> None:
    candidate = await _dismissed(world, browser_of)
    async with world.office.store.read() as conn:
        chained = (await conn.execute(text("SELECT canonical FROM audit_entries"))).scalars().all()
        statement = text("SELECT salt, text FROM audit_texts WHERE field = 'reason' ORDER BY id DESC LIMIT 1")
        salt, kept = (await conn.execute(statement)).one()
        assert await auditing.verify(conn, world.office.gateway_id) is None
    assert not any(WORDS in bytes(line).decode() for line in chained)
    assert kept == WORDS
    assert any(commitment(bytes(salt), WORDS) in bytes(line).decode() for line in chained)
    shown = (await (await browser_of("audit")).get("/audit", params={"object": candidate})).json()["items"]
    assert [entry["typed"]["reason"]["text"] for entry in shown] == [WORDS]
    assert shown[0]["detail"] == {}


async def test_r14_a_lawful_erasure_takes_the_text_and_leaves_the_proof(world: World, browser_of: Browsers) -> None:
    candidate = await _dismissed(world, browser_of)
    auditor, system = await browser_of("audit"), await browser_of("system")
    entry = (await auditor.get("/audit", params={"object": candidate})).json()["items"][0]
    path = f"/audit/texts/{entry['typed']['reason']['id']}/erasure"
    record = path.removesuffix("/erasure")
    assert (await auditor.post(path, json={"reason": "by letter 7"})).status_code == 403
    assert (await (await browser_of("security")).get(record)).status_code == 403
    named = (await system.get(record)).json()
    assert (named["action"], named["field"], named["erased_at"], named["holds"]) == (
        entry["action"],
        "reason",
        None,
        True,
    )
    assert WORDS not in str(named)
    assert entry["actor_id"] not in str(named), "an order names a text, not a person"
    assert (await system.get("/audit/texts/no-such-text")).status_code == 404
    assert (await system.post(path, json={"reason": "  "})).status_code == 422
    assert (await system.post(path, json={"reason": "by letter 7"})).status_code == 204
    assert (await system.post(path, json={"reason": "again"})).status_code == 404
    after = (await auditor.get("/audit", params={"object": candidate})).json()["items"][0]
    assert after["typed"]["reason"]["text"] is None
    assert after["typed"]["reason"]["erased_at"] is not None
    gone = (await system.get(record)).json()
    assert (gone["erased_at"] is None, gone["holds"]) == (False, True), "the proof stands without the text"
    for reader in (system, auditor):
        (told,) = (await reader.get("/audit/erasures")).json()["items"]
        assert (told["text_id"], told["seq"], told["reason"]) == (
            entry["typed"]["reason"]["id"],
            entry["seq"],
            "by letter 7",
        )
    newest = (await auditor.get("/audit")).json()["items"][0]
    assert (newest["action"], newest["typed"]["reason"]["text"]) == ("erase_text", "by letter 7")
    assert newest["detail"] == {"chain": entry["chain"], "seq": entry["seq"], "field": "reason", "rows": 1}
    async with world.office.store.read() as conn:
        assert await auditing.verify(conn, world.office.gateway_id) is None
        left = (
            await conn.execute(text("SELECT count(*) FROM audit_texts WHERE text = :words"), {"words": WORDS})
        ).scalar()
    assert left == 0
