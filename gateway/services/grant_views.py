"""Grants as a reader sees them: with the names of who and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, Recorder
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind, in_force
from gateway.domain.operators import Operator
from gateway.domain.organisations import Organisation
from gateway.storage import cameras, operators, organisations, recorders
from gateway.storage.grants import GrantRecord


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant with the names a reader needs, whether it is in force, and whether the caller may revoke it."""

    id: str
    effect: Effect
    grantee_kind: GranteeKind
    grantee_id: str
    grantee_name_zh: str
    grantee_name_en: str
    target_kind: TargetKind
    target_id: str
    target_name_zh: str
    target_name_en: str
    actions: list[Action]
    purposes: list[str] | None
    not_before: datetime
    not_after: datetime | None
    granted_by: str
    granted_by_name: str
    reason: str
    policy: str
    created_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None
    active: bool
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class Names:
    """The nouns that some grants speak of, by id."""

    organisations: dict[str, Organisation]
    operators: dict[str, Operator]
    cameras: dict[str, Camera]
    recorders: dict[str, Recorder]

    def view(self, record: GrantRecord, at: datetime, *, may_revoke: bool) -> GrantView:
        """The grant with names."""
        grant, ended = record.grant, record.revocation
        grantee = self._grantee(grant)
        target = self._target(grant)
        giver = self.operators.get(grant.granted_by)
        return GrantView(
            id=grant.id,
            effect=grant.effect,
            grantee_kind=grant.grantee_kind,
            grantee_id=grant.grantee_id,
            grantee_name_zh=grantee[0],
            grantee_name_en=grantee[1],
            target_kind=grant.target_kind,
            target_id=grant.target_id,
            target_name_zh=target[0],
            target_name_en=target[1],
            actions=sorted(grant.actions),
            purposes=None if grant.purposes is None else sorted(grant.purposes),
            not_before=grant.not_before,
            not_after=grant.not_after,
            granted_by=grant.granted_by,
            granted_by_name="" if giver is None else giver.name,
            reason=grant.reason,
            policy=record.policy,
            created_at=grant.created_at,
            revoked_at=grant.revoked_at,
            revoked_by=None if ended is None else ended.by,
            revoke_reason=None if ended is None else ended.reason,
            active=in_force(grant, at),
            may_revoke=may_revoke,
        )

    def _grantee(self, grant: Grant) -> tuple[str, str]:
        if grant.grantee_kind is GranteeKind.ORGANISATION:
            return _both(self.organisations.get(grant.grantee_id))
        if grant.grantee_kind is GranteeKind.OPERATOR and grant.grantee_id in self.operators:
            name = self.operators[grant.grantee_id].name
            return name, name
        return grant.grantee_id, grant.grantee_id

    def _target(self, grant: Grant) -> tuple[str, str]:
        match grant.target_kind:
            case TargetKind.ALL:
                return "全部摄像机", "every camera"
            case TargetKind.CAMERA:
                return _both(self.cameras.get(grant.target_id))
            case TargetKind.RECORDER:
                return _both(self.recorders.get(grant.target_id))
            case TargetKind.OWNED_BY | TargetKind.MAINTAINED_BY:
                return _both(self.organisations.get(grant.target_id))
            case TargetKind.LOCATED_IN:
                here = (o for o in self.organisations.values() if o.township_code == grant.target_id)
                return _both(next(here, None)) if grant.target_id else ("", "")
            case TargetKind.KIND:
                return grant.target_id, grant.target_id


async def names_for(conn: AsyncConnection, found: Sequence[Grant]) -> Names:
    """What is needed to name everything that the grants speak of."""
    people = {g.granted_by for g in found} | {g.grantee_id for g in found if g.grantee_kind is GranteeKind.OPERATOR}
    pointed = [g.target_id for g in found if g.target_kind is TargetKind.CAMERA]
    boxes = [g.target_id for g in found if g.target_kind is TargetKind.RECORDER]
    return Names(
        organisations={item.id: item for item in await organisations.every(conn)},
        operators=await operators.many(conn, people),
        cameras=await cameras.many(conn, pointed),
        recorders={item.id: item for item in await recorders.every(conn)} if boxes else {},
    )


def _both(named: Organisation | Camera | Recorder | None) -> tuple[str, str]:
    return ("", "") if named is None else (named.name_zh, named.name_en)
