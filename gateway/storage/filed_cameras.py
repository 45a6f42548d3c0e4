"""Cameras as a filing sheet lists them, within a scope: what filing asks for, and no address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.lifecycle import SERVED
from gateway.storage.tables import cameras, filing_tasks, organisations, sites


@dataclass(frozen=True, slots=True)
class FiledCamera:
    """What is filed of one camera, or is to be."""

    id: str
    gb_id: str
    name_zh: str
    name_en: str
    owner_id: str
    owner_name_zh: str
    owner_name_en: str
    management_unit: str
    contact_info: str
    site_name: str
    township_code: str
    latitude: float
    longitude: float
    datum: str
    kind: str
    ptz_type: int
    place_type: str
    record_save_days: int
    install_date: str
    filing_no: str
    filed_at: str
    lifecycle: str
    created_at: datetime
    version: int


_OWN = tuple(name for name in FiledCamera.__dataclass_fields__ if name in cameras.c)


async def within(
    connection: AsyncConnection, scope: ColumnElement[bool], owner_id: str | None = None
) -> list[FiledCamera]:
    """The cameras in service within the scope, and those whose end of service is still to be filed."""
    waiting = select(filing_tasks.c.camera_id).where(filing_tasks.c.closed_at.is_(None))
    in_use = or_(cameras.c.lifecycle.in_(sorted(state.value for state in SERVED)), cameras.c.id.in_(waiting))
    statement = (
        select(
            *(cameras.c[name] for name in _OWN),
            organisations.c.name_zh.label("owner_name_zh"),
            organisations.c.name_en.label("owner_name_en"),
            sites.c.name_zh.label("site_name"),
        )
        .join(organisations, organisations.c.id == cameras.c.owner_id)
        .join(sites, sites.c.id == cameras.c.site_id)
        .where(scope, in_use)
        .order_by(cameras.c.owner_id, cameras.c.id)
    )
    if owner_id is not None:
        statement = statement.where(cameras.c.owner_id == owner_id)
    return [FiledCamera(**row) for row in (await connection.execute(statement)).mappings()]
