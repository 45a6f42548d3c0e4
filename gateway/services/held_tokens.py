"""Held tokens: those that open pictures and that one person issued alone, before it took two.

The upgrade has taken their power away. Here the managers are told, once, and the security manager releases them like
new ones: what the department has is the first half, and it puts the second behind it.
"""

from __future__ import annotations

from datetime import datetime

from gateway.domain.notices import to_role
from gateway.domain.operators import Role
from gateway.services import notifying, releasing
from gateway.services.office import SYSTEM, Office
from gateway.storage import operators, sessions


async def hand_to_releasers(office: Office, at: datetime) -> None:
    """Makes every held token one that waits for its release, and says so in the audit and to the managers."""
    async with office.store.read() as conn:
        held = await sessions.held(conn, at)
    for token in held:
        async with office.store.begin() as conn:
            service = await operators.account(conn, token.operator_id)
            if service is None or not await sessions.let_wait(conn, token.id):
                continue
            made_by = token.issued_by
            await office.note(
                conn, at, SYSTEM, "hold_token", "session", token.id, service=token.operator_id, made_by=made_by
            )
            told = await releasing.tell_releasers(conn, at, "token_to_release", service, token.id)
            keeper, login = [to_role(Role.SYSTEM_MANAGER)], service.operator.login
            on = ("service", token.operator_id)
            told += await notifying.tell(conn, at, keeper, "token_held", on, key=token.id, login=login)
        await notifying.ring_for(office, told)
