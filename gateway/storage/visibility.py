"""Which cameras an operator may do something with, as SQL: the twin of ``domain.grants.permits``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select
from sqlalchemy.sql.elements import KeyedColumnElement

from gateway.domain.actions import Action
from gateway.domain.grants import Effect, TargetKind
from gateway.domain.operators import Operator
from gateway.storage.grants import given_to, in_force
from gateway.storage.tables import cameras, grant_actions, grants

TARGET_COLUMNS: dict[TargetKind, KeyedColumnElement[str]] = {
    TargetKind.CAMERA: cameras.c.id,
    TargetKind.OWNED_BY: cameras.c.owner_id,
    TargetKind.LOCATED_IN: cameras.c.township_code,
    TargetKind.KIND: cameras.c.kind,
    TargetKind.RECORDER: cameras.c.recorder_id,
    TargetKind.MAINTAINED_BY: cameras.c.maintainer_id,
}
"""For every target but ALL, the camera's column that a grant's ``target_id`` is compared with."""


def visible(operator: Operator, action: Action, at: datetime) -> ColumnElement[bool]:
    """A condition on ``tables.cameras``: true where ``permits(operator, action, camera, …, at)`` allows.

    Every subquery stands alone (none refers to the camera), so that a database runs each once, not once a camera.
    """
    if not may_ever(operator, action, at):
        return false()
    return and_(
        _covered(operator, action, at, Effect.ALLOW),
        not_(_covered(operator, action, at, Effect.DENY)),
    )


def may_ever(operator: Operator, action: Action, at: datetime) -> bool:
    """False if no grant could help: the account is disabled or no role of the operator includes the action."""
    if operator.disabled_at is not None and operator.disabled_at <= at:
        return False
    return action in operator.ceiling


def applying(operator: Operator, action: Action, at: datetime, effect: Effect) -> Select[str, str]:
    """The targets (kind, id) of the grants in force with that effect that give the operator the action."""
    # A join, not the JSON column: both databases then use the index on grant_actions.
    return (
        select(grants.c.target_kind, grants.c.target_id)
        .join(grant_actions, grant_actions.c.grant_id == grants.c.id)
        .where(
            grant_actions.c.action == action.value,
            grants.c.effect == effect.value,
            given_to(operator),
            in_force(at),
        )
    )


def _covered(operator: Operator, action: Action, at: datetime, effect: Effect) -> ColumnElement[bool]:
    found = applying(operator, action, at, effect).subquery()
    ways: list[ColumnElement[bool]] = [exists().where(found.c.target_kind == TargetKind.ALL.value)]
    for kind, column in TARGET_COLUMNS.items():
        ids = select(found.c.target_id).where(found.c.target_kind == kind.value)
        if column is cameras.c.recorder_id:
            # NULL IN (…) is NULL, and NOT NULL would hide every stand-alone camera behind a deny.
            ways.append(and_(column.is_not(None), column.in_(ids)))
        else:
            ways.append(column.in_(ids))
    return or_(*ways)
