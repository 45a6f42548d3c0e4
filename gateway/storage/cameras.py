"""Cameras in the database: one by one, many, and how they are written. Lists are in ``camera_lists``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Camera, CameraKind, Datum, Place, StreamAddress
from gateway.domain.filing import Filing
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.packets import StreamKind
from gateway.domain.place_types import PlaceType
from gateway.domain.retention import RetentionClass
from gateway.storage import area_fitting, epochs, in_service
from gateway.storage.camera_ties import TIES, ties_from
from gateway.storage.pinyin import initials
from gateway.storage.tables import cameras, recorders, streams
from gateway.storage.upserting import chunks, insert
from gateway.storage.versioned import Stale


@dataclass(frozen=True, slots=True)
class NewCamera:
    """A camera to be written, with its filing fields."""

    camera: Camera
    filing: Filing = field(default_factory=Filing)
    sample: bool = False


@dataclass(frozen=True, slots=True)
class CameraFile:
    """Everything kept about a camera. ``version`` grows with every change."""

    camera: Camera
    filing: Filing
    sample: bool
    lifecycle_reason: str
    works_until: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


_OWN = ("host", "rtsp_port", "onvif_port", "credential_id")
"""Columns that a recorder's channel has from its recorder."""

_PLAIN = tuple(column for column in cameras.c if column.name not in (*_OWN, "search"))

_PERMISSION = frozenset(
    {"owner_id", "maintainer_id", "township_code", "kind", "recorder_id", "latitude", "longitude", "datum"}
    | {"enabled", "lifecycle"}
)
"""Columns that say who may see the camera: what grants point at, and whether it is in service."""

_FILING = tuple(Filing.__dataclass_fields__)

PATCHABLE = frozenset(
    {"name_zh", "name_en", "kind", "owner_id", "maintainer_id", "township_code", "site_id", "recorder_id", "channel"}
    | {"latitude", "longitude", "datum", "scheme", "enabled", "purposes", "streams", *_OWN, *_FILING}
    | {"lifecycle", "lifecycle_reason", "works_until"}
)
"""What ``patch`` takes; ``streams`` is a sequence of StreamAddress."""


async def get(connection: AsyncConnection, camera_id: str) -> Camera | None:
    """The camera with that id."""
    return (await many(connection, [camera_id])).get(camera_id)


async def many(connection: AsyncConnection, ids: Iterable[str]) -> dict[str, Camera]:
    """The cameras with those ids, by id; unknown ids are left out."""
    found: dict[str, Camera] = {}
    for chunk in chunks(dict.fromkeys(ids)):
        rows = (await connection.execute(select_cameras().where(cameras.c.id.in_(chunk)))).mappings().all()
        addresses = await streams_of(connection, chunk)
        found |= {row["id"]: camera_from(row, addresses.get(row["id"], ())) for row in rows}
    return found


async def every(connection: AsyncConnection, *, served_only: bool = False) -> list[Camera]:
    """All cameras, by id: for the conductor and for export, never for a user's list."""
    statement = select_cameras().order_by(cameras.c.id)
    if served_only:
        statement = statement.where(in_service.IN_SERVICE)
    rows = (await connection.execute(statement)).mappings().all()
    addresses = await streams_of(connection, None)
    return [camera_from(row, addresses.get(row["id"], ())) for row in rows]


async def of_recorder(connection: AsyncConnection, recorder_id: str) -> list[Camera]:
    """The recorder's channels that are in the catalogue, whatever their lifecycle."""
    ids = await connection.scalars(select(cameras.c.id).where(cameras.c.recorder_id == recorder_id))
    return list((await many(connection, ids.all())).values())


async def kept_passwords(connection: AsyncConnection) -> dict[str, tuple[str, tuple[Any, ...]]]:
    """Of every camera that has a password of its own: the password's id, and scheme, host and ports it is for."""
    names = ("scheme", "host", "rtsp_port", "onvif_port")
    own = cameras.c.recorder_id.is_(None) & cameras.c.credential_id.is_not(None)
    rows = await connection.execute(
        select(cameras.c.id, cameras.c.credential_id, *(cameras.c[name] for name in names)).where(own)
    )
    return {row.id: (row.credential_id, tuple(row[2:])) for row in rows}


async def hosts(connection: AsyncConnection) -> dict[str, str]:
    """Every camera's host by its id; a recorder's channels have the recorder's."""
    own = case((cameras.c.recorder_id.is_not(None), recorders.c.host), else_=cameras.c.host)
    joined = cameras.outerjoin(recorders, recorders.c.id == cameras.c.recorder_id)
    rows = await connection.execute(select(cameras.c.id, own.label("host")).select_from(joined))
    return {row.id: row.host for row in rows}


