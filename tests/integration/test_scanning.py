"""Scanning over HTTP: who may, where, and what is told."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from gateway.domain.scans import PRIVATE, FoundDevice, Scan, networks
from gateway.storage import auditing, cameras
from gateway.web.api import create_api
from tests.integration.world import A, B, World, signed_in


async def test_the_network_is_scanned_by_who_manages_cameras_and_within_bounds(world: World) -> None:
    own, foreign = "192.168.1.20", "192.168.1.30"
    asked: list[Scan] = []

    async def scanner(wish: Scan) -> Sequence[FoundDevice]:
        asked.append(wish)
        hosts = (own, foreign, "8.8.8.8", "127.0.0.1", "evil.example")
        return [FoundDevice(host, 80, "onvif", "x") for host in hosts]

    async with world.office.store.begin() as conn:
        for owner, host in ((A, own), (B, foreign)):
            await cameras.patch(conn, world.camera(owner).id, 1, {"host": host}, world.clock.now())
    app = create_api(world.office, scanner=scanner, networks=networks(PRIVATE))
    async with aclosing(await signed_in(app, "jinsha")) as owner_of_a:
        answer = await owner_of_a.post("/scan", json={"range": "192.168.1.16/28", "ports": [8000]})
        assert answer.status_code == 200, answer.text
        found = answer.json()["items"]
        assert [(one["host"], one["known"]) for one in found] == [(own, True), (foreign, False)], "only what is allowed"
        assert (len(asked[0].addresses), asked[0].ports, asked[0].loopback) == (14, (8000,), False)
        for wrong in ("127.0.0.0/24", "8.8.8.0/24", "10.0.0.0/8", "everything"):
            refused = await owner_of_a.post("/scan", json={"range": wrong})
            assert (refused.status_code, refused.json()["error"]["detail"]) == (422, {"field": "range"})
        assert (await owner_of_a.post("/scan", json={})).status_code == 200
        assert asked[1] == Scan()
    for login in ("district", "grid1", "audit", "system"):
        async with aclosing(await signed_in(app, login)) as client:
            assert (await client.post("/scan", json={})).status_code == 403
    assert len(asked) == 2
    async with world.office.store.read() as conn:
        page = await auditing.page(conn, limit=100)
    assert [entry.detail for entry in page.items if entry.action == "scan_network"] == [
        {"addresses": 0},
        {"addresses": 14},
    ]


async def test_a_gateway_without_workers_says_so(world: World) -> None:
    app = create_api(world.office)
    async with aclosing(await signed_in(app, "jinsha")) as client:
        assert (await client.post("/scan", json={})).status_code == 403
