"""Sign-in sessions in the database. Only the hash of a token is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.operators import Operator
from gateway.storage import epochs
from gateway.storage.operators import operator_from
from gateway.storage.tables import operators, sessions


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one operator. ``purpose`` is what this shift watches for, if chosen."""

    id: str
    token_hash: str
    operator_id: str
    purpose: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    remote: str
    user_agent: str = ""
    ended_at: datetime | None = None


async def insert(connection: AsyncConnection, session: Session) -> None:
    """Adds a session."""
    await connection.execute(
        sessions.insert().values(
            id=session.id,
            token_hash=session.token_hash,
            operator_id=session.operator_id,
            purpose=session.purpose,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
            ended_at=session.ended_at,
            remote=session.remote,
            user_agent=session.user_agent[:256],
        )
    )


async def live(connection: AsyncConnection, token_hash: str, at: datetime) -> tuple[Session, Operator] | None:
    """The session with that token's hash and its operator, if it runs at that time and the account is enabled."""
    return await _live(connection, sessions.c.token_hash == token_hash, at)


async def live_by_id(connection: AsyncConnection, session_id: str, at: datetime) -> tuple[Session, Operator] | None:
    """The same by the session's id: is this viewer still signed in?"""
    return await _live(connection, sessions.c.id == session_id, at)


async def touch(connection: AsyncConnection, session_id: str, at: datetime) -> None:
    """Notes that the session was used."""
    await connection.execute(update(sessions).where(sessions.c.id == session_id).values(last_seen_at=at))


async def set_purpose(connection: AsyncConnection, session_id: str, purpose: str | None) -> None:
    """Changes what the shift watches for."""
    await connection.execute(update(sessions).where(sessions.c.id == session_id).values(purpose=purpose))


async def end(connection: AsyncConnection, session_id: str, at: datetime) -> bool:
    """Ends one session and bumps the permission epoch; False if it had ended before."""
    return await _end(connection, sessions.c.id == session_id, at) > 0


async def end_all(connection: AsyncConnection, operator_id: str, at: datetime, keep: str | None = None) -> int:
    """Ends an operator's sessions (but the one to keep), bumps the permission epoch, returns how many ended."""
    condition = sessions.c.operator_id == operator_id
    return await _end(connection, condition if keep is None else condition & (sessions.c.id != keep), at)


async def of_operator(connection: AsyncConnection, operator_id: str, at: datetime) -> list[Session]:
    """The operator's running sessions, newest first."""
    statement = (
        select(sessions)
        .where(sessions.c.operator_id == operator_id, *_running(at))
        .order_by(sessions.c.created_at.desc())
    )
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


def _running(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return or_(sessions.c.ended_at.is_(None), sessions.c.ended_at > at), sessions.c.expires_at > at


async def _end(connection: AsyncConnection, condition: ColumnElement[bool], at: datetime) -> int:
    statement = update(sessions).where(condition, sessions.c.ended_at.is_(None)).values(ended_at=at)
    ended = (await connection.execute(statement)).rowcount
    await epochs.bump(connection, epochs.PERMISSION)
    return ended


async def _live(
    connection: AsyncConnection, condition: ColumnElement[bool], at: datetime
) -> tuple[Session, Operator] | None:
    row = (await connection.execute(select(sessions).where(condition, *_running(at)))).mappings().one_or_none()
    if row is None:
        return None
    statement = select(operators).where(
        operators.c.id == row["operator_id"], or_(operators.c.disabled_at.is_(None), operators.c.disabled_at > at)
    )
    owner = (await connection.execute(statement)).mappings().one_or_none()
    return None if owner is None else (_from(row), operator_from(owner))


def _from(row: RowMapping) -> Session:
    return Session(**{name: row[name] for name in Session.__dataclass_fields__})
