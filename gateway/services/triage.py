"""Triage: a person looks at candidates, confirms them into tickets or dismisses them with a reason."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.categories import Category
from gateway.domain.deadlines import URGENT_LIMIT, deadline
from gateway.domain.events import CandidateState
from gateway.domain.grants import permits
from gateway.domain.messages import Topic
from gateway.domain.ticket_states import TicketKind, TicketState
from gateway.domain.tickets import Step
from gateway.services.errors import Conflict, Forbidden, Invalid, NotFound
from gateway.services.office import Caller, Office
from gateway.services.reasons import check_reason
from gateway.services.ticket_views import TicketDetail, detail
from gateway.services.tickets import begin, draft_of, limit_of
from gateway.storage import cameras, candidates, categories, evidence, grants
from gateway.storage.candidates import Candidate, CandidateQuery, Verdict
from gateway.storage.paging import Page
from gateway.storage.versioned import Stale

TITLE_MAX = 200
NOTE_MAX = 4_000


async def listed(
    office: Office, caller: Caller, query: CandidateQuery, after: str | None, limit: int
) -> Page[Candidate]:
    """One page of the candidates on cameras whose events the caller may see, newest first."""
    async with office.store.read() as conn:
        return await candidates.page(conn, caller.operator, office.clock.now(), query, after=after, limit=limit)


async def read(office: Office, caller: Caller, candidate_id: str) -> Candidate:
    """One candidate. Raises ``NotFound``."""
    async with office.store.read() as conn:
        found, _, _ = await _seen(office, conn, caller, candidate_id)
        return found


async def confirm(
    office: Office,
    caller: Caller,
    candidate_id: str,
    category_code: str,
    *,
    version: int,
    title: str = "",
    note: str = "",
    urgent: bool = False,
) -> TicketDetail:
    """Makes a registered ticket of the candidate. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or ``Invalid``.

    The person who confirms has verified it, so the ticket starts registered, with the confirmer's move as its first.
    """
    if len(title) > TITLE_MAX or len(note) > NOTE_MAX:
        raise Invalid(f"a title has at most {TITLE_MAX} characters, a note {NOTE_MAX}", field="title")
    at, who = office.clock.now(), caller.operator.id
    async with office.store.begin() as conn:
        found, camera, may_handle = await _decidable(office, conn, caller, candidate_id, version)
        category = await _category(conn, category_code)
        draft = replace(
            draft_of(camera, office.new_id(), TicketKind.PATROL, category.code, who, at),
            title=title.strip() or category.name_zh,
            note=note.strip(),
            urgent=urgent,
            candidate_id=found.id,
            event_id=found.event_id,
        )
        verdict = Verdict(CandidateState.CONFIRMED, who, at, draft.note or None, category.code, draft.id)
        await candidates.decide(conn, found.id, version, verdict)
        await evidence.keep(conn, found.event_id)
        limit = await limit_of(conn, category.code)
        if urgent and deadline(at, *URGENT_LIMIT) < deadline(at, *limit, office.calendar):
            limit = URGENT_LIMIT
        step = Step(TicketState.REG, at)
        ticket, _ = await begin(conn, office.calendar, draft, limit, step, caller)
        # the category's own name is nobody's words
        written = "" if ticket.title in (category.name_zh, category.name_en) else ticket.title
        typed = {"title": written, "note": ticket.note}
        await office.note(conn, at, who, "confirm_candidate", "candidate", found.id, typed=typed, ticket=ticket.number)
        result = await detail(conn, caller, ticket, may_handle, at)
    await office.ring(Topic.CANDIDATES, candidate_id)
    await office.ring(Topic.TICKETS, ticket.id)
    return result


async def dismiss(office: Office, caller: Caller, candidate_id: str, reason: str, version: int) -> Candidate:
    """Puts the candidate aside. Raises ``NotFound``, ``Forbidden``, ``Conflict`` or ``Invalid``."""
    check_reason(reason)
    at = office.clock.now()
    async with office.store.begin() as conn:
        found, _, _ = await _decidable(office, conn, caller, candidate_id, version)
        verdict = Verdict(CandidateState.DISMISSED, caller.operator.id, at, reason.strip())
        await candidates.decide(conn, found.id, version, verdict)
        await office.note(
            conn, at, caller.operator.id, "dismiss_candidate", "candidate", found.id, typed={"reason": reason.strip()}
        )
        after = await candidates.get(conn, found.id)
    assert after is not None
    await office.ring(Topic.CANDIDATES, candidate_id)
    return after


async def _seen(
    office: Office, conn: AsyncConnection, caller: Caller, candidate_id: str
) -> tuple[Candidate, Camera, bool]:
    """The candidate, its camera, and whether the caller may decide it."""
    at = office.clock.now()
    found = await candidates.get(conn, candidate_id)
    camera = None if found is None else await cameras.get(conn, found.camera_id)
    held = await grants.for_operator(conn, caller.operator, at)
    if found is None or camera is None:
        raise NotFound("candidate")
    if not permits(caller.operator, Action.SEE_EVENTS, camera.facts, held, at).allowed:
        raise NotFound("candidate")
    return found, camera, permits(caller.operator, Action.HANDLE_TICKETS, camera.facts, held, at).allowed


async def _decidable(
    office: Office, conn: AsyncConnection, caller: Caller, candidate_id: str, version: int
) -> tuple[Candidate, Camera, bool]:
    found, camera, may_handle = await _seen(office, conn, caller, candidate_id)
    if not may_handle:
        raise Forbidden("you may see this candidate but not decide it")
    if found.state is not CandidateState.OPEN:
        raise Conflict("this candidate was decided before", state=found.state.value)
    if found.version != version:
        raise Stale
    return found, camera, may_handle


async def _category(conn: AsyncConnection, code: str) -> Category:
    category = await categories.get(conn, code)
    if category is None:
        raise Invalid("this category is not known", field="category")
    if not category.from_video:
        raise Invalid("this category is not to be made from video", field="category")
    return category
