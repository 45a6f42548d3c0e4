"""Explaining: who may do what with a camera, and what a person may do with which, by which grant and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import and_

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.conditions import Condition
from gateway.domain.decisions import Why
from gateway.domain.grants import Held, allowing, permits
from gateway.domain.operators import Operator, Role
from gateway.domain.organisations import Organisation
from gateway.domain.sentences import sentence
from gateway.services.administering import SEES_ALL
from gateway.services.errors import Forbidden, NotFound
from gateway.services.grant_views import GrantView
from gateway.services.office import Caller, Office
from gateway.services.sharing import grants_known
from gateway.storage import camera_lists, cameras, grants, operators, organisations
from gateway.storage.reaching import reach


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """What one operator may do with one camera, by which grant and until when; denied ones only if a grant says so."""

    operator_id: str
    operator_name: str
    organisation_id: str
    organisation_name_zh: str
    organisation_name_en: str
    action: Action
    allowed: bool
    why: Why
    grant_id: str | None
    grant_number: int | None
    until: datetime | None
    conditions: list[Condition]
    others: list[int]
    """The numbers of other grants that would allow it as well."""
    reason: str
    reason_zh: str


async def explain(office: Office, caller: Caller, camera_id: str) -> list[AccessDecision]:
    """Who may do what with the camera and by which grant; for those who may share it, and the security manager."""
    at = office.clock.now()
    async with office.store.read() as conn:
        camera = await cameras.get(conn, camera_id)
        held = await grants.for_operator(conn, caller.operator, at)
        if camera is None or not permits(caller.operator, Action.DIRECTORY, camera.facts, held, at).allowed:
            raise NotFound("camera")
        shares = permits(caller.operator, Action.SHARE, camera.facts, held, at).allowed
        if not shares and Role.SECURITY_MANAGER not in caller.operator.roles:
            raise Forbidden("who may use a camera is shown to those who may share it")
        reaching = await grants.for_camera(conn, camera.facts, at)
        accounts = await operators.every(conn)
        names = await organisations.by_id(conn)
    return [
        decision
        for account in accounts
        for decision in _decisions(account.operator, camera, reaching, names, at, office.calendar.zone)
    ]


@dataclass(frozen=True, slots=True)
class SeenCamera:
    """A camera that a person may do something with, and by what."""

    id: str
    name_zh: str
    name_en: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    decisions: list[AccessDecision]


@dataclass(frozen=True, slots=True)
class PersonSight:
    """What a person may do, as far as the asker may share it: the grants relied on, the cameras by name, how many."""

    operator_id: str
    name: str
    organisation_id: str
    grants: list[GrantView]
    total: int
    cameras: list[SeenCamera]
    next: str | None


async def explain_person(
    office: Office, caller: Caller, operator_id: str, after: str | None, limit: int
) -> PersonSight:
    """Which of the cameras that the caller may share the person may know of, and why.

    The security manager asks about all cameras. Raises ``Forbidden``, or ``NotFound`` also for somebody of another
    organisation who sees none of them: who works elsewhere is nobody's business here.
    """
    at, asking = office.clock.now(), caller.operator
    async with office.store.read() as conn:
        own = await reach(conn, asking, _askable(asking), at)
        if own.nothing:
            raise Forbidden("what a person may see is shown to those who may share something")
        someone = await operators.get(conn, operator_id)
        if someone is None:
            raise NotFound("operator")
        scope = await reach(conn, someone, Action.DIRECTORY, at)
        both = and_(own.condition(), scope.condition())
        page = await camera_lists.page_within(conn, both, after=after, limit=limit)
        total = await camera_lists.count_within(conn, both)
        if total == 0 and not _is_known(asking, someone):
            raise NotFound("operator")
        theirs = await grants.for_operator(conn, someone, at)
        names = await organisations.by_id(conn)
        mine = await grants.for_operator(conn, asking, at)
        told = await grants_known(conn, caller, mine, theirs, at)
    zone = office.calendar.zone
    seen = [
        SeenCamera(
            item.camera.id,
            item.camera.name_zh,
            item.camera.name_en,
            item.camera.owner_id,
            item.owner_name_zh,
            item.owner_name_en,
            _decisions(someone, item.camera, theirs, names, at, zone),
        )
        for item in page.items
    ]
    return PersonSight(someone.id, someone.name, someone.organisation_id, told, total, seen, page.next)


def _askable(asking: Operator) -> Action:
    """The action on a camera by which one may ask who else uses it."""
    return Action.LIST if Role.SECURITY_MANAGER in asking.roles else Action.SHARE


def _is_known(asking: Operator, someone: Operator) -> bool:
    """True if the asker may know of the person without any camera between them: a colleague, or for who keeps order."""
    return asking.organisation_id == someone.organisation_id or bool(asking.roles & SEES_ALL)


def _decisions(
    someone: Operator,
    camera: Camera,
    reaching: Held,
    names: Mapping[str, Organisation],
    at: datetime,
    zone: tzinfo,
) -> list[AccessDecision]:
    """What the person may do with the camera; what is denied only if a grant says so."""
    home = _both(names.get(someone.organisation_id))
    found: list[AccessDecision] = []
    for action in Action:
        decision = permits(someone, action, camera.facts, reaching, at)
        if not decision.allowed and decision.grant_id is None:
            continue
        giver = _both(names.get(decision.giver_id))
        also = allowing(someone, action, camera.facts, reaching, at) if decision.allowed else []
        found.append(
            AccessDecision(
                operator_id=someone.id,
                operator_name=someone.name,
                organisation_id=someone.organisation_id,
                organisation_name_zh=home[0],
                organisation_name_en=home[1],
                action=action,
                allowed=decision.allowed,
                why=decision.why,
                grant_id=decision.grant_id,
                grant_number=decision.grant_number,
                until=decision.until,
                conditions=sorted(decision.conditions),
                others=[grant.number for grant in also if grant.id != decision.grant_id],
                reason=sentence(decision, "en", giver[1], at, zone),
                reason_zh=sentence(decision, "zh", giver[0], at, zone),
            )
        )
    return found


def _both(named: Organisation | None) -> tuple[str, str]:
    return ("", "") if named is None else (named.name_zh, named.name_en)
