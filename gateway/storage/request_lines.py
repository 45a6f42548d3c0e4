"""What was done and said about a request, line by line, in the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import request_lines


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One line: a step (``kind`` is the move or "ask") or a comment; without a part it is said to all concerned."""

    id: str
    request_id: str
    part_id: str | None
    at: datetime
    kind: str
    operator_id: str
    from_owner: bool
    text: str
    for_id: str | None = None


async def append(connection: AsyncConnection, line: RequestLine) -> None:
    """Adds a line."""
    await connection.execute(request_lines.insert().values(asdict(line)))


async def of_request(connection: AsyncConnection, request_id: str) -> list[RequestLine]:
    """All lines of a request, oldest first."""
    statement = select(request_lines).where(request_lines.c.request_id == request_id).order_by(request_lines.c.id)
    names = RequestLine.__dataclass_fields__
    return [
        RequestLine(**{name: row[name] for name in names}) for row in (await connection.execute(statement)).mappings()
    ]
