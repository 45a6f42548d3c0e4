"""What weighs as much as an act that takes a fresh proof of the second factor takes one too; daily work does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from gateway.domain.operators import Role
from gateway.storage import identities
from tests.integration.asking import ask_for, asked, hire
from tests.integration.conftest import Browsers
from tests.integration.giving import grant_of, knows_of_everything
from tests.integration.inquiring import brought, taken
from tests.integration.phone import enrol
from tests.integration.test_service_accounts import issued, service
from tests.integration.world import DEPARTMENT, A, B, World

REASON = {"reason": "依据书面通知第七号（示例）"}


class Sitting:
    """Somebody with a phone who signed in a while ago."""

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.client, self._world = client, world

    async def comes_back(self) -> None:
        """Has set up a phone, and proved it so long ago that it counts no more."""
        self._phone = await enrol(self.client, self._world.clock.now())
        self._world.clock.at += timedelta(minutes=11)

    async def must_prove(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """The answer once the phone was shown, without which it was refused."""
        refused = await self.client.request(method, path, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "second_factor_needed"), refused.text
        proof = {"code": self._phone.code(self._world.clock.now())}
        assert (await self.client.post("/session/second-factor/prove", json=proof)).status_code == 204
        answer = await self.client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer


async def _sitting(world: World, browser_of: Browsers, login: str) -> Sitting:
    found = Sitting(world, await browser_of(login))
    await found.comes_back()
    return found


async def test_r09_unlinking_an_identity_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    owner = world.people["jinsha"].id
    async with world.office.store.begin() as conn:
        await identities.link(conn, "https://idp.example", "subject", owner, world.clock.now())
    manager = await _sitting(world, browser_of, "system")
    await manager.must_prove("DELETE", f"/operators/{owner}/identity")
    async with world.office.store.read() as conn:
        assert not await identities.any_of(conn, owner)


async def test_r09_revoking_a_token_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("system")
    made = await service(keeper)
    token = (await issued(keeper, made["id"]))["view"]["id"]
    manager = Sitting(world, keeper)
    await manager.comes_back()
    await manager.must_prove("DELETE", f"/service-accounts/{made['id']}/tokens/{token}")


async def test_r09_erasing_a_text_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    leader, auditor = await browser_of("leader"), await browser_of("audit")
    grant = grant_of(world.camera(B).id, A, reason="王某某（示例）")
    assert (await leader.post("/grants", json=grant)).status_code == 201
    (line,) = (await auditor.get("/audit", params={"action": "give_grant"})).json()["items"]
    manager = await _sitting(world, browser_of, "system")
    await manager.must_prove("POST", f"/audit/texts/{line['typed']['reason']['id']}/erasure", REASON)


async def test_r09_erasing_an_inquirys_words_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    desk = await browser_of("district")
    view = await brought(desk, desk, world, await taken(desk, world, world.camera(A).id), "", "withdraw")
    unit = await _sitting(world, browser_of, "jinsha")
    await unit.must_prove("POST", f"/inquiries/{view['id']}/erasure", REASON)


async def test_r09_approving_several_cameras_takes_a_fresh_proof_and_one_does_not(
    world: World, browser_of: Browsers
) -> None:
    await knows_of_everything(world)
    jinxin = await browser_of("jinxin")
    owner = await _sitting(world, browser_of, "transport")
    ids = [camera.id for camera in world.cameras[DEPARTMENT][:2]]
    for count in (1, 2):
        await asked(jinxin, ask_for(*ids))
        (waiting,) = (await owner.client.get("/requests/inbox?waiting=true")).json()["items"]
        part = waiting["parts"][0]
        path, body = f"/requests/parts/{part['id']}/approve", {"version": part["version"], "cameras": ids[:count]}
        if count == 1:
            assert (await owner.client.post(path, json=body)).status_code == 200
        else:
            await owner.must_prove("POST", path, body)


async def test_r09_filling_a_group_that_grants_rest_on_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    keeper = await browser_of("jinsha")
    group = (await keeper.post("/camera-groups", json={"name_zh": "防汛点位（示例）"})).json()
    address = f"/camera-groups/{group['id']}/cameras"
    owner = Sitting(world, keeper)
    await owner.comes_back()
    first, second = (camera.id for camera in world.cameras[A][:2])
    assert (await keeper.post(address, json={"put": [first]})).status_code == 200, "nobody holds anything on it"
    grant = grant_of(group["id"], target_kind="group")
    await owner.must_prove("POST", "/grants", grant)
    world.clock.at += timedelta(minutes=11)
    assert (await keeper.post(address, json={"take": [first]})).status_code == 200
    await owner.must_prove("POST", address, {"put": [second]})


async def test_r09_naming_a_deputy_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    chief = await _sitting(world, browser_of, "leader")
    until = (world.clock.now() + timedelta(days=2)).isoformat()
    body = {"deputy_id": world.people["district"].id, "not_after": until, "reason": "出差（示例）"}
    await chief.must_prove("POST", "/delegations", body)


async def test_r09_deciding_about_a_legal_hold_takes_a_fresh_proof(world: World, browser_of: Browsers) -> None:
    await hire(world, "jinxin2", B, Role.TOWNSHIP_OPERATOR)
    other = await _sitting(world, browser_of, "jinxin2")
    end = (world.clock.now() + timedelta(days=20)).isoformat()
    hold = {"camera_id": world.camera(B).id, "reason": "事故调查（示例）", "letter": "示例-1", "ends_at": end}
    asked_for = await (await browser_of("jinxin")).post("/legal-holds", json=hold)
    assert asked_for.status_code == 201, asked_for.text
    await other.must_prove("POST", f"/legal-holds/{asked_for.json()['id']}/decision", {"approve": True})
