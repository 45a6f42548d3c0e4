"""Belonging: whose a camera is, who maintains it and where it lies is said by its owner, not by a borrower."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts
from gateway.services import second_factor
from gateway.services.coverage import covers
from gateway.services.errors import Forbidden
from gateway.services.office import Caller, Office
from gateway.services.pointing import EVERYTHING
from gateway.storage import grants

LENT = "this camera is lent to you: its owner, maintainer and township are not yours to change"


async def check_change(
    conn: AsyncConnection, caller: Caller, before: CameraFacts, after: CameraFacts, at: datetime
) -> None:
    """Raises ``Forbidden`` if a borrower would change what standing rights rest on, and so keep what was lent."""
    if _belonging(before) == _belonging(after) or caller.operator.organisation_id == before.owner_id:
        return
    held = await grants.for_operator(conn, caller.operator, at)
    if not covers(held, caller.operator, Action.MANAGE, EVERYTHING, at):
        raise Forbidden(LENT)


async def prove_hand_over(office: Office, conn: AsyncConnection, caller: Caller, count: int) -> None:
    """Returns if so many cameras may get another owner now. Raises ``SecondFactorNeeded``.

    Who owns a camera decides over sharing it: many at once take what a grant on many takes.
    """
    if count > 1:
        await second_factor.require(office, caller, conn)


def _belonging(facts: CameraFacts) -> tuple[str, str, str]:
    return facts.owner_id, facts.maintainer_id, facts.township_code
