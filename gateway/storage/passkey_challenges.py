"""Challenges that wait for a passkey's answer: each for one person, purpose, session and use, and not for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import passkey_challenges

ENROL = "enrol"
USE = "use"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked of whom; ``session_id`` is None while they are signing in."""

    id: str
    operator_id: str
    session_id: str | None
    kind: str
    challenge: bytes
    expires_at: datetime


async def insert(connection: AsyncConnection, challenge: Challenge, at: datetime) -> None:
    """Adds a challenge, and clears away whatever nobody answered in time."""
    await connection.execute(delete(passkey_challenges).where(passkey_challenges.c.expires_at <= at))
    values = {name: getattr(challenge, name) for name in Challenge.__dataclass_fields__}
    await connection.execute(passkey_challenges.insert().values(values))


async def take(
    connection: AsyncConnection, challenge_id: str, operator_id: str, session_id: str | None, kind: str, at: datetime
) -> bytes | None:
    """Uses the challenge up and returns it; None if it is over, used, for another purpose, or somebody else's."""
    table = passkey_challenges.c
    same = table.session_id.is_(None) if session_id is None else table.session_id == session_id
    own = (table.id == challenge_id, table.operator_id == operator_id, same, table.kind == kind)
    found = (await connection.execute(select(table.challenge).where(*own, table.expires_at > at))).scalar_one_or_none()
    # who deletes it has it: of two answers to one challenge the second finds nothing
    gone = (await connection.execute(delete(passkey_challenges).where(table.id == challenge_id, *own))).rowcount == 1
    return found if gone else None
