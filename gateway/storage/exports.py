"""Exports in the database, with their parts, files, signatures and the list of who touched them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.exports import (
    HELD,
    Cover,
    Export,
    ExportItem,
    ExportPart,
    ExportState,
    Package,
    PartState,
    Region,
    Variant,
)
from gateway.storage.tables import events, evidence, export_items, export_parts, export_signatures, export_steps
from gateway.storage.tables import exports as rows
from gateway.storage.upserting import chunks, insert
from gateway.storage.versioned import Stale, overwrite


@dataclass(frozen=True, slots=True)
class Step:
    """Who touched an export when, and how. ``owner_id`` names the unit whose part it was, None for the whole."""

    id: str
    export_id: str
    at: datetime
    kind: str
    operator_id: str
    owner_id: str | None = None


async def add(
    connection: AsyncConnection, export: Export, parts: Sequence[ExportPart], items: Sequence[ExportItem]
) -> None:
    """Adds a request with its parts and files."""
    await connection.execute(rows.insert().values(_row(export)))
    await connection.execute(export_parts.insert(), [_part_row(part) for part in parts])
    for chunk in chunks(items):
        await connection.execute(export_items.insert(), [_item_row(export.id, item) for item in chunk])


async def get(connection: AsyncConnection, export_id: str) -> Export | None:
    """The export with that id; asks nobody's permission."""
    row = (await connection.execute(select(rows).where(rows.c.id == export_id))).mappings().one_or_none()
    return None if row is None else _from(row)


