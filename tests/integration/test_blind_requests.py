"""Asking for what one may not know: routed to whoever has coverage, and nobody learns whether anyone has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.asking import ask_at, asked, notices, sweep
from tests.integration.conftest import Browsers
from tests.integration.test_requests import _approve, _waiting
from tests.integration.world import DEPARTMENT, PLACES, START, A, World

EMPTY = (119.5, 31.0)
"""Where nobody has a camera."""


def _there(owner: str) -> tuple[float, float]:
    _, longitude, latitude = PLACES[owner]
    return longitude + 0.01, latitude + 0.01


def _plain(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says but for its own id and place."""
    rest = {key: value for key, value in answer.items() if key not in ("id", "scope", "created_at")}
    return rest | {"lines": [{**line, "at": ""} for line in answer["lines"]]}


async def _states(client: httpx.AsyncClient, *ids: str) -> list[dict[str, Any]]:
    return [_plain((await client.get(f"/requests/{id}")).json()) for id in ids]


async def test_r10_the_asker_cannot_tell_whether_anybody_has_a_camera_there(world: World, browser_of: Browsers) -> None:
    """Asked where none, one and two owners have cameras; owners refuse, comment or are silent: all look alike."""
    jinxin, jinsha, transport = [await browser_of(login) for login in ("jinxin", "jinsha", "transport")]
    none = await asked(jinxin, ask_at(*EMPTY))
    one = await asked(jinxin, ask_at(*_there(DEPARTMENT), radius_m=500))
    both = await asked(jinxin, ask_at(121.035, 32.035, radius_m=5_000))
    ids = [request["id"] for request in (none, one, both)]
    assert _plain(none) == _plain(one) == _plain(both)

    await sweep(world)
    assert len((await transport.get("/requests/inbox")).json()["items"]) == 2
    assert len((await jinsha.get("/requests/inbox")).json()["items"]) == 1
    inbox = (await transport.get("/requests/inbox")).json()["items"]
    part = next(item for item in inbox if item["id"] == one["id"])["parts"][0]
    refusal = {"version": part["version"], "reason": "涉密点位"}
    assert (await transport.post(f"/requests/parts/{part['id']}/refuse", json=refusal)).status_code == 200
    await transport.post(f"/requests/{both['id']}/comments", json={"text": "哪一路?"})
    seen = await _states(jinxin, *ids)
    assert seen[0] == seen[1] == seen[2]
    assert await notices(jinxin) == []

    for hours, standing in ((29.9, "open"), (30, "no_answer")):
        world.clock.at = START + timedelta(hours=hours)
        jinxin = await browser_of("jinxin")
        await sweep(world)
        seen = await _states(jinxin, *ids)
        assert seen[0] == seen[1] == seen[2], hours
        assert seen[0]["standing"] == standing
    assert await notices(jinxin) == ["request_no_answer"] * 3
    told = (await jinxin.get("/notices")).json()["items"]
    assert len({str((item["kind"], item["detail"], item["at"])) for item in told}) == 1


async def test_r10_the_answer_comes_before_anybody_looks_for_cameras(world: World, browser_of: Browsers) -> None:
    """So that its time cannot tell: the same statements are run wherever it is asked for."""
    jinxin = await browser_of("jinxin")
    request = await asked(jinxin, ask_at(*_there(DEPARTMENT)))
    transport = await browser_of("transport")
    assert (await transport.get("/requests/inbox")).json()["items"] == []
    assert (await transport.get(f"/requests/{request['id']}")).status_code == 404
    for _ in range(2):
        await sweep(world)
    assert (await _waiting(transport))["id"] == request["id"]
    assert await notices(transport) == ["request_to_decide"]


@pytest.mark.parametrize(
    "scope",
    [
        {"kind": "place", "centre": list(_there(DEPARTMENT)), "radius_m": 300},
        {"kind": "township", "ids": ["320612001"]},
        {"kind": "area", "outline": [[121.05, 32.05], [121.08, 32.05], [121.08, 32.08], [121.05, 32.08]]},
        {"kind": "owner", "ids": [DEPARTMENT]},
        {"kind": "kind", "ids": ["road"]},
    ],
)
async def test_what_is_given_is_known_and_the_rest_stays_unknown(
    world: World, browser_of: Browsers, scope: dict[str, Any]
) -> None:
    jinxin, transport = await browser_of("jinxin"), await browser_of("transport")
    request = await asked(jinxin, ask_at(*EMPTY) | {"scope": scope})
    await sweep(world)
    part = (await _waiting(transport))["parts"][0]
    ids = [camera["id"] for camera in part["cameras"]]
    assert set(ids) <= {camera.id for camera in world.cameras[DEPARTMENT]}
    await _approve(transport, part, cameras=ids[:1])
    seen = await jinxin.get(f"/requests/{request['id']}")
    assert [camera["id"] for camera in seen.json()["parts"][0]["cameras"]] == ids[:1]
    assert seen.json()["parts"][0]["asked_count"] == 1
    hidden = world.secrets_of(DEPARTMENT) - {w for c in world.cameras[DEPARTMENT] if c.id == ids[0] for w in
                                             (c.id, c.name_zh, c.name_en)} | world.secrets_of(A)  # fmt: skip
    assert not [word for word in hidden if word in seen.text]
    assert "view_live" in (await jinxin.get(f"/cameras/{ids[0]}")).json()["actions"]
    assert [camera.id for camera in world.cameras[DEPARTMENT] if camera.id not in ids[:1]]


async def test_ones_own_cameras_are_not_asked_for(world: World, browser_of: Browsers) -> None:
    jinsha = await browser_of("jinsha")
    await asked(jinsha, ask_at(*EMPTY) | {"scope": {"kind": "township", "ids": ["320612001"]}})
    await sweep(world)
    assert (await jinsha.get("/requests/inbox")).json()["items"] == []
    assert await notices(jinsha) == []
