"""Online and good-picture rates over HTTP: figures by hand, cut to the reader's scope, days counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from gateway.domain.cameras import CameraState
from gateway.services import rates
from gateway.storage import status
from gateway.storage.status import CameraStatus
from tests.integration.conftest import Browsers
from tests.integration.world import START, A, B, World

HOUR = timedelta(hours=1)
MIDNIGHT = START - 9 * HOUR
"""The world begins at nine in the morning in Shanghai."""


async def _report(world: World, state: CameraState, hours: float, *ids: str) -> None:
    at = MIDNIGHT + hours * HOUR
    async with world.office.store.begin() as conn:
        await status.put_all(conn, [CameraStatus(name, state, at, at) for name in ids])


def _shares(view: dict[str, Any]) -> dict[str, tuple[float, float, float | None]]:
    four = ("instant", "timed", "picture", "overall")
    return {name: (view[name]["numerator"], view[name]["denominator"], view[name]["value"]) for name in four}


async def test_todays_rates_are_those_worked_out_by_hand(world: World, browser_of: Browsers) -> None:
    """Three cameras since nine: at 21:00 one was online for 12 h, one faulty for 6 h, one never there."""
    one, two, _ = (camera.id for camera in world.cameras[A])
    await _report(world, CameraState.ONLINE, 9, one)
    await _report(world, CameraState.ONLINE, 9, two)
    await _report(world, CameraState.OFFLINE, 12, two)
    await _report(world, CameraState.FAULTY, 18, two)
    world.clock.at = MIDNIGHT + 21 * HOUR
    owner = await browser_of("jinsha")
    found = (await owner.get("/rates")).json()
    assert _shares(found["total"]) == {
        "instant": (2, 3, 0.6667),
        "timed": (1.5, 3, 0.5),
        "picture": (1, 2, 0.5),
        "overall": (1, 3, 0.3333),
    }
    assert [row["id"] for row in found["groups"]] == [A]
    desk = (await (await browser_of("district")).get("/rates?by=township")).json()
    assert {row["id"]: row["cameras"] for row in desk["groups"]} == {"320612001": 6, "320612004": 3}
    assert [row["id"] for row in desk["groups"]] == ["320612004", "320612001"], "worst first"
    kinds = (await owner.get("/rates?by=kind")).json()["groups"]
    assert sorted(row["cameras"] for row in kinds) == [1, 1, 1]
    nobody = (await (await browser_of("grid1")).get("/rates")).json()
    assert (nobody["total"]["cameras"], nobody["groups"]) == (0, [])
    assert nobody["total"]["timed"]["value"] is None


async def test_works_suppress_tickets_and_not_statistics(world: World, browser_of: Browsers) -> None:
    owner, camera = await browser_of("jinsha"), world.camera(A)
    await _report(world, CameraState.ONLINE, 9, *(one.id for one in world.cameras[A]))
    body = {"version": 1, "to": "suspended", "reason": "线路迁改(示例)", "works_until": (START + 30 * HOUR).isoformat()}
    assert (await owner.post(f"/cameras/{camera.id}/lifecycle", json=body)).status_code == 200
    await _report(world, CameraState.OFFLINE, 11, camera.id)
    world.clock.at = MIDNIGHT + 13 * HOUR
    owner = await browser_of("jinsha")
    total = _shares((await owner.get("/rates")).json()["total"])
    assert total["instant"] == (2, 2, 1.0)
    assert total["timed"] == (2.5, 3, 0.8333)
    assert total["overall"] == (2, 3, 0.6667)


async def test_whole_days_are_counted_once_and_shown_as_a_trend(world: World, browser_of: Browsers) -> None:
    ids = [camera.id for camera in world.cameras[A]]
    await _report(world, CameraState.ONLINE, 9, *ids)
    await _report(world, CameraState.OFFLINE, 24, ids[0])
    await _report(world, CameraState.ONLINE, 36, ids[0])
    world.clock.at = MIDNIGHT + 49 * HOUR
    for _ in range(2):
        await rates.count_days(world.office, world.clock.now())
    owner = await browser_of("jinsha")
    days = (await owner.get("/rates/trend")).json()["items"]
    assert len(days) == 30
    assert [(one["day"], one["cameras"], one["timed"]["value"]) for one in days[-3:]] == [
        ("2026-11-22", 0, None),
        ("2026-11-23", 3, 1.0),
        ("2026-11-24", 3, 0.8333),
    ]
    assert (await owner.get(f"/rates/trend?owner={B}")).json()["items"][-1]["cameras"] == 0
    foreign = (await (await browser_of("jinxin")).get("/rates/trend?days=2")).json()["items"]
    assert [(one["cameras"], one["timed"]["value"]) for one in foreign] == [(3, 0.0), (3, 0.0)]
    one = (await owner.get(f"/cameras/{ids[0]}/health")).json()
    assert [day["timed"]["value"] for day in one["days"][-2:]] == [1.0, 0.5]
    assert one["today"]["timed"] == {"numerator": 3600.0, "denominator": 3600.0, "value": 1.0}
    assert [row["state"] for row in one["stretches"]] == ["online", "offline", "online"]
    assert (await (await browser_of("jinxin")).get(f"/cameras/{ids[0]}/health")).status_code == 404