async def newest(connection: AsyncConnection, before: str | None, limit: int) -> list[Export]:
    """Exports from the newest on, or from the one before that id on; asks nobody's permission."""
    statement = select(rows).order_by(rows.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(rows.c.id < before)
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def to_pack(connection: AsyncConnection, at: datetime) -> list[Export]:
    """Approved exports whose time is not over, oldest first."""
    due = (rows.c.state == ExportState.APPROVED.value, rows.c.expires_at > at)
    found = await connection.execute(select(rows).where(*due).order_by(rows.c.id).limit(50))
    return [_from(row) for row in found.mappings()]


async def over(connection: AsyncConnection, at: datetime) -> list[Export]:
    """Exports whose time to be fetched is over."""
    held = rows.c.state.in_(sorted(HELD))
    found = await connection.execute(select(rows).where(held, rows.c.expires_at <= at))
    return [_from(row) for row in found.mappings()]


async def undecided(connection: AsyncConnection, before: datetime) -> list[Export]:
    """Requests made before that time on which somebody has not decided."""
    late = (rows.c.state == ExportState.REQUESTED.value, rows.c.created_at <= before)
    return [_from(row) for row in (await connection.execute(select(rows).where(*late))).mappings()]


async def save(connection: AsyncConnection, export: Export) -> None:
    """Writes a moved export. Raises ``Stale`` if somebody else moved it meanwhile."""
    await overwrite(connection, rows, export.id, export.version - 1, _row(export))


async def parts_of(connection: AsyncConnection, ids: Collection[str]) -> dict[str, tuple[ExportPart, ...]]:
    """The parts of those exports, by export, in the order of managing units."""
    found: dict[str, tuple[ExportPart, ...]] = {}
    for chunk in chunks(ids):
        statement = select(export_parts).where(export_parts.c.export_id.in_(chunk)).order_by(export_parts.c.owner_id)
        for row in (await connection.execute(statement)).mappings():
            found[row["export_id"]] = (*found.get(row["export_id"], ()), _part_from(row))
    return found


async def save_part(connection: AsyncConnection, part: ExportPart) -> None:
    """Writes a decided part. Raises ``Stale`` if it was decided before."""
    waiting = (export_parts.c.id == part.id, export_parts.c.state == PartState.WAITING.value)
    if (await connection.execute(update(export_parts).where(*waiting).values(_part_row(part)))).rowcount == 0:
        raise Stale


async def items_of(connection: AsyncConnection, export_id: str) -> tuple[ExportItem, ...]:
    """The files of an export in the order of time."""
    order = (export_items.c.at, export_items.c.event_id, export_items.c.kind.desc())
    statement = select(export_items).where(export_items.c.export_id == export_id).order_by(*order)
    return tuple(_item_from(row) for row in (await connection.execute(statement)).mappings())


async def draw(connection: AsyncConnection, export_id: str, item: ExportItem) -> None:
    """Writes the regions of a still, and takes back every signature given before."""
    mine = (
        export_items.c.export_id == export_id,
        export_items.c.event_id == item.event_id,
        export_items.c.kind == item.kind,
    )
    await connection.execute(update(export_items).where(*mine).values(_item_row(export_id, item)))
    await connection.execute(delete(export_signatures).where(export_signatures.c.export_id == export_id))


async def sign(connection: AsyncConnection, export_id: str, operator_id: str, at: datetime) -> bool:
    """Notes a signature; False if they had signed before."""
    statement = insert(connection, export_signatures).values(export_id=export_id, operator_id=operator_id, at=at)
    return (await connection.execute(statement.on_conflict_do_nothing())).rowcount == 1


async def signers(connection: AsyncConnection, export_id: str) -> dict[str, datetime]:
    """Who signed the release, and when."""
    statement = select(export_signatures).where(export_signatures.c.export_id == export_id)
    return {row["operator_id"]: row["at"] for row in (await connection.execute(statement)).mappings()}


async def step(connection: AsyncConnection, item: Step) -> None:
    """Appends to the list of who touched it."""
    await connection.execute(export_steps.insert().values(asdict(item)))


async def steps_of(connection: AsyncConnection, export_id: str) -> list[Step]:
    """Who touched it, oldest first."""
    statement = select(export_steps).where(export_steps.c.export_id == export_id).order_by(export_steps.c.id)
    return [Step(**row) for row in (await connection.execute(statement)).mappings()]


async def held_evidence(
    connection: AsyncConnection, camera_ids: Iterable[str], since: datetime, until: datetime, limit: int
) -> list[ExportItem]:
    """Stills and clips that are held of events opened in the span (its end not included), oldest first."""
    found: list[ExportItem] = []
    for chunk in chunks(camera_ids):
        statement = (
            select(evidence, events.c.camera_id, events.c.opened_at)
            .join(events, events.c.id == evidence.c.event_id)
            .where(events.c.camera_id.in_(chunk), events.c.opened_at >= since, events.c.opened_at < until)
            .where(evidence.c.path != "")
            .order_by(events.c.opened_at, evidence.c.id)
            .limit(limit + 1)
        )
        for row in (await connection.execute(statement)).mappings():
            about = (row["event_id"], row["kind"], row["camera_id"], row["opened_at"], row["sha256"], row["bytes"])
            found.append(ExportItem(*about))
    return sorted(found, key=lambda item: (item.at, item.id))[: limit + 1]


def _row(export: Export) -> dict[str, object]:
    package = export.package or Package("", 0, "")
    return {
        "id": export.id,
        "asker_id": export.asker_id,
        "organisation_id": export.organisation_id,
        "variant": export.variant.value,
        "span_from": export.span[0],
        "span_to": export.span[1],
        "reason": export.reason,
        "receiver": export.receiver,
        "letter": export.letter,
        "ticket_id": export.ticket_id,
        "state": export.state.value,
        "created_at": export.created_at,
        "approved_at": export.approved_at,
        "expires_at": export.expires_at,
        "file": package.file,
        "bytes": package.bytes,
        "sha256": package.sha256,
        "sealed": export.sealed,
        "problem": export.problem,
        "version": export.version,
    }


def _from(row: RowMapping) -> Export:
    names = ("id", "asker_id", "organisation_id", "reason", "receiver", "letter", "ticket_id", "created_at")
    more = ("approved_at", "expires_at", "sealed", "problem", "version")
    return Export(
        **{name: row[name] for name in (*names, *more)},
        variant=Variant(row["variant"]),
        span=(row["span_from"], row["span_to"]),
        state=ExportState(row["state"]),
        package=Package(row["file"], row["bytes"], row["sha256"]) if row["file"] else None,
    )


def _part_row(part: ExportPart) -> dict[str, object]:
    return asdict(part) | {"state": part.state.value, "cameras": list(part.cameras)}


def _part_from(row: RowMapping) -> ExportPart:
    return ExportPart(**dict(row) | {"state": PartState(row["state"]), "cameras": tuple(row["cameras"])})


def _item_row(export_id: str, item: ExportItem) -> dict[str, object]:
    regions = None if item.regions is None else [asdict(region) for region in item.regions]
    return asdict(item) | {"export_id": export_id, "regions": regions}


def _item_from(row: RowMapping) -> ExportItem:
    values = {name: value for name, value in row.items() if name != "export_id"}
    if values["regions"] is not None:
        values["regions"] = tuple(Region(**one | {"cover": Cover(one["cover"])}) for one in values["regions"])
    return ExportItem(**values)
