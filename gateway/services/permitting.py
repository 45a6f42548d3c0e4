"""Permitting: whether each of several views may begin, with the sessions and grants of their askers read once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.accounts import Hold
from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.conditions import Condition, burned_in
from gateway.domain.grants import Held, permits
from gateway.domain.operators import Operator
from gateway.domain.purposes import CODES, SHIFT_PURPOSE
from gateway.domain.ticket_states import ENDED
from gateway.domain.tickets import Ticket
from gateway.services import tickets
from gateway.services.emergency_masks import decide
from gateway.services.errors import Forbidden, Invalid, Locked, NotFound, NotSignedIn
from gateway.services.leasing import Wish
from gateway.services.office import Caller
from gateway.services.reasons import check_reason
from gateway.storage import grants, sessions, view_records
from gateway.storage.sessions import Session

REASON_LEAST = 10
"""Characters of a reason that stands in for a ticket (R11)."""
HINDRANCES = {
    Condition.MASKED_ONLY: "this camera may be shown only with its privacy masks, and it has none",
    Condition.SUB_ONLY: "your grant gives the sub stream of this camera, not the main one",
}
"""Why a picture is not shown although a grant gives it."""
_PICTURES = frozenset({Action.VIEW_LIVE, Action.PLAYBACK, Action.SNAPSHOT, Action.SEE_EVENTS})
"""What shows a picture, live or kept: another purpose than the asker's own opens it with a ground alone."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """A view that may begin: the camera, for what, by which grant and until when."""

    camera: Camera
    purpose: str
    grant_id: str
    until: datetime | None
    conditions: frozenset[Condition]
    marked: bool


class Judge:
    """Judges the views of one moment in one transaction."""

    def __init__(self, conn: AsyncConnection, at: datetime, idle: timedelta) -> None:
        self._conn = conn
        self._at = at
        self._idle = idle
        self._sessions: dict[str, tuple[Session, Operator] | None] = {}
        self._grants: dict[str, Held] = {}

    async def permitted(self, caller: Caller, wish: Wish, camera: Camera | None) -> Permitted:
        """Raises ``NotSignedIn``, ``Locked``, ``NotFound``, ``Forbidden`` or ``Invalid``."""
        session, operator, given = await self._asker(caller)
        if caller.hold is Hold.LOCKED:
            await self._refuse_new(session, wish)
        if camera is None:
            raise NotFound("camera")
        purpose = wish.purpose or caller.purpose or SHIFT_PURPOSE
        decision = await decide(self._conn, operator, wish.action, camera.facts, given, self._at, purpose)
        if decision.grant_id is None or not decision.allowed:
            if permits(operator, Action.DIRECTORY, camera.facts, given, self._at).allowed:
                raise Forbidden("you may not do this with this camera for this purpose")
            raise NotFound("camera")
        if not camera.served and wish.action is not Action.SEE_EVENTS:  # what was kept stays to be seen
            raise Forbidden("this camera is not in service")
        if purpose not in CODES:
            raise Invalid("this is not one of the purposes", field="purpose")
        hindrance = wish.hindered_by(decision.conditions)
        if hindrance is not None:
            raise Forbidden(HINDRANCES[hindrance], condition=hindrance.value)
        if wish.ticket_id is not None:
            ticket, _ = await tickets.seen(self._conn, caller, wish.ticket_id, self._at)
            _check_ground(ticket, camera)
        elif wish.action in _PICTURES and purpose != _free_of_ground(caller):
            _check_reason(wish.reason)
        until = earlier(decision.until, session.expires_at)
        marked = wish.kept or (wish.moving and burned_in(decision.conditions, operator.service))
        return Permitted(camera, purpose, decision.grant_id, until, decision.conditions, marked)

    async def _asker(self, caller: Caller) -> tuple[Session, Operator, Held]:
        if caller.session_id not in self._sessions:
            self._sessions[caller.session_id] = await sessions.live_by_id(self._conn, caller.session_id, self._at)
        live = self._sessions[caller.session_id]
        if live is None:
            raise NotSignedIn
        session, operator = live
        if operator.id not in self._grants:
            self._grants[operator.id] = await grants.for_operator(self._conn, operator, self._at)
        return session, operator, self._grants[operator.id]

    async def _refuse_new(self, session: Session, wish: Wish) -> None:
        """Returns if the locked session was showing this very camera when it was locked: a wall that lost a picture
        gets it back. Raises ``Locked`` for anything new.
        """
        since = session.locked_since(self._at, self._idle)
        if since is None or wish.action is not Action.VIEW_LIVE:
            raise Locked
        if not await view_records.ran_at(self._conn, session.id, wish.camera_id, wish.action.value, since):
            raise Locked


async def check_ground(conn: AsyncConnection, caller: Caller, reason: str, ticket_id: str | None, at: datetime) -> None:
    """A session's purpose that is not the shift's own needs what a single look for it needs.

    Raises ``Forbidden``, ``Invalid``, or ``NotFound`` for a ticket that the caller may not see. Whether a ticket is
    about a camera is asked at each look.
    """
    check_reason(reason, needed=False)
    if ticket_id is None:
        _check_reason(reason)
        return
    ticket, _ = await tickets.seen(conn, caller, ticket_id, at)
    _refuse_closed(ticket)


def grounded(caller: Caller, wish: Wish) -> Wish:
    """The wish with the ground of the session's purpose, where it names none and is for that purpose."""
    own = wish.purpose in (None, caller.purpose)
    if not own or wish.reason.strip() or wish.ticket_id is not None:
        return wish
    return replace(wish, reason=caller.ground, ticket_id=caller.ground_ticket)


def _free_of_ground(caller: Caller) -> str:
    """The purpose that needs neither ticket nor reason: a token is issued for one; a person has the shift's own, and
    brings the ground of any other along with each look, also where the session was changed to it.
    """
    return caller.purpose if caller.operator.service and caller.purpose else SHIFT_PURPOSE


def _refuse_closed(ticket: Ticket) -> None:
    if ticket.state in ENDED:
        raise Invalid("this ticket is closed: name one that is open, or give a reason", field="ticket")


def _check_ground(ticket: Ticket, camera: Camera) -> None:
    """A ticket is the ground of a look while somebody works on it, and for the cameras round where it is."""
    _refuse_closed(ticket)
    if camera.id != ticket.camera_id and camera.township_code != ticket.township_code:
        sentence = "this ticket is about another place: name one of this camera or its township, or give a reason"
        raise Invalid(sentence, field="ticket")


def _check_reason(reason: str) -> None:
    """A purpose that is not the shift's needs a ticket, or a reason that says something."""
    if len(reason.strip()) < REASON_LEAST:
        message = f"a purpose that is not your shift's needs a ticket or a reason of at least {REASON_LEAST} characters"
        raise Forbidden(message, field="reason")


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two ends, None for no end."""
    return min((moment for moment in (one, other) if moment is not None), default=None)
