"""Pointing: what a grant's target is made of, so that it can be judged whether somebody may hand it on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, Effect, Grant, TargetKind, permits
from gateway.domain.operators import Operator
from gateway.services import coverage
from gateway.services.coverage import Span, Target
from gateway.services.errors import Invalid, NotFound
from gateway.services.office import Caller
from gateway.storage import areas, cameras, groups, organisations, recorders

EVERYTHING = Target(TargetKind.ALL, "")


@dataclass(frozen=True, slots=True)
class Pointed:
    """A target and, for a group, the cameras in it now: who may hand on each of them may hand on the group."""

    target: Target
    members: tuple[Target, ...] = ()

    def covers(self, held: Iterable[Grant], operator: Operator, action: Action, at: datetime) -> bool:
        """True if the operator holds the action on the whole target now."""
        if coverage.covers(held, operator, action, self.target, at):
            return True
        return self._as_group and all(coverage.covers(held, operator, action, one, at) for one in self.members)

    def covers_span(self, held: Iterable[Grant], operator: Operator, action: Action, at: datetime, span: Span) -> bool:
        """True if the operator holds the action on the whole target for at least that span."""
        if coverage.covers_span(held, operator, action, self.target, at, span):
            return True
        asked = (coverage.covers_span(held, operator, action, one, at, span) for one in self.members)
        return self._as_group and all(asked)

    def leant_on(
        self, held: Iterable[Grant], standing: Set[str], operator: Operator, action: Action, at: datetime, span: Span
    ) -> frozenset[str] | None:
        """The grants by whose strength alone the operator can hand the action on, nothing by right, None not at all."""
        found = [coverage.leant_on(held, standing, operator, action, self.target, at, span)]
        if self._as_group:
            each = [coverage.leant_on(held, standing, operator, action, one, at, span) for one in self.members]
            known = [one for one in each if one is not None]
            found.append(frozenset().union(*known) if len(known) == len(each) else None)
        return min((one for one in found if one is not None), key=len, default=None)

    @property
    def _as_group(self) -> bool:
        return self.target.kind is TargetKind.GROUP and bool(self.members)


@dataclass(frozen=True, slots=True)
class Pointing:
    """What some grants point at, read once."""

    facts: dict[str, CameraFacts]
    groups: dict[str, tuple[CameraFacts, ...]]
    above: dict[str, frozenset[str]]

    @classmethod
    async def read(cls, conn: AsyncConnection, found: Iterable[Grant]) -> Pointing:
        """What these grants point at."""
        return await cls.of(conn, [(grant.target_kind, grant.target_id) for grant in found])

    @classmethod
    async def of(cls, conn: AsyncConnection, targets: Sequence[tuple[TargetKind, str]]) -> Pointing:
        """What these targets are made of."""
        named = [name for kind, name in targets if kind is TargetKind.CAMERA]
        bags = {name for kind, name in targets if kind is TargetKind.GROUP}
        inside = {bag: await groups.members(conn, bag) for bag in sorted(bags)}
        known = await cameras.many(conn, [*named, *(one for members in inside.values() for one in members)])
        facts = {camera.id: camera.facts for camera in known.values()}
        return cls(
            facts,
            {bag: tuple(facts[one] for one in members if one in facts) for bag, members in inside.items()},
            await organisations.all_above(conn),
        )

    def at(self, kind: TargetKind, target_id: str, below: bool = False) -> Pointed:
        """The target, ready to be judged; a camera that is gone counts as everything."""
        if kind is TargetKind.CAMERA:
            facts = self.facts.get(target_id)
            return Pointed(EVERYTHING if facts is None else Target(kind, target_id, facts))
        if kind is TargetKind.GROUP:
            members = self.groups.get(target_id, ())
            return Pointed(Target(kind, target_id), tuple(Target(TargetKind.CAMERA, one.id, one) for one in members))
        return Pointed(Target(kind, target_id, None, below, self.above.get(target_id, frozenset())))

    def may_share(self, operator: Operator, held: Iterable[Grant], grant: Grant, at: datetime) -> bool:
        """True if the operator may share the grant's whole target, and may know it at all."""
        pointed = self.at(grant.target_kind, grant.target_id, grant.target_below)
        if grant.effect is Effect.DENY:
            pointed = Pointed(EVERYTHING)  # or who is denied could end it
        return all(pointed.covers(held, operator, action, at) for action in (Action.SHARE, Action.DIRECTORY))


async def target_of(
    conn: AsyncConnection,
    caller: Caller,
    held: Sequence[Grant],
    kind: TargetKind,
    target_id: str,
    below: bool,
    at: datetime,
) -> Pointed:
    """The target with what is needed to judge it. Raises ``NotFound`` for what the caller may not know."""
    operator = caller.operator
    match kind:
        case TargetKind.CAMERA:
            camera = await cameras.get(conn, target_id)
            if camera is None or not permits(operator, Action.DIRECTORY, camera.facts, held, at).allowed:
                raise NotFound("camera")
            return Pointed(Target(kind, target_id, camera.facts))
        case TargetKind.RECORDER:
            recorder = await recorders.get(conn, target_id)
            owner = None if recorder is None else Target(TargetKind.OWNED_BY, recorder.owner_id)
            if owner is None or not coverage.covers(held, operator, Action.DIRECTORY, owner, at):
                raise NotFound("recorder")
        case TargetKind.GROUP:
            group = await groups.get(conn, target_id)
            if group is None or not may_keep(held, operator, group.owner_id, at):
                raise NotFound("group")
        case TargetKind.AREA:
            area = await areas.get(conn, target_id)
            if area is None or not may_keep(held, operator, area.owner_id, at):
                raise NotFound("area")
        case TargetKind.OWNED_BY | TargetKind.MAINTAINED_BY:
            if await organisations.get(conn, target_id) is None:
                raise Invalid("this organisation is not known", field="target_id")
        case _:
            pass
    return (await Pointing.of(conn, [(kind, target_id)])).at(kind, target_id, below)


def may_keep(held: Sequence[Grant], operator: Operator, owner_id: str, at: datetime) -> bool:
    """True if the operator works with the groups and areas of that organisation: its own people who may share, and
    those who may share everything.
    """
    if Action.SHARE not in operator.ceiling:
        return False
    return owner_id == operator.organisation_id or coverage.covers(held, operator, Action.SHARE, EVERYTHING, at)
