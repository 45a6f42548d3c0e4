"""What verifications of the audit found, in the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import audit_checks


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """One verification: who asked for it, what was read, and what did not hold (nothing, if all is well)."""

    id: str
    at: datetime
    checked_by: str
    lines: int
    roots: int
    seconds: float
    findings: list[dict[str, Any]]


async def insert(connection: AsyncConnection, check: AuditCheck) -> None:
    """Adds it."""
    await connection.execute(audit_checks.insert().values(asdict(check)))


async def last(connection: AsyncConnection) -> AuditCheck | None:
    """The newest."""
    statement = select(audit_checks).order_by(audit_checks.c.at.desc(), audit_checks.c.id.desc()).limit(1)
    row = (await connection.execute(statement)).mappings().one_or_none()
    return None if row is None else AuditCheck(**row)
