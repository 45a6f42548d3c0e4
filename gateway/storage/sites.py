"""Sites in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Datum, Place, Site
from gateway.storage.tables import sites
from gateway.storage.upserting import put


async def every(connection: AsyncConnection) -> list[Site]:
    """All sites, by id."""
    rows = (await connection.execute(select(sites).order_by(sites.c.id))).mappings()
    return [
        Site(
            id=row["id"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            organisation_id=row["organisation_id"],
            place=Place(row["latitude"], row["longitude"], Datum(row["datum"])),
            link_mbps=row["link_mbps"],
        )
        for row in rows
    ]


async def samples(connection: AsyncConnection) -> set[str]:
    """The ids of those that are invented."""
    return set((await connection.scalars(select(sites.c.id).where(sites.c.sample))).all())


async def replace(connection: AsyncConnection, items: Sequence[Site], *, sample: bool = False) -> None:
    """Inserts the sites, or overwrites those with the same id."""
    rows = [
        {
            "id": item.id,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "organisation_id": item.organisation_id,
            "latitude": item.place.latitude,
            "longitude": item.place.longitude,
            "datum": item.place.datum.value,
            "link_mbps": item.link_mbps,
            "sample": sample,
        }
        for item in items
    ]
    await put(connection, sites, rows)
