"""Workers in the database: where they listen and when a gateway last heard them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import workers
from gateway.storage.upserting import put


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker; ``seen_at`` is when ``seen_by`` (a gateway) last heard it, ``cameras`` how many it reported."""

    id: str
    address: str
    seen_at: datetime | None = None
    seen_by: str | None = None
    cameras: int = 0


async def every(connection: AsyncConnection) -> list[Worker]:
    """All workers, by id."""
    rows = (await connection.execute(select(workers).order_by(workers.c.id))).mappings()
    return [Worker(**row) for row in rows]


async def see(connection: AsyncConnection, worker: Worker) -> None:
    """Notes that a worker was heard; adds it if it is new."""
    names = Worker.__dataclass_fields__
    await put(connection, workers, [{name: getattr(worker, name) for name in names}])


async def forget(connection: AsyncConnection, worker_id: str) -> None:
    """Removes a worker that will not come back. Its assignments stay until they are moved."""
    await connection.execute(delete(workers).where(workers.c.id == worker_id))
