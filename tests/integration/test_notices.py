"""People are told once, each sees only their own notices, and an open console hears of them."""

from __future__ import annotations

from datetime import timedelta

from fastapi import FastAPI

from gateway.domain.notices import Recipient, to_operator, to_organisation, to_role
from gateway.domain.operators import Role
from gateway.services import notifying
from tests.integration.conftest import Browsers
from tests.integration.sockets import connected
from tests.integration.world import START, A, B, World


async def _tell(world: World, *to: Recipient, key: str = "", about: str = "C-1") -> tuple[str, ...]:
    async with world.office.store.begin() as conn:
        at = world.clock.now()
        told = await notifying.tell(conn, at, to, "camera_offline", ("camera", about), key=key, minutes=5)
    await notifying.ring_for(world.office, told)
    return told


async def test_each_reads_what_was_told_to_them_alone(world: World, browser_of: Browsers) -> None:
    me = world.people["jinsha"]
    await _tell(world, to_operator(me.id), to_organisation(A), to_role(Role.TOWNSHIP_OPERATOR))
    counts = {}
    for login in ("jinsha", "grid1", "jinxin", "transport", "audit"):
        client = await browser_of(login)
        items = (await client.get("/notices")).json()["items"]
        counts[login] = len(items)
        assert (await client.get("/notices/count")).json() == {"unseen": len(items)}
    assert counts == {"jinsha": 3, "grid1": 1, "jinxin": 1, "transport": 0, "audit": 0}
    one = (await (await browser_of("grid1")).get("/notices")).json()["items"][0]
    assert (one["kind"], one["object_kind"], one["object_id"], one["detail"]) == (
        "camera_offline",
        "camera",
        "C-1",
        {"minutes": 5},
    )


async def test_an_organisation_is_told_by_role(world: World, browser_of: Browsers) -> None:
    await _tell(world, to_organisation(A, Role.GRID_MEMBER))
    assert (await (await browser_of("grid1")).get("/notices/count")).json() == {"unseen": 1}
    assert (await (await browser_of("jinsha")).get("/notices/count")).json() == {"unseen": 0}


async def test_the_same_is_told_once_and_another_key_again(world: World, browser_of: Browsers) -> None:
    to = to_organisation(A)
    assert len(await _tell(world, to, to, key="24h")) == 1
    assert await _tell(world, to, key="24h") == ()
    assert len(await _tell(world, to, key="1h")) == 1
    assert len(await _tell(world, to, key="1h", about="C-2")) == 1
    assert len((await (await browser_of("jinsha")).get("/notices")).json()["items"]) == 3


async def test_what_one_has_seen_waits_for_the_others(world: World, browser_of: Browsers) -> None:
    told = await _tell(world, to_organisation(A), to_role(Role.GRID_MEMBER))
    foreign = await _tell(world, to_organisation(B), about="C-9")
    jinsha, grid, jinxin = await browser_of("jinsha"), await browser_of("grid1"), await browser_of("jinxin")
    for _ in range(2):
        assert (await jinsha.post("/notices/seen", json={"ids": [*told, *foreign]})).json() == {"unseen": 0}
    assert (await grid.get("/notices/count")).json() == {"unseen": 2}
    assert (await jinxin.get("/notices/count")).json() == {"unseen": 1}
    assert (await jinsha.get("/notices?unseen=true")).json()["items"] == []
    assert (await jinsha.get("/notices")).json()["items"][0]["seen_at"] is not None
    assert (await grid.post("/notices/seen", json={})).json() == {"unseen": 0}
    assert (await jinxin.get("/notices/count")).json() == {"unseen": 1}


async def test_pages_of_notices_are_complete(world: World, browser_of: Browsers) -> None:
    told = [(await _tell(world, to_organisation(A), about=f"C-{n}"))[0] for n in range(7)]
    jinsha, found, after = await browser_of("jinsha"), [], ""
    while True:
        page = (await jinsha.get(f"/notices?limit=3{after}")).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == sorted(told, reverse=True)


async def test_an_open_console_hears_of_its_own_notices_only(app: FastAPI, world: World, browser_of: Browsers) -> None:
    client = await browser_of("jinxin")
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    async with connected(app, "/api/v1/messages", cookies) as socket:
        await socket.until_said("hello")
        theirs = await _tell(world, to_organisation(A))
        own = await _tell(world, to_organisation(B))
        said = await socket.until_said(own[0])
    assert own[0] in said
    assert theirs[0] not in said


async def test_old_notices_are_forgotten_with_what_was_seen_of_them(world: World, browser_of: Browsers) -> None:
    jinsha = await browser_of("jinsha")
    await _tell(world, to_organisation(A))
    await jinsha.post("/notices/seen", json={})
    world.clock.at = START + timedelta(minutes=1)
    await _tell(world, to_organisation(A), about="C-2")
    for _ in range(2):
        await notifying.forget_old(world.office, START + notifying.KEPT + timedelta(seconds=1))
    assert [item["object_id"] for item in (await jinsha.get("/notices")).json()["items"]] == ["C-2"]
