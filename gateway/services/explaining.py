"""Explaining: who may do what with a camera, by which grant and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.decisions import Why
from gateway.domain.grants import permits
from gateway.domain.operators import Role
from gateway.domain.organisations import Organisation
from gateway.domain.sentences import sentence
from gateway.services.errors import Forbidden, NotFound
from gateway.services.office import Caller, Office
from gateway.storage import cameras, grants, operators, organisations


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
        names = {item.id: item for item in await organisations.every(conn)}
    decisions: list[AccessDecision] = []
    for account in accounts:
        someone = account.operator
        home = names[someone.organisation_id]
        for action in Action:
            found = permits(someone, action, camera.facts, reaching, at)
            giver = _both(names.get(found.giver_id))
            if found.allowed or found.grant_id is not None:
                decisions.append(
                    AccessDecision(
                        operator_id=someone.id,
                        operator_name=someone.name,
                        organisation_id=home.id,
                        organisation_name_zh=home.name_zh,
                        organisation_name_en=home.name_en,
                        action=action,
                        allowed=found.allowed,
                        why=found.why,
                        grant_id=found.grant_id,
                        grant_number=found.grant_number,
                        until=found.until,
                        conditions=sorted(found.conditions),
                        reason=sentence(found, "en", giver[1], at, office.calendar.zone),
                        reason_zh=sentence(found, "zh", giver[0], at, office.calendar.zone),
                    )
                )
    return decisions


def _both(named: Organisation | None) -> tuple[str, str]:
    return ("", "") if named is None else (named.name_zh, named.name_en)
