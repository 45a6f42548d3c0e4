"""Exports: asked for by one, approved by another of the managing unit, packed, fetched once in time, and then gone."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from sqlalchemy import select

from gateway.domain.audit import commitment
from gateway.domain.conditions import Condition
from gateway.domain.operators import Role
from gateway.services import export_views, packages
from gateway.services.export_fetching import FOLDER
from gateway.services.packages import BadPackage, WrongPassphrase, entries, verify
from gateway.storage import grants, operators
from gateway.storage.signing import open_signer
from gateway.storage.tables import audit_entries, audit_texts
from tests.integration.asking import hire, notices, sweep
from tests.integration.conftest import Browsers
from tests.integration.exporting import approved, asked, fetched, pack, room_of, wish, with_still
from tests.integration.phone import enrol
from tests.integration.world import DEPARTMENT, A, Action, B, GranteeKind, TargetKind, World, policy


async def _packed(world: World, browser_of: Browsers, tmp_path: Path) -> tuple[httpx.AsyncClient, str]:
    """An export of one camera that another person approved and the gateway packed."""
    await hire(world, "jinsha2", A, Role.TOWNSHIP_OPERATOR)
    asker, other, room = await browser_of("jinsha"), await browser_of("jinsha2"), room_of(world, tmp_path)
    await with_still(world, room, asker, world.camera(A))
    export = await asked(asker, wish(world, world.camera(A)))
    assert (await approved(other, export))["state"] == "approved"
    await pack(world, room)
    assert (await asker.get(f"/exports/{export['id']}")).json()["state"] == "packed"
    return asker, export["id"]


async def test_r17_nobody_approves_their_own_export(world: World, browser_of: Browsers, tmp_path: Path) -> None:
    asker, room = await browser_of("jinsha"), room_of(world, tmp_path)
    await with_still(world, room, asker, world.camera(A))
    export = await asked(asker, wish(world, world.camera(A)))
    for verb in ("approve", "refuse"):
        answer = await asker.post(f"/exports/{export['id']}/parts/{export['parts'][0]['id']}/{verb}", json={})
        assert answer.status_code == 403, answer.text
    assert export["parts"][0]["may_decide"] is False


async def test_r17_only_the_managing_unit_approves_and_strangers_see_nothing(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, leader, stranger = [await browser_of(name) for name in ("jinsha", "leader", "jinxin")]
    await with_still(world, room_of(world, tmp_path), asker, world.camera(A))
    export = await asked(asker, wish(world, world.camera(A)))
    address = f"/exports/{export['id']}/parts/{export['parts'][0]['id']}/approve"
    assert (await leader.post(address, json={})).status_code == 403, "may export the camera, but it is another's"
    assert (await stranger.post(address, json={})).status_code == 404
    assert (await stranger.get("/exports")).json()["items"] == []
    assert (await stranger.get(f"/exports/{export['id']}")).status_code == 404


async def test_r17_who_maintains_a_camera_asks_and_never_approves(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    for login in ("mender1", "mender2"):
        await hire(world, login, DEPARTMENT, Role.DEPARTMENT_STAFF)
    leader, camera = await browser_of("leader"), world.camera(A)
    handed = await leader.patch(f"/cameras/{camera.id}", json={"version": 1, "maintainer_id": DEPARTMENT})
    assert handed.status_code == 200, handed.text
    async with world.office.store.begin() as conn:
        actions = frozenset({Action.LIST, Action.VIEW_LIVE, Action.SEE_EVENTS, Action.EXPORT, Action.SHARE})
        unit, what = (GranteeKind.ORGANISATION, DEPARTMENT), (TargetKind.MAINTAINED_BY, DEPARTMENT)
        await grants.insert(conn, policy(unit, what, actions))
    asker, second, owner = [await browser_of(name) for name in ("mender1", "mender2", "jinsha")]
    await with_still(world, room_of(world, tmp_path), owner, camera)
    export = await asked(asker, wish(world, camera))
    assert "export_to_decide" not in await notices(second)
    assert "export_to_decide" in await notices(owner)
    (part,) = (await second.get(f"/exports/{export['id']}")).json()["parts"]
    assert (part["owner_id"], part["may_decide"]) == (A, False)
    for verb in ("approve", "refuse"):
        answer = await second.post(f"/exports/{export['id']}/parts/{part['id']}/{verb}", json={"reason": "ours"})
        assert answer.status_code == 403, answer.text
    assert (await approved(owner, export))["state"] == "approved"


async def test_r17_each_owner_decides_its_part_and_sees_no_other(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, a, b = [await browser_of(name) for name in ("leader", "jinsha", "jinxin")]
    room = room_of(world, tmp_path)
    for owner in (A, B):
        await with_still(world, room, asker, world.camera(owner))
    export = await asked(asker, wish(world, world.camera(A), world.camera(B)))
    seen = (await a.get(f"/exports/{export['id']}")).json()
    assert [part["owner_id"] for part in seen["parts"]] == [A]
    assert world.camera(B).id not in json.dumps(seen)
    assert (await approved(a, export))["state"] == "requested"
    part = next(part for part in export["parts"] if part["owner_id"] == B)
    refusal = f"/exports/{export['id']}/parts/{part['id']}/refuse"
    assert (await b.post(refusal, json={})).status_code == 422, "a refusal needs a reason"
    assert (await b.post(refusal, json={"reason": "not ours to give"})).json()["state"] == "approved"
    await pack(world, room)
    file, passphrase = await fetched(asker, export["id"], tmp_path)
    manifest = verify(file, passphrase).manifest
    assert manifest["cameras"] == [world.camera(A).id]
    assert {entry["camera"] for entry in manifest["files"]} == {world.camera(A).id}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("until", {"until": "2026-11-25T00:00:00Z"}),
        ("reason", {"reason": "short"}),
        ("letter", {"letter": ""}),
        ("receiver", {"receiver": " "}),
        ("cameras", {"cameras": []}),
        ("since", {"since": "2026-11-20T00:00:00Z", "until": "2026-11-20T02:00:00Z"}),
    ],
)
async def test_r17_an_export_has_reason_letter_receiver_and_a_bounded_range(
    world: World, browser_of: Browsers, field: str, change: dict[str, Any]
) -> None:
    asker = await browser_of("jinsha")
    answer = await asker.post("/exports", json=wish(world, world.camera(A)) | change)
    assert (answer.status_code, answer.json()["error"]["detail"].get("field")) == (422, field), answer.text


async def test_r17_a_fetched_export_is_gone_after_72_hours_with_a_receipt(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, export_id = await _packed(world, browser_of, tmp_path)
    file, _ = await fetched(asker, export_id, tmp_path)
    world.clock.at += timedelta(hours=72)
    # the sessions of the day are over: people sign in anew
    asker = await browser_of("jinsha")
    for late in ("package", "passphrase"):
        answer = await asker.post(f"/exports/{export_id}/{late}", json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
    await sweep(world)
    view = (await asker.get(f"/exports/{export_id}")).json()
    assert view["state"] == "expired"
    assert list((world.office.data / "exports").iterdir()) == []
    async with world.office.store.read() as conn:
        lines = (await conn.execute(select(audit_entries.c.canonical))).scalars().all()
    (entry,) = [one for one in map(json.loads, lines) if one["action"] == "expire_export"]
    assert entry["detail"] == {"deleted": view["sha256"], "bytes": file.stat().st_size}
    assert (await asker.post(f"/exports/{export_id}/package", json={})).status_code == 410


async def test_r17_the_passphrase_is_shown_once_and_to_the_asker_alone(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, export_id = await _packed(world, browser_of, tmp_path)
    other = await browser_of("jinsha2")
    for what in ("passphrase", "package"):
        assert (await other.post(f"/exports/{export_id}/{what}", json={})).status_code == 403
    said = await asker.post(f"/exports/{export_id}/passphrase", json={})
    assert said.status_code == 200
    assert (await asker.post(f"/exports/{export_id}/passphrase", json={})).status_code == 410
    auditor = await browser_of("audit")
    assert said.json()["passphrase"] not in (await auditor.get("/audit?limit=500")).text
    assert (await auditor.get(f"/exports/{export_id}")).json()["items"] == []
    assert (await auditor.post(f"/exports/{export_id}/package", json={})).status_code == 403


async def test_r17_r29_a_vendor_exports_nothing_whatever_it_was_granted(world: World, browser_of: Browsers) -> None:
    vendor = await hire(world, "vendor1", A, Role.VENDOR)
    async with world.office.store.begin() as conn:
        everything = policy((GranteeKind.OPERATOR, vendor.id), (TargetKind.ALL, ""), frozenset(Action))
        await grants.insert(conn, everything)
    browser = await browser_of("vendor1")
    answer = await browser.post("/exports", json=wish(world, world.camera(A)))
    assert answer.status_code == 403, answer.text
    assert (await browser.get("/exports")).json()["items"] == []


async def test_r17_approving_and_fetching_take_the_second_factor(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, export_id = await _packed(world, browser_of, tmp_path)
    second = await asked(asker, wish(world, world.camera(A)))
    other = await browser_of("jinsha2")
    for client in (asker, other):
        await enrol(client, world.clock.now())
    world.clock.at += timedelta(minutes=11)
    for client, address in (
        (asker, f"/exports/{export_id}/package"),
        (asker, f"/exports/{export_id}/passphrase"),
        (other, f"/exports/{second['id']}/parts/{second['parts'][0]['id']}/approve"),
    ):
        answer = await client.post(address, json={})
        assert answer.json()["error"]["code"] == "second_factor_needed", answer.text


async def test_what_was_typed_is_not_in_the_chain(world: World, browser_of: Browsers, tmp_path: Path) -> None:
    await _packed(world, browser_of, tmp_path)
    async with world.office.store.read() as conn:
        lines = (await conn.execute(select(audit_entries.c.canonical))).scalars().all()
    text = b"\n".join(bytes(line) for line in lines).decode()
    assert "ask_export" in text
    assert "accident" not in text
    assert "2026-118" not in text


async def test_r18_the_manifest_holds_a_salted_commitment_to_the_reason_and_names_its_line_of_the_audit(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, export_id = await _packed(world, browser_of, tmp_path)
    file, passphrase = await fetched(asker, export_id, tmp_path)
    manifest = verify(file, passphrase).manifest
    typed = wish(world, world.camera(A))["reason"]
    told = manifest["reason"]
    async with world.office.store.read() as conn:
        where = (audit_texts.c.chain == told["chain"], audit_texts.c.seq == told["seq"])
        kept = (await conn.execute(select(audit_texts).where(*where, audit_texts.c.field == "reason"))).one()
    assert kept.text == typed
    assert told["commitment"] == commitment(kept.salt, typed)
    written = json.dumps(manifest, ensure_ascii=False)
    guessed = (hashlib.sha256(text.encode()).hexdigest() for text in (typed, f"{export_id}\n{typed}"))
    assert not any(text in written for text in (typed, *guessed))


async def test_r18_what_a_killed_gateway_left_in_clear_is_removed_and_a_running_draft_is_not(world: World) -> None:
    folder = world.office.data / FOLDER
    code = (
        "import os, pathlib, signal, sys\n"
        "from gateway.services.packages import Draft\n"
        "with Draft(pathlib.Path(sys.argv[1])) as draft:\n"
        "    draft.add('files/one.jpg', b'a picture in clear')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", code, str(folder / "killed.zip"))
    assert await killed.wait() == -signal.SIGKILL
    (folder / "other.part").write_bytes(b"half")
    (folder / "done.zip").write_bytes(b"a package")
    with packages.Draft(folder / "running.zip") as draft:
        draft.add("files/one.jpg", b"a picture in clear")
        assert (folder / "killed.clear").exists()
        await sweep(world)
        assert sorted(path.name for path in folder.iterdir()) == ["done.zip", "running.clear"]
        draft.finish({"files": []}, open_signer(world.office.data), "pass")
    assert sorted(path.name for path in folder.iterdir()) == ["done.zip", "running.zip"]


async def test_r18_the_package_holds_and_says_what_was_altered(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, export_id = await _packed(world, browser_of, tmp_path)
    file, passphrase = await fetched(asker, export_id, tmp_path)
    found = verify(file, passphrase)
    assert found.key == open_signer(world.office.data).public.hex()
    (entry,) = found.manifest["files"]
    assert [step["act"] for step in sorted(found.manifest["custody"], key=lambda one: one["act"])] == ["approve", "ask"]
    assert found.manifest["approved_by"][0]["by"]["login"] == "jinsha2"
    with pytest.raises(WrongPassphrase):
        verify(file, passphrase + "x")
    whole = file.read_bytes()
    for place in (len(whole) // 2, len(whole) - 5000):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BadPackage):
            verify(file, passphrase)
    plain = packages.decrypted(io.BytesIO(dict(entries(whole))[packages.INNER]), passphrase)
    content = dict(entries(plain))[entry["name"]]
    place = plain.index(content) + len(content) // 2
    altered = plain[:place] + bytes([plain[place] ^ 1]) + plain[place + 1 :]
    with pytest.raises(BadPackage, match=entry["name"]):
        packages.verified(altered)


async def test_r19_the_evidence_itself_is_never_changed_and_its_copy_says_that_it_is_derived(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    asker, export_id = await _packed(world, browser_of, tmp_path)
    files = {path: path.read_bytes() for path in (tmp_path / "evidence").rglob("*.jpg")}
    file, passphrase = await fetched(asker, export_id, tmp_path)
    (entry,) = verify(file, passphrase).manifest["files"]
    assert (entry["derived"], entry["masked"], entry["watermarked"]) == (True, False, True)
    assert [hashlib.sha256(data).hexdigest() for data in files.values()] == [entry["source_sha256"]]
    assert entry["sha256"] != entry["source_sha256"]


def _covered(data: bytes, box: tuple[slice, slice]) -> Any:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[box]


async def test_r20_nothing_is_published_before_it_was_looked_through_and_two_people_signed(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    await hire(world, "jinsha2", A, Role.TOWNSHIP_OPERATOR)
    asker, other, room = await browser_of("jinsha"), await browser_of("jinsha2"), room_of(world, tmp_path)
    event_id = await with_still(world, room, asker, world.camera(A))
    export = await asked(asker, wish(world, world.camera(A), variant="public"))
    address = f"/exports/{export['id']}"
    await approved(other, export)
    await pack(world, room)
    assert (await asker.get(address)).json()["state"] == "approved", "nothing is packed by itself"
    for step in ("publish", "sign"):
        assert (await asker.post(f"{address}/{step}", json={})).status_code == 403
    region = {"x": 0.2, "y": 0.3, "width": 0.25, "height": 0.4}
    body = {"regions": [region, region | {"x": 0.6, "cover": "pixels"}]}
    assert (await asker.put(f"{address}/stills/{event_id}/regions", json=body)).status_code == 200
    assert (await asker.post(f"{address}/sign", json={})).status_code == 200
    assert (await asker.post(f"{address}/sign", json={})).status_code == 409
    refused = await asker.post(f"{address}/publish", json={})
    assert (refused.status_code, "two people" in refused.text) == (403, True)
    assert (await other.post(f"{address}/sign", json={})).status_code == 200
    assert (await asker.put(f"{address}/stills/{event_id}/regions", json=body)).json()["signed_by"] == []
    assert (await asker.post(f"{address}/publish", json={})).status_code == 403, "a new stroke takes signatures away"
    for client in (asker, other):
        assert (await client.post(f"{address}/sign", json={})).status_code == 200
    assert (await asker.post(f"{address}/publish", json={})).status_code == 200
    await pack(world, room)
    file, passphrase = await fetched(asker, export["id"], tmp_path)
    found = verify(file, passphrase).manifest
    assert (found["variant"], [entry["kind"] for entry in found["files"]]) == ("public", ["still"])
    assert "jinsha" not in found["watermark"]
    plain = packages.decrypted(io.BytesIO(dict(entries(file.read_bytes()))[packages.INNER]), passphrase)
    picture = dict(entries(plain))[found["files"][0]["name"]]
    # the yellow disc with the word in it is gone; nothing but the mark stands there
    assert float(_covered(picture, (slice(110, 250), slice(130, 280))).max(axis=2).astype(float).mean()) < 60


async def test_exports_are_refused_where_only_masked_pictures_may_be_shown(world: World, browser_of: Browsers) -> None:
    async with world.office.store.begin() as conn:
        to, target = (GranteeKind.ORGANISATION, DEPARTMENT), (TargetKind.CAMERA, world.camera(A).id)
        bound = replace(policy(to, target, frozenset(Action)), conditions=frozenset({Condition.MASKED_ONLY}))
        await grants.insert(conn, bound)
    answer = await (await browser_of("transport")).post("/exports", json=wish(world, world.camera(A)))
    assert (answer.status_code, answer.json()["error"]["detail"]) == (403, {"condition": "masked_only"})


async def test_a_console_hears_of_exports_that_it_may_know_and_of_no_other(
    world: World, browser_of: Browsers, tmp_path: Path
) -> None:
    """The second person's page shows a request, a cover or a signature without being loaded anew."""
    await hire(world, "jinsha2", A, Role.TOWNSHIP_OPERATOR)
    asker, room = await browser_of("jinsha"), room_of(world, tmp_path)
    await with_still(world, room, asker, world.camera(A))
    export = await asked(asker, wish(world, world.camera(A)))
    at = world.clock.now()
    async with world.office.store.read() as conn:
        for login, heard in (("jinsha", True), ("jinsha2", True), ("jinxin", False), ("audit", True)):
            person = await operators.by_login(conn, login)
            assert person is not None
            ids = [export["id"], "00000000-0000-7000-8000-000000000000"]
            assert await export_views.known(conn, person.operator, ids, at) == ([export["id"]] if heard else [])
