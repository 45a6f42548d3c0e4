"""Showing: a citizen sees what was asked for, two members of staff beside them, and the register of views has it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.inquiries import InquiryMove
from gateway.domain.notices import to_operator
from gateway.domain.purposes import SHIFT_PURPOSE
from gateway.domain.view_proofs import together
from gateway.services import notifying
from gateway.services.emergency_masks import decide
from gateway.services.errors import Forbidden, Invalid
from gateway.services.inquiries import Moving, begun, moved
from gateway.services.inquiry_views import Eyes, InquiryView, sight_of
from gateway.services.office import SYSTEM, Caller, Office
from gateway.services.permitting import HINDRANCES
from gateway.storage import grants, operators, view_records
from gateway.storage.view_records import Closing, ViewRecord

TRANSPORT = "supervised"
"""How the pictures reached the eye: at the unit, on its own screen."""


async def staff(office: Office, caller: Caller, inquiry_id: str) -> list[tuple[str, str]]:
    """Who else may be beside the citizen: id and name of the other members of staff who may know the inquiry.

    Raises ``NotFound``.
    """
    at = office.clock.now()
    async with office.store.read() as conn:
        sight = await sight_of(conn, caller, inquiry_id, at)
        files, found = list(sight.files.values()), []
        homes = {sight.inquiry.owner_id, caller.operator.organisation_id}
        for home in sorted(homes):
            for account in await operators.every(conn, home):
                one = account.operator
                away = one.disabled_at is not None or one.id == caller.operator.id
                if not away and (await Eyes.of(conn, one, at)).capacities(sight.inquiry.owner_id, files):
                    found.append((one.id, one.name))
    return found


async def show(
    office: Office,
    caller: Caller,
    inquiry_id: str,
    version: int,
    *,
    supervisor_id: str,
    shown: tuple[str, ...],
    span: tuple[datetime, datetime],
) -> InquiryView:
    """Writes down what was shown and who was there. The caller showed it, the supervisor is another.

    Each camera gets a record in the register of views with the inquiry's number as its reason. Raises ``NotFound``,
    ``Forbidden``, ``IllegalInquiry``, ``Stale``, or ``Invalid`` for more than was asked for or a second person who is
    none.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        moving = await begun(office, conn, caller, inquiry_id, version, at)
        inquiry = moving.sight.inquiry
        if not shown or not set(shown) <= set(inquiry.cameras):
            raise Invalid("only cameras that the inquiry names are shown", field="cameras")
        if not inquiry.since <= span[0] < span[1] <= inquiry.until:
            raise Invalid("only what lies in the span that was asked for is shown", field="since")
        await _check_supervisor(moving, supervisor_id)
        records = await _recorded(conn, moving, shown)
        detail = {
            "cameras": sorted(shown),
            "since": span[0].isoformat(),
            "until": span[1].isoformat(),
            "supervisor": supervisor_id,
            "view_records": records,
        }
        view = await moved(moving, InquiryMove.SHOW, detail=detail)
        about = ("inquiry", inquiry_id)
        notices = await notifying.tell(
            conn, at, [to_operator(supervisor_id)], "inquiry_shown", about, number=inquiry.number
        )
    await notifying.ring_for(office, notices)
    return view


async def _check_supervisor(moving: Moving, supervisor_id: str) -> None:
    sentence = "a second member of staff who has to do with the inquiry supervises"
    if supervisor_id == moving.caller.operator.id:
        raise Invalid("whoever shows it is not the one who supervises", field="supervisor_id")
    person = await operators.get(moving.conn, supervisor_id)
    if person is None or person.disabled_at is not None:
        raise Invalid(sentence, field="supervisor_id")
    eyes = await Eyes.of(moving.conn, person, moving.at)
    if not eyes.capacities(moving.sight.inquiry.owner_id, list(moving.sight.files.values())):
        raise Invalid(sentence, field="supervisor_id")


async def _recorded(conn: AsyncConnection, moving: Moving, shown: tuple[str, ...]) -> list[str]:
    """The ids of the view records, begun and ended by lines of the audit as every other look is."""
    office, caller, at = moving.office, moving.caller, moving.at
    held = await grants.for_operator(conn, caller.operator, at)
    purpose = caller.purpose or SHIFT_PURPOSE
    records = []
    for camera_id in sorted(shown):
        camera = moving.sight.files[camera_id].camera
        decision = await decide(conn, caller.operator, Action.PLAYBACK, camera.facts, held, at, purpose)
        if not decision.allowed or decision.grant_id is None:
            raise Forbidden("you may not play back what this camera recorded")
        if Condition.MASKED_ONLY in decision.conditions:
            raise Forbidden(HINDRANCES[Condition.MASKED_ONLY], condition=Condition.MASKED_ONLY.value)
        records.append(
            ViewRecord(
                id=office.new_id(),
                operator_id=caller.operator.id,
                organisation_id=caller.operator.organisation_id,
                session_id=caller.session_id,
                camera_id=camera_id,
                action=Action.PLAYBACK.value,
                stream="",
                transport=TRANSPORT,
                purpose=purpose,
                reason=moving.sight.inquiry.number,
                ticket_id=None,
                grant_id=decision.grant_id,
                remote=caller.remote,
                gateway_id=office.gateway_id,
                started_at=at,
            )
        )
    begun_ = view_records.sealed(records)
    line = await office.note(conn, at, SYSTEM, "begin_views", "views", "", count=len(records), digest=begun_.digest)
    await view_records.begin(conn, begun_, line)
    closings = [Closing(record.id, at, 0, "shown") for record in records]
    digest = together(view_records.ended_proof(closing) for closing in closings)
    line = await office.note(conn, at, SYSTEM, "end_views", "views", "", count=len(closings), digest=digest)
    await view_records.close(conn, closings, line)
    return [record.id for record in records]
