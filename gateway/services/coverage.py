"""Coverage: whether what an operator holds on a target is enough to hand it on. Pure.

A single camera is asked with ``permits``. A wide target (all of an owner, a place, a kind ...) also covers cameras that
do not exist yet, so it is covered only by a grant on everything, on exactly the same target, or, for what organisations
own and maintain, on an organisation above with all below it. A group is what is in it now: whoever puts a camera into
a group hands it on as well, and is asked then.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import (
    CameraFacts,
    Effect,
    Grant,
    TargetKind,
    given_to,
    in_force,
    open_at,
    opens,
    preference,
    reaches,
)
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator


@dataclass(frozen=True, slots=True)
class Target:
    """What a grant points at; ``camera`` is set for a single camera, whose facts decide.

    ``below`` is the grant's ``target_below``, ``above`` are the organisations above the one it names.
    """

    kind: TargetKind
    id: str
    camera: CameraFacts | None = None
    below: bool = False
    above: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """For which purposes, until when, in which hours and under which conditions something is to be handed on.

    None is any purpose, no end, any hour.
    """

    purposes: frozenset[str] | None = None
    not_after: datetime | None = None
    hours: Hours | None = None
    conditions: frozenset[Condition] = frozenset()


def covers(grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime) -> bool:
    """True if the operator holds the action on the whole target, for whatever purpose and time."""
    return any(open_at(grant, at) for grant in _holding(grants, operator, action, target, at))


def covers_span(
    grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime, span: Span
) -> bool:
    """True if one grant gives the operator the action on the whole target for at least that span."""
    return bool(_spanning(grants, operator, action, target, at, span))


def leant_on(
    grants: Iterable[Grant],
    standing: Set[str],
    operator: Operator,
    action: Action,
    target: Target,
    at: datetime,
    span: Span,
) -> frozenset[str] | None:
    """The grant by whose strength alone the operator can hand the action on for that span; None if they cannot at all.

    Nothing for those who do it by right: by a standing rule, or because the target is their organisation's own.
    """
    ways = _spanning(grants, operator, action, target, at, span)
    if not ways:
        return None
    if _owns(operator, target) or any(grant.id in standing for grant in ways):
        return frozenset()
    return frozenset({min(ways, key=preference).id})


def _spanning(
    grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime, span: Span
) -> list[Grant]:
    return [grant for grant in _holding(grants, operator, action, target, at) if _as_wide(grant, span)]


def _owns(operator: Operator, target: Target) -> bool:
    if target.camera is not None:
        return target.camera.owner_id == operator.organisation_id
    return target.kind is TargetKind.OWNED_BY and target.id == operator.organisation_id and not target.below


def _holding(grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime) -> list[Grant]:
    if action not in operator.ceiling or not operator.usable(at):
        return []
    mine = [grant for grant in grants if action in grant.actions and given_to(grant, operator)]
    # a deny that is still to come counts as well: what is handed on would outlast it
    denies = [grant for grant in mine if grant.effect is Effect.DENY and opens(grant, at) is not None]
    if any(_touches(grant, target) for grant in denies):
        return []
    return [
        grant for grant in mine if grant.effect is Effect.ALLOW and in_force(grant, at) and _contains(grant, target)
    ]


def _contains(grant: Grant, target: Target) -> bool:
    if target.camera is not None:
        return reaches(grant, target.camera)
    if grant.target_kind is TargetKind.ALL:
        return True
    if grant.target_kind is not target.kind:
        return False
    if grant.target_below and grant.target_id in target.above:
        return True
    return grant.target_id == target.id and (grant.target_below or not target.below)


def _touches(grant: Grant, target: Target) -> bool:
    """True if a deny might concern a camera of the target: any deny might, unless the target is one other camera."""
    return reaches(grant, target.camera) if target.camera is not None else True


def _as_wide(grant: Grant, span: Span) -> bool:
    if grant.purposes is not None and (span.purposes is None or not span.purposes <= grant.purposes):
        return False
    if not grant.conditions <= span.conditions:
        return False
    if grant.hours is not None and (span.hours is None or not span.hours.within(grant.hours)):
        return False
    return grant.not_after is None or (span.not_after is not None and span.not_after <= grant.not_after)
