"""Play addresses: none of them carries a right, so none can be handed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from gateway.bus.local import LocalBus
from tests.integration.sockets import connected
from tests.integration.test_live import Scene, Worker, cookie_of, scene
from tests.integration.test_live_webrtc import peer
from tests.integration.world import B, World, client_of, signed_in

SDP = {"Content-Type": "application/sdp"}


@pytest.fixture
async def offered(world: World, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(world, tmp_path, LocalBus(), Worker()) as one:
        yield one


async def test_r28_a_live_address_plays_for_nobody_but_its_callers_own_session(offered: Scene) -> None:
    address = f"/api/v1/cameras/{offered.world.camera(B).id}/live?stream=main"
    async with connected(offered.app, address) as unsigned:
        assert "signed_out" in await unsigned.until_closed()
    async with aclosing(await signed_in(offered.app, "jinsha")) as stranger:
        async with connected(offered.app, address, await cookie_of(stranger)) as socket:
            said = await socket.until_closed()
        assert "not_found" in said
    assert await offered.records() == [], "nobody saw anything"


async def test_r28_a_webrtc_session_is_of_no_use_to_anybody_else(offered: Scene) -> None:
    address = f"/cameras/{offered.world.camera(B).id}/whep?stream=main"
    async with aclosing(await signed_in(offered.app, "jinxin")) as client, peer() as browser:
        offer = browser.localDescription.sdp
        answer = await client.post(address, content=offer, headers=SDP)
        assert answer.status_code == 201
        session = answer.headers["location"].removeprefix("/api/v1")
        async with (
            aclosing(await signed_in(offered.app, "jinsha")) as stranger,
            aclosing(client_of(offered.app)) as none,
        ):
            for address_given in (address, session):
                refused = await stranger.post(address_given, content=offer, headers=SDP)
                assert refused.status_code in (404, 405), address_given
                assert (await none.post(address_given, content=offer, headers=SDP)).status_code in (401, 405)
            assert (await stranger.get(session)).status_code in (404, 405)
            ended, unknown = await stranger.delete(session), await stranger.delete("/whep/never-there")
            assert (ended.status_code, ended.content) == (unknown.status_code, unknown.content)
        assert [row["result"] for row in await offered.records()] == ["open"], "one look, by one person, which goes on"
        assert (await client.delete(session)).status_code == 204
