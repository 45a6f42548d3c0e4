"""Delegations in the database."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.delegations import Delegation
from gateway.storage.tables import delegations


async def insert(connection: AsyncConnection, item: Delegation) -> None:
    """Adds a delegation."""
    await connection.execute(delegations.insert().values(asdict(item)))


async def get(connection: AsyncConnection, delegation_id: str) -> Delegation | None:
    """The delegation with that id."""
    found = await _some(connection, delegations.c.id == delegation_id)
    return found[0] if found else None


async def of_organisation(connection: AsyncConnection, organisation_id: str) -> list[Delegation]:
    """The delegations among an organisation's people, newest first."""
    return await _some(connection, delegations.c.organisation_id == organisation_id)


async def standing_in(connection: AsyncConnection, deputy_id: str, at: datetime) -> list[Delegation]:
    """For whom the deputy may decide at that time."""
    return await _some(connection, delegations.c.deputy_id == deputy_id, *_holding(at))


async def within(connection: AsyncConnection, organisation_id: str, at: datetime) -> list[Delegation]:
    """The delegations of an organisation that hold at that time."""
    return await _some(connection, delegations.c.organisation_id == organisation_id, *_holding(at))


async def end(connection: AsyncConnection, delegation_id: str, at: datetime) -> bool:
    """Ends a delegation before its time; False if it is over."""
    statement = (
        update(delegations)
        .where(delegations.c.id == delegation_id, delegations.c.ended_at.is_(None), delegations.c.not_after > at)
        .values(ended_at=at)
    )
    return (await connection.execute(statement)).rowcount == 1


def _holding(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        delegations.c.not_before <= at,
        delegations.c.not_after > at,
        or_(delegations.c.ended_at.is_(None), delegations.c.ended_at > at),
    )


async def _some(connection: AsyncConnection, *ways: ColumnElement[bool]) -> list[Delegation]:
    statement = select(delegations).where(*ways).order_by(delegations.c.id.desc())
    names = Delegation.__dataclass_fields__
    return [
        Delegation(**{name: row[name] for name in names}) for row in (await connection.execute(statement)).mappings()
    ]
