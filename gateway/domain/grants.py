"""Grants: the rows that say who may do what with which cameras, and the one function that decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.domain.actions import Action
from gateway.domain.operators import Operator


class Effect(StrEnum):
    """What a grant does where it applies. A deny beats every allow."""

    ALLOW = "allow"
    DENY = "deny"


class GranteeKind(StrEnum):
    """To whom a grant is given."""

    ORGANISATION = "organisation"
    ROLE = "role"
    OPERATOR = "operator"


class TargetKind(StrEnum):
    """On what a grant is given. Owned by, maintained by and located in are three different conditions."""

    ALL = "all"
    CAMERA = "camera"
    RECORDER = "recorder"
    KIND = "kind"
    OWNED_BY = "owned_by"
    MAINTAINED_BY = "maintained_by"
    LOCATED_IN = "located_in"


@dataclass(frozen=True, slots=True)
class Grant:
    """One row: grantee, target, actions, purposes, time, and who gave it why.

    ``target_id`` is "" for ``TargetKind.ALL`` and otherwise names exactly one thing. Empty ``actions`` give nothing.
    ``purposes`` None means any purpose; an empty set means none. ``not_before`` is inclusive, ``not_after`` exclusive.
    """

    id: str
    effect: Effect
    grantee_kind: GranteeKind
    grantee_id: str
    target_kind: TargetKind
    target_id: str
    actions: frozenset[Action]
    purposes: frozenset[str] | None
    not_before: datetime
    not_after: datetime | None
    granted_by: str
    reason: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """The few facts about a camera that a grant can point at."""

    id: str
    owner_id: str
    maintainer_id: str
    township_code: str
    kind: str
    recorder_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether an action is allowed, the grant relied on, until when, and one sentence that says why."""

    allowed: bool
    grant_id: str | None
    until: datetime | None
    reason: str


def reaches(grant: Grant, camera: CameraFacts) -> bool:
    """True if the grant's target covers the camera."""
    match grant.target_kind:
        case TargetKind.ALL:
            return True
        case TargetKind.CAMERA:
            return grant.target_id == camera.id
        case TargetKind.RECORDER:
            return camera.recorder_id is not None and grant.target_id == camera.recorder_id
        case TargetKind.KIND:
            return grant.target_id == camera.kind
        case TargetKind.OWNED_BY:
            return grant.target_id == camera.owner_id
        case TargetKind.MAINTAINED_BY:
            return grant.target_id == camera.maintainer_id
        case TargetKind.LOCATED_IN:
            return grant.target_id == camera.township_code


def given_to(grant: Grant, operator: Operator) -> bool:
    """True if the operator is the grantee, belongs to the grantee organisation, or acts in the grantee role."""
    match grant.grantee_kind:
        case GranteeKind.OPERATOR:
            return grant.grantee_id == operator.id
        case GranteeKind.ORGANISATION:
            return grant.grantee_id == operator.organisation_id
        case GranteeKind.ROLE:
            return any(role.value == grant.grantee_id for role in operator.roles)


def in_force(grant: Grant, at: datetime) -> bool:
    """True if the grant has begun, has not ended and was not revoked at that time."""
    if grant.revoked_at is not None and grant.revoked_at <= at:
        return False
    return grant.not_before <= at and (grant.not_after is None or at < grant.not_after)


def permits(
    operator: Operator,
    action: Action,
    camera: CameraFacts,
    grants: Iterable[Grant],
    at: datetime,
    purpose: str | None = None,
) -> Decision:
    """Whether the operator may do the action with the camera now, and by which grant.

    Deny by default. A role's ceiling bounds every grant; an explicit deny beats every allow. With ``purpose`` None only
    grants for any purpose, or lists that need no purpose (directory, list), are asked without it.
    """
    if operator.disabled_at is not None and operator.disabled_at <= at:
        return Decision(False, None, None, "denied: the account is disabled")
    if action not in operator.ceiling:
        return Decision(False, None, None, f"denied: no role of the operator includes {action}")
    best: Grant | None = None
    for grant in grants:
        if action not in grant.actions or not in_force(grant, at):
            continue
        if not given_to(grant, operator) or not reaches(grant, camera):
            continue
        if purpose is not None and grant.purposes is not None and purpose not in grant.purposes:
            continue
        if grant.effect is Effect.DENY:
            return Decision(False, grant.id, None, f"denied by grant {grant.id}: {grant.reason}")
        if best is None or _lasts_longer(grant, best):
            best = grant
    if best is None:
        return Decision(False, None, None, f"denied: no grant covers {action}")
    until = "" if best.not_after is None else f" until {best.not_after.isoformat(timespec='minutes')}"
    return Decision(True, best.id, best.not_after, f"allowed by grant {best.id}{until}")


def _lasts_longer(one: Grant, other: Grant) -> bool:
    if other.not_after is None:
        return False
    return one.not_after is None or one.not_after > other.not_after
