"""Emergencies lift no mask: what they give is masked wherever somebody is shown that camera with its masks only.

Asked at every look and every re-check, so that it holds also for a camera that came under such a grant, or into a group
or an area with one, after the emergency began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.decisions import Decision
from gateway.domain.grants import CameraFacts, Effect, Grant, Held, permits
from gateway.domain.operators import Operator
from gateway.storage import emergencies, grants


async def decide(
    conn: AsyncConnection,
    operator: Operator,
    action: Action,
    camera: CameraFacts,
    given: Sequence[Grant],
    at: datetime,
    purpose: str,
) -> Decision:
    """What ``permits`` says of the operator's grants, with the camera's masks kept in an emergency.

    Whoever has another grant beside the emergency's is judged by that one.
    """
    decision = permits(operator, action, camera, given, at, purpose)
    if Condition.WATERMARK not in decision.conditions or Condition.MASKED_ONLY in decision.conditions:
        return decision  # every grant of an emergency is under the watermark
    wide = await emergencies.given(conn, [one.id for one in given if Condition.WATERMARK in one.conditions])
    if decision.grant_id not in wide or not await _masked_for_somebody(conn, camera, at):
        return decision
    lasting = Held(one for one in given if one.id not in wide or one.effect is Effect.DENY)
    otherwise = permits(operator, action, camera, lasting, at, purpose)
    if otherwise.allowed:
        return otherwise
    return replace(decision, conditions=decision.conditions | {Condition.MASKED_ONLY})


async def _masked_for_somebody(conn: AsyncConnection, camera: CameraFacts, at: datetime) -> bool:
    reaching = await grants.for_camera(conn, camera, at)
    return any(one.effect is Effect.ALLOW and Condition.MASKED_ONLY in one.conditions for one in reaching)
