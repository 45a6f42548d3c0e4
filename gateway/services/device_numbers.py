"""Device numbers: a 20-digit id that somebody typed, refused without a word on whether another camera has it.

The catalogue needs each number once, so a taken one has to be refused. The same sentence refuses numbers that the
gateway gives out itself, and every further number of somebody who was refused a few times that day: so nobody asks
through the numbers of others. Each refusal is in the audit, and whoever keeps the catalogue is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import gbid
from gateway.domain.notices import to_role
from gateway.domain.operators import Role
from gateway.services import notifying
from gateway.services.errors import Conflict
from gateway.services.office import Caller, Office
from gateway.storage import auditing

OWN = ("00", "132", gbid.SAMPLE_NETWORK)
"""Trade, type (a network camera: GB/T 28181-2022, annex E) and network mark of the numbers that the gateway gives."""
SENTENCE = "this number cannot be used: leave it empty to be given one, or ask the district centre"
A_DAY = timedelta(days=1)
REFUSALS = 3
"""Numbers refused to one person within a day; after them every number that they type is."""
REFUSED = "refuse_number"


class Unusable(Exception):
    """The number is not to be had, whyever."""


async def check(conn: AsyncConnection, caller: Caller, number: str, at: datetime) -> None:
    """Returns if the number may be tried. Raises ``Unusable``."""
    parts = gbid.parse(number)
    if (parts.industry, parts.device_type, parts.network) == OWN:
        raise Unusable
    about = ("number", caller.operator.id)
    if await auditing.count_about(conn, REFUSED, about, at - A_DAY) >= REFUSALS:
        raise Unusable


async def refusal(office: Office, caller: Caller, number: str) -> Conflict:
    """What the caller is answered, once it is written down and told; the same in every case."""
    at, operator = office.clock.now(), caller.operator
    async with office.store.begin() as conn:
        await office.note(conn, at, operator.id, REFUSED, "number", operator.id, typed={"gb_id": number})
        day = f"{at:%Y-%m-%d}"
        to, about = [to_role(Role.SYSTEM_MANAGER)], ("operator", operator.id)
        told = await notifying.tell(conn, at, to, "number_refused", about, key=day, login=operator.login)
    await notifying.ring_for(office, told)
    return Conflict(SENTENCE, field="gb_id")
