"""Grants as tests wish for them: one camera for one unit, or the directory of everything."""

from __future__ import annotations

from typing import Any

from gateway.domain.actions import Action
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.storage import grants
from tests.integration.world import B, World, policy


def grant_of(target_id: str, to: str = B, **more: Any) -> dict[str, Any]:
    """The body that gives a unit one camera to watch, unless it says otherwise."""
    return {
        "grantee_kind": "organisation",
        "grantee_id": to,
        "target_kind": "camera",
        "target_id": target_id,
        "actions": ["view_live"],
        "reason": "joint patrol",
    } | more


async def knows_of_everything(world: World, unit: str = B) -> None:
    """Lets everybody of the unit know that each camera is there, and no more."""
    seen = policy((GranteeKind.ORGANISATION, unit), (TargetKind.ALL, ""), frozenset({Action.DIRECTORY}))
    async with world.office.store.begin() as conn:
        await grants.insert(conn, seen, "directory")
