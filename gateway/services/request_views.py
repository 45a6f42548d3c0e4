"""Requests as one reader may see them: the asker sees what they may know, each owner sees its own part alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.conditions import Condition
from gateway.domain.geometry import Point
from gateway.domain.grants import Grant, GranteeKind, permits
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation
from gateway.domain.request_states import GIVEN, PartState
from gateway.domain.requests import (
    AccessRequest,
    RequestPart,
    ScopeKind,
    Standing,
    Terms,
    open_to_asker,
    standing,
)
from gateway.services.deciding_rights import Rights, rights_of
from gateway.services.errors import NotFound
from gateway.services.grant_views import HoursView, hours_view
from gateway.services.office import Caller
from gateway.storage import cameras, grants, operators, organisations, request_lines, requests
from gateway.storage.request_lines import RequestLine


@dataclass(frozen=True, slots=True)
class ScopeView:
    """Which cameras were asked for, as far as the reader may know."""

    kind: ScopeKind
    ids: list[str]
    centre: Point | None
    radius_m: float
    outline: list[Point]


@dataclass(frozen=True, slots=True)
class TermsView:
    """What was asked or given."""

    actions: list[Action]
    purposes: list[str]
    not_before: datetime
    not_after: datetime
    hours: HoursView | None
    conditions: list[Condition]


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera of a part; without names where the reader may not know it (any more)."""

    id: str
    name_zh: str
    name_en: str
    latitude: float | None
    longitude: float | None
    grant_id: str | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PartView:
    """One owner's part: what became of it and what the reader can do about it."""

    id: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    state: PartState
    running: bool
    cameras: list[CameraView]
    asked_count: int
    given_count: int
    terms: TermsView | None
    reason: str
    decided_at: datetime | None
    decided_by_name: str
    decided_for_name: str
    version: int
    may_decide: bool
    stands_in_for: str
    may_return: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of the trail."""

    at: datetime
    kind: str
    operator_name: str
    for_name: str
    from_owner: bool
    part_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request with what its reader may know of it."""

    id: str
    asker_id: str
    asker_name: str
    organisation_id: str
    organisation_name_zh: str
    organisation_name_en: str
    for_person: bool
    scope: ScopeView
    terms: TermsView
    reason: str
    letter: str
    ticket_id: str | None
    extends: str | None
    created_at: datetime
    decide_by: datetime
    standing: Standing
    asking: bool
    may_withdraw: bool
    parts: list[PartView]
    lines: list[LineView]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the caller may see it: on which side they stand, and the parts they may know of."""

    request: AccessRequest
    asking: bool
    auditing: bool
    parts: tuple[RequestPart, ...]
    rights: Rights

    def deciding(self, part: RequestPart) -> bool:
        """True if the caller may decide about the part."""
        return self.rights.over(self.request, part.owner_id) is not None


def asks(caller: Caller, request: AccessRequest) -> bool:
    """True if the caller asked, or belongs to the organisation for which a colleague asked and may watch at all."""
    operator = caller.operator
    if operator.id == request.asker_id:
        return True
    for_all = request.grantee_kind is GranteeKind.ORGANISATION
    return for_all and operator.organisation_id == request.organisation_id and Action.VIEW_LIVE in operator.ceiling


async def seen(conn: AsyncConnection, caller: Caller, request_id: str, at: datetime) -> Seen:
    """The request as the caller may see it. Raises ``NotFound``."""
    request = await requests.get(conn, request_id)
    parts = (await requests.parts_of(conn, [request_id])).get(request_id, [])
    rights = await rights_of(conn, caller, at)
    if request is None or (found := _cut(caller, request, parts, rights)) is None:
        raise NotFound("request")
    return found


def _cut(caller: Caller, request: AccessRequest, parts: Sequence[RequestPart], rights: Rights) -> Seen | None:
    if Role.AUDIT_MANAGER in caller.operator.roles:
        return Seen(request, False, True, tuple(parts), rights)
    if asks(caller, request):
        return Seen(request, True, False, tuple(part for part in parts if open_to_asker(request, part)), rights)
    theirs = tuple(part for part in parts if part.owner_id in rights.owners)
    return Seen(request, False, False, theirs, rights) if theirs else None


async def view_of(conn: AsyncConnection, caller: Caller, request_id: str, at: datetime) -> RequestView:
    """The whole request for the caller. Raises ``NotFound``."""
    found = await seen(conn, caller, request_id, at)
    lines = await request_lines.of_request(conn, request_id)
    return (await views_of(conn, caller, [found], at, {request_id: lines}))[0]


async def listed(
    conn: AsyncConnection, caller: Caller, found: Sequence[AccessRequest], at: datetime
) -> list[RequestView]:
    """Those of the requests that the caller may see, without their trails."""
    parts = await requests.parts_of(conn, [item.id for item in found])
    rights = await rights_of(conn, caller, at)
    cut = [_cut(caller, item, parts.get(item.id, []), rights) for item in found]
    return await views_of(conn, caller, [item for item in cut if item is not None], at, {})


async def views_of(
    conn: AsyncConnection,
    caller: Caller,
    found: Sequence[Seen],
    at: datetime,
    lines: dict[str, list[RequestLine]],
) -> list[RequestView]:
    """The views with all names they need, read at once."""
    people = {item.request.asker_id for item in found}
    people |= {id for item in found for p in item.parts for id in (p.decided_by, p.decided_for) if id is not None}
    people |= {id for trail in lines.values() for ln in trail for id in (ln.operator_id, ln.for_id) if id is not None}
    people |= {r.for_id for item in found for rs in item.rights.by_owner.values() for r in rs if r.for_id is not None}
    names = _Names(
        caller,
        at,
        await grants.for_operator(conn, caller.operator, at),
        await organisations.by_id(conn),
        await operators.many(conn, people),
        await cameras.many(conn, _cameras(found)),
        await grants.revocations(conn, (id for item in found for part in item.parts for id in part.given.values())),
    )
    return [names.request(item, lines.get(item.request.id, [])) for item in found]


def _cameras(found: Iterable[Seen]) -> list[str]:
    ids: dict[str, None] = {}
    for item in found:
        ids.update(dict.fromkeys(camera for part in item.parts for camera in part.cameras))
        if item.request.scope.kind is ScopeKind.CAMERAS:
            ids.update(dict.fromkeys(item.request.scope.ids))
    return list(ids)


@dataclass(frozen=True, slots=True)
class _Names:
    caller: Caller
    at: datetime
    held: Sequence[Grant]
    organisations: dict[str, Organisation]
    operators: dict[str, Operator]
    cameras: dict[str, Camera]
    revoked: dict[str, datetime]

    def request(self, item: Seen, trail: Sequence[RequestLine]) -> RequestView:
        request = item.request
        home = self.organisations.get(request.organisation_id)
        state = standing(request, item.parts, self.at)
        waiting = request.scope.blind or any(part.state is PartState.WAITING for part in item.parts)
        return RequestView(
            id=request.id,
            asker_id=request.asker_id,
            asker_name=self._person(request.asker_id),
            organisation_id=request.organisation_id,
            organisation_name_zh="" if home is None else home.name_zh,
            organisation_name_en="" if home is None else home.name_en,
            for_person=request.grantee_kind is GranteeKind.OPERATOR,
            scope=self._scope(item),
            terms=_terms(request.terms),
            reason=request.reason,
            letter=request.letter,
            ticket_id=request.ticket_id if item.asking else None,
            extends=request.extends if item.asking else None,
            created_at=request.created_at,
            decide_by=request.decide_by,
            standing=state,
            asking=item.asking,
            may_withdraw=item.asking and state is Standing.OPEN and waiting,
            parts=[self._part(item, part) for part in item.parts],
            lines=[self._line(line) for line in trail if _readable(item, line)],
        )

    def _scope(self, item: Seen) -> ScopeView:
        scope = item.request.scope
        ids = list(scope.ids)
        if scope.kind is ScopeKind.CAMERAS and not item.auditing:
            own = {camera for part in item.parts for camera in part.cameras}
            known = self.caller.operator.id == item.request.asker_id
            ids = [id for id in ids if known or (self._known(id) if item.asking else id in own)]
        return ScopeView(scope.kind, ids, scope.centre, scope.radius_m, list(scope.outline))

    def _part(self, item: Seen, part: RequestPart) -> PartView:
        owner = self.organisations.get(part.owner_id)
        right = item.rights.over(item.request, part.owner_id)
        holding = part.state in GIVEN and part.terms is not None and self.at < part.terms.not_after
        open_now = part.state is PartState.WAITING and self.at < item.request.decide_by
        stood_for = None if right is None else right.for_id
        return PartView(
            id=part.id,
            owner_id=part.owner_id,
            owner_name_zh="" if owner is None else owner.name_zh,
            owner_name_en="" if owner is None else owner.name_en,
            state=part.state,
            running=holding and part.terms is not None and part.terms.not_before <= self.at,
            cameras=self._cameras(item, part),
            asked_count=len(part.given) if item.asking and item.request.scope.blind else len(part.cameras),
            given_count=len(part.given),
            terms=None if part.terms is None else _terms(part.terms),
            reason=part.reason,
            decided_at=part.decided_at,
            decided_by_name=self._person(part.decided_by),
            decided_for_name=self._person(part.decided_for),
            version=part.version,
            may_decide=open_now and right is not None,
            stands_in_for=self._person(stood_for),
            may_return=holding and item.asking,
        )

    def _cameras(self, item: Seen, part: RequestPart) -> list[CameraView]:
        named = not item.request.scope.blind
        typed = named and self.caller.operator.id == item.request.asker_id
        found: list[CameraView] = []
        for camera_id in part.cameras:
            grant_id = part.given.get(camera_id)
            if item.asking and not named and grant_id is None:
                continue  # asked blindly and not given: stays unknown
            known = not item.asking or self._known(camera_id)
            if not known and not typed:
                continue
            camera = self.cameras.get(camera_id) if known else None
            found.append(
                CameraView(
                    camera_id,
                    "" if camera is None else camera.name_zh,
                    "" if camera is None else camera.name_en,
                    None if camera is None else camera.place.latitude,
                    None if camera is None else camera.place.longitude,
                    grant_id,
                    None if grant_id is None else self.revoked.get(grant_id),
                )
            )
        return found

    def _line(self, line: RequestLine) -> LineView:
        return LineView(
            line.at,
            line.kind,
            self._person(line.operator_id),
            self._person(line.for_id),
            line.from_owner,
            line.part_id,
            line.text,
        )

    def _known(self, camera_id: str) -> bool:
        camera = self.cameras.get(camera_id)
        operator = self.caller.operator
        return camera is not None and permits(operator, Action.DIRECTORY, camera.facts, self.held, self.at).allowed

    def _person(self, operator_id: str | None) -> str:
        person = None if operator_id is None else self.operators.get(operator_id)
        return "" if person is None else person.name


def _readable(item: Seen, line: RequestLine) -> bool:
    return line.part_id is None or any(line.part_id == part.id for part in item.parts)


def _terms(terms: Terms) -> TermsView:
    return TermsView(
        actions=sorted(terms.actions),
        purposes=sorted(terms.purposes),
        not_before=terms.not_before,
        not_after=terms.not_after,
        hours=None if terms.hours is None else hours_view(terms.hours),
        conditions=sorted(terms.conditions),
    )
