"""Coverage: whether what an operator holds on a target is enough to hand it on. Pure.

A single camera is asked with ``permits``. A wide target (all of an owner, a place, a kind ...) also covers cameras that
do not exist yet, so it is covered only by a grant on everything or on exactly the same target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, Effect, Grant, TargetKind, given_to, in_force, reaches
from gateway.domain.operators import Operator


@dataclass(frozen=True, slots=True)
class Target:
    """What a grant points at; ``camera`` is set for a single camera, whose facts decide."""

    kind: TargetKind
    id: str
    camera: CameraFacts | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """For which purposes and until when something is to be handed on; None is any purpose, and no end."""

    purposes: frozenset[str] | None = None
    not_after: datetime | None = None


def covers(grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime) -> bool:
    """True if the operator holds the action on the whole target, for whatever purpose and time."""
    return any(True for _ in _holding(grants, operator, action, target, at))


def covers_span(
    grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime, span: Span
) -> bool:
    """True if one grant gives the operator the action on the whole target for at least that span."""
    return any(_as_wide(grant, span) for grant in _holding(grants, operator, action, target, at))


def _holding(grants: Iterable[Grant], operator: Operator, action: Action, target: Target, at: datetime) -> list[Grant]:
    if action not in operator.ceiling or (operator.disabled_at is not None and operator.disabled_at <= at):
        return []
    mine = [g for g in grants if action in g.actions and in_force(g, at) and given_to(g, operator)]
    if any(grant.effect is Effect.DENY and _touches(grant, target) for grant in mine):
        return []
    return [grant for grant in mine if grant.effect is Effect.ALLOW and _contains(grant, target)]


def _contains(grant: Grant, target: Target) -> bool:
    if target.camera is not None:
        return reaches(grant, target.camera)
    return grant.target_kind is TargetKind.ALL or (grant.target_kind, grant.target_id) == (target.kind, target.id)


def _touches(grant: Grant, target: Target) -> bool:
    """True if a deny might concern a camera of the target: any deny might, unless the target is one other camera."""
    return reaches(grant, target.camera) if target.camera is not None else True


def _as_wide(grant: Grant, span: Span) -> bool:
    if grant.purposes is not None and (span.purposes is None or not span.purposes <= grant.purposes):
        return False
    return grant.not_after is None or (span.not_after is not None and span.not_after <= grant.not_after)