async def keys(connection: AsyncConnection) -> list[tuple[str, str, str | None, int | None]]:
    """Every camera's id, id of GB/T 28181, recorder and channel: what a new one must not share."""
    columns = (cameras.c.id, cameras.c.gb_id, cameras.c.recorder_id, cameras.c.channel)
    return [(row.id, row.gb_id, row.recorder_id, row.channel) for row in await connection.execute(select(*columns))]


async def townships(connection: AsyncConnection) -> dict[str, str]:
    """The code of every camera's township, by the camera's id."""
    rows = await connection.execute(select(cameras.c.id, cameras.c.township_code))
    return {row.id: row.township_code for row in rows}


async def get_file(connection: AsyncConnection, camera_id: str) -> CameraFile | None:
    """The camera's whole file."""
    return next(iter(await files(connection, [camera_id])), None)


async def files(connection: AsyncConnection, ids: Iterable[str]) -> list[CameraFile]:
    """The whole files of the cameras with those ids, in that order; unknown ids are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, CameraFile] = {}
    for chunk in chunks(wanted):
        rows = (await connection.execute(select_cameras().where(cameras.c.id.in_(chunk)))).mappings().all()
        addresses = await streams_of(connection, chunk)
        found |= {row["id"]: _file_from(row, addresses.get(row["id"], ())) for row in rows}
    return [found[camera_id] for camera_id in wanted if camera_id in found]


async def replace(connection: AsyncConnection, items: Sequence[NewCamera], at: datetime) -> None:
    """Inserts the cameras, or overwrites those with the same id; bumps the permission and assignment epochs."""
    if not items:
        return
    rows = [_row(item, at) for item in items]
    # Rows are written one by one: two cameras that change places on a recorder must not meet on one channel.
    for chunk in chunks(item.camera.id for item in items):
        await connection.execute(update(cameras).where(cameras.c.id.in_(chunk)).values(channel=None))
    statement = insert(connection, cameras)
    changed: dict[str, Any] = {name: statement.excluded[name] for name in rows[0] if name not in ("id", "created_at")}
    changed["version"] = cameras.c.version + 1
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed), rows)
    await _write_streams(connection, {item.camera.id: item.camera.streams for item in items})
    await area_fitting.fit_cameras(connection, [item.camera.id for item in items])
    await in_service.settle(connection, [item.camera.id for item in items], at)
    await epochs.bump(connection, epochs.PERMISSION)
    await epochs.bump(connection, epochs.ASSIGNMENT)


async def patch(
    connection: AsyncConnection, camera_id: str, version: int, changes: Mapping[str, Any], at: datetime
) -> int | None:
    """Changes some columns if the row is still at ``version``; returns the new version, None for no such camera.

    Raises ``Stale`` if it is at another version and ValueError for a name outside ``PATCHABLE``.
    """
    if unknown := changes.keys() - PATCHABLE:
        raise ValueError(f"a camera has no changeable {', '.join(sorted(unknown))}")
    values = {name: value for name, value in changes.items() if name != "streams"}
    if "name_zh" in values:
        values["initials"] = initials(values["name_zh"])
    statement = (
        update(cameras)
        .where(cameras.c.id == camera_id, cameras.c.version == version)
        .values(**values, version=version + 1, updated_at=at)
    )
    if (await connection.execute(statement)).rowcount == 0:
        if await connection.scalar(select(cameras.c.id).where(cameras.c.id == camera_id)) is None:
            return None
        raise Stale
    if changes.keys() & {"name_zh", "name_en"}:
        columns = cameras.c
        whole = columns.id + " " + columns.gb_id + " " + columns.name_zh + " " + columns.name_en
        search = func.lower(whole + " " + columns.initials)
        await connection.execute(update(cameras).where(cameras.c.id == camera_id).values(search=search))
    if "streams" in changes:
        await _write_streams(connection, {camera_id: tuple(changes["streams"])})
    if changes.keys() & {"latitude", "longitude", "datum"}:
        await area_fitting.fit_cameras(connection, [camera_id])
    if changes.keys() & {"enabled", "lifecycle"}:
        await in_service.settle(connection, [camera_id], at)
    if changes.keys() & _PERMISSION:
        await epochs.bump(connection, epochs.PERMISSION)
    await epochs.bump(connection, epochs.ASSIGNMENT)
    return version + 1


async def works_over(connection: AsyncConnection, at: datetime) -> list[tuple[str, int]]:
    """Ids and versions of the suspended cameras whose works have ended by then."""
    columns = cameras.c
    over = (columns.lifecycle == Lifecycle.SUSPENDED.value) & (columns.works_until <= at)
    rows = await connection.execute(select(columns.id, columns.version).where(over).order_by(columns.id))
    return [(row.id, row.version) for row in rows]


def camera_from(row: RowMapping, addresses: Sequence[StreamAddress]) -> Camera:
    """The camera in a row of ``cameras`` whose address columns already are the recorder's where it has one."""
    return Camera(
        id=row["id"],
        gb_id=row["gb_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        kind=CameraKind(row["kind"]),
        owner_id=row["owner_id"],
        maintainer_id=row["maintainer_id"],
        township_code=row["township_code"],
        site_id=row["site_id"],
        place=Place(row["latitude"], row["longitude"], Datum(row["datum"])),
        scheme=row["scheme"],
        host=row["host"],
        rtsp_port=row["rtsp_port"],
        onvif_port=row["onvif_port"],
        credential_id=row["credential_id"],
        streams=tuple(addresses),
        purposes=tuple(row["purposes"]),
        recorder_id=row["recorder_id"],
        channel=row["channel"],
        enabled=row["enabled"],
        ties=ties_from(row),
        lifecycle=Lifecycle(row["lifecycle"]),
    )


def select_cameras(*more: ColumnElement[Any]) -> Select[Any]:
    """A selection of cameras with the address columns of their recorders, and more columns of tables to be joined."""
    behind = cameras.c.recorder_id.is_not(None)
    inherited = [case((behind, recorders.c[name]), else_=cameras.c[name]).label(name) for name in _OWN]
    return (
        select(*_PLAIN, *inherited, *TIES, *more)
        .select_from(cameras)
        .outerjoin(recorders, recorders.c.id == cameras.c.recorder_id)
    )


def _file_from(row: RowMapping, addresses: Sequence[StreamAddress]) -> CameraFile:
    kinds = {"place_type": PlaceType(row["place_type"]), "retention_class": RetentionClass(row["retention_class"])}
    filing = Filing(**({name: row[name] for name in _FILING} | kinds))
    return CameraFile(
        camera=camera_from(row, addresses),
        filing=filing,
        sample=row["sample"],
        lifecycle_reason=row["lifecycle_reason"],
        works_until=row["works_until"],
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _row(item: NewCamera, at: datetime) -> dict[str, Any]:
    camera = item.camera
    alone = camera.recorder_id is None
    letters = initials(camera.name_zh)
    return asdict(item.filing) | {
        "id": camera.id,
        "gb_id": camera.gb_id,
        "name_zh": camera.name_zh,
        "name_en": camera.name_en,
        "initials": letters,
        "search": " ".join((camera.id, camera.gb_id, camera.name_zh, camera.name_en, letters)).lower(),
        "kind": camera.kind.value,
        "owner_id": camera.owner_id,
        "maintainer_id": camera.maintainer_id,
        "township_code": camera.township_code,
        "site_id": camera.site_id,
        "recorder_id": camera.recorder_id,
        "channel": camera.channel,
        "latitude": camera.place.latitude,
        "longitude": camera.place.longitude,
        "datum": camera.place.datum.value,
        "scheme": camera.scheme,
        "host": camera.host if alone else "",
        "rtsp_port": camera.rtsp_port,
        "onvif_port": camera.onvif_port if alone else None,
        "credential_id": camera.credential_id if alone else None,
        "enabled": camera.enabled,
        "lifecycle": camera.lifecycle.value,
        "purposes": list(camera.purposes),
        "sample": item.sample,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }


async def streams_of(connection: AsyncConnection, ids: Sequence[str] | None) -> dict[str, tuple[StreamAddress, ...]]:
    """The streams of those cameras (None: of all), main before sub, by camera id."""
    statement = select(streams).order_by(streams.c.camera_id, streams.c.kind)
    if ids is not None:
        statement = statement.where(streams.c.camera_id.in_(ids))
    found: dict[str, tuple[StreamAddress, ...]] = {}
    for row in (await connection.execute(statement)).mappings():
        address = StreamAddress(StreamKind(row["kind"]), row["path"], row["transport"])
        found[row["camera_id"]] = (*found.get(row["camera_id"], ()), address)
    return found


async def _write_streams(connection: AsyncConnection, wanted: Mapping[str, Sequence[StreamAddress]]) -> None:
    for chunk in chunks(wanted):
        await connection.execute(delete(streams).where(streams.c.camera_id.in_(chunk)))
    rows = [
        {"camera_id": camera_id, "kind": address.kind.value, "path": address.path, "transport": address.transport}
        for camera_id, addresses in wanted.items()
        for address in addresses
    ]
    if rows:
        await connection.execute(streams.insert(), rows)
