"""An inquiry of a citizen on its way, for tests that need one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from tests.integration.world import World

NAME, CONTACT = "张某某（示例）", "示例 000-0000"


def wish(world: World, *cameras: str, **more: Any) -> dict[str, Any]:
    """What a citizen says at the counter, about the last hour but one."""
    at = world.clock.now()
    return {
        "asker": "person",
        "name": NAME,
        "contact": CONTACT,
        "place": "路口东南角（示例）",
        "why": "自行车被撞倒（示例）",
        "since": (at - timedelta(hours=2)).isoformat(),
        "until": (at - timedelta(hours=1)).isoformat(),
        "cameras": list(cameras),
    } | more


async def taken(client: AsyncClient, world: World, *cameras: str, **more: Any) -> dict[str, Any]:
    """An inquiry that was just taken in."""
    answer = await client.post("/inquiries", json=wish(world, *cameras, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bodies(world: World, view: dict[str, Any], supervisor: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """For every move the route that makes it, and what it takes."""
    when = (world.clock.now() + timedelta(days=1)).isoformat()
    shown = {"cameras": [one["id"] for one in view["cameras"]], "since": view["since"], "until": view["until"]}
    words = {"text": "已当面查阅（示例）"}
    plain: dict[str, tuple[str, dict[str, Any]]] = {
        "identify": ("identity", {"document": "id_card", "relation": "household_register"}),
        "consent": ("consent", {"approve": True}),
        "decline": ("consent", {"approve": False, "reason": "与申请人无关（示例）"}),
        "appoint": ("appointment", {"when": when, "place": "二楼值班室（示例）"}),
        "show": ("viewing", shown | {"supervisor_id": supervisor}),
        "answer": ("reply", words),
        "refuse": ("refusal", words),
        "withdraw": ("withdrawal", words),
    }
    return {move: (tail, body | {"version": view["version"]}) for move, (tail, body) in plain.items()}


async def moved(client: AsyncClient, world: World, view: dict[str, Any], move: str, supervisor: str = "") -> Any:
    """The answer to that move."""
    tail, body = bodies(world, view, supervisor)[move]
    return await client.post(f"/inquiries/{view['id']}/{tail}", json=body)


async def brought(
    desk: AsyncClient, unit: AsyncClient, world: World, view: dict[str, Any], supervisor: str, *moves: str
) -> dict[str, Any]:
    """The inquiry after those moves, each made by who makes it."""
    for move in moves:
        answer = await moved(unit if move in ("consent", "decline") else desk, world, view, move, supervisor)
        assert answer.status_code == 200, (move, answer.text)
        view = answer.json()
    return view
