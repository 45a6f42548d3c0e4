"""Exporting the catalogue: CSV, XLSX and YAML that spreadsheets keep whole and that loading takes back unchanged.

Passwords are never in it. In CSV one apostrophe stands before what a spreadsheet would run as a formula or round as a
number; loading takes it off again.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Literal

import yaml
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Recorder, Site
from gateway.domain.organisations import Organisation
from gateway.services import sheets
from gateway.services.catalogue_columns import COLUMNS
from gateway.storage import cameras, credentials, organisations, recorders, sites
from gateway.storage.cameras import CameraFile

Format = Literal["csv", "xlsx", "yaml"]

MEDIA_TYPES: dict[Format, str] = {
    "csv": sheets.MEDIA_TYPE,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "yaml": "application/yaml; charset=utf-8",
}

_NEVER = frozenset({"password", "secret_from"})

_ADDRESS = ("scheme", "host", "rtsp_port", "onvif_port", "username", "main_path", "sub_path")


async def export_cameras(
    connection: AsyncConnection, ids: Sequence[str], form: Format, *, without_address: Collection[str] = ()
) -> bytes:
    """The files of those cameras, in that order. Asks nobody's permission: give only ids the caller may list,
    and name in ``without_address`` those whose network address the caller may not see.
    """
    usernames = await credentials.usernames(connection)
    rows = [_camera(item, usernames) for item in await cameras.files(connection, ids)]
    for row in rows:
        if row["id"] in without_address:
            for name in _ADDRESS:
                row.pop(name, None)
    return await asyncio.to_thread(_written, {"cameras": rows}, form)


async def export_catalogue(connection: AsyncConnection, form: Format) -> bytes:
    """The whole catalogue; CSV has one table and therefore the cameras alone."""
    ids = [item[0] for item in await cameras.keys(connection)]
    if form == "csv":
        return await export_cameras(connection, sorted(ids), form)
    usernames = await credentials.usernames(connection)
    gb_ids = await recorders.gb_ids(connection)
    samples = await _samples(connection)
    nouns: dict[str, list[dict[str, Any]]] = {
        "organisations": [_organisation(one) for one in await organisations.every(connection)],
        "sites": [_site(one, one.id in samples["sites"]) for one in await sites.every(connection)],
        "recorders": [
            _recorder(one, gb_ids.get(one.id), usernames, one.id in samples["recorders"])
            for one in await recorders.every(connection)
        ],
        "cameras": [_camera(one, usernames) for one in await cameras.files(connection, sorted(ids))],
    }
    return await asyncio.to_thread(_written, nouns, form)


async def _samples(connection: AsyncConnection) -> dict[str, set[str]]:
    return {"sites": await sites.samples(connection), "recorders": await recorders.samples(connection)}


def _organisation(item: Organisation) -> dict[str, Any]:
    return asdict(item) | {"kind": item.kind.value}


def _site(item: Site, sample: bool) -> dict[str, Any]:
    place = item.place
    return {
        "id": item.id,
        "name_zh": item.name_zh,
        "name_en": item.name_en,
        "organisation_id": item.organisation_id,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "datum": place.datum.value,
        "link_mbps": item.link_mbps,
        "sample": sample,
    }


def _recorder(item: Recorder, gb_id: str | None, usernames: Mapping[str, str], sample: bool) -> dict[str, Any]:
    own = {one.name: getattr(item, one.name) for one in fields(item) if one.name != "credential_id"}
    return own | {"gb_id": gb_id, "username": usernames.get(item.credential_id or ""), "sample": sample}


def _camera(item: CameraFile, usernames: Mapping[str, str]) -> dict[str, Any]:
    camera = item.camera
    row: dict[str, Any] = asdict(item.filing) | {
        name: getattr(camera, name)
        for name in ("id", "gb_id", "name_zh", "name_en", "owner_id", "maintainer_id", "township_code", "site_id")
    }
    row |= {name: getattr(camera, name) for name in ("recorder_id", "channel", "scheme", "enabled")}
    row |= {"lifecycle": camera.lifecycle.value, "place_type": item.filing.place_type.value}
    row["retention_class"] = item.filing.retention_class.value
    row |= {"kind": camera.kind.value, "purposes": list(camera.purposes), "sample": item.sample}
    row |= {"latitude": camera.place.latitude, "longitude": camera.place.longitude}
    row["datum"] = camera.place.datum.value
    if camera.recorder_id is None:
        row |= {"host": camera.host, "rtsp_port": camera.rtsp_port, "onvif_port": camera.onvif_port}
        row["username"] = usernames.get(camera.credential_id or "")
    for stream in camera.streams:
        row |= {f"{stream.kind}_path": stream.path, f"{stream.kind}_transport": stream.transport}
    return row


def _written(nouns: Mapping[str, list[dict[str, Any]]], form: Format) -> bytes:
    match form:
        case "csv":
            return _csv(nouns["cameras"])
        case "xlsx":
            return _xlsx(nouns)
        case "yaml":
            return _yaml(nouns)


def columns(noun: str) -> list[str]:
    """The columns of an export: those that loading knows but passwords."""
    return [column.name for column in COLUMNS[noun] if column.name not in _NEVER]


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    names = columns("cameras")
    return sheets.sheet(names, ([row.get(name) for name in names] for row in rows))


def _xlsx(nouns: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    workbook = Workbook(write_only=True)
    for noun, rows in nouns.items():
        page = workbook.create_sheet(noun)
        names = columns(noun)
        page.append(names)
        for row in rows:
            page.append([_cell(page, row.get(name)) for name in names])
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def _cell(page: Any, value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = ";".join(value) if isinstance(value, list) else str(value)
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.number_format = "@"
    cell.data_type = "s"  # openpyxl would take text that begins with = for a formula
    return cell


def _yaml(nouns: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    document = {noun: [_nested(noun, row) for row in rows] for noun, rows in nouns.items()}
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=10_000)
    return text.encode()


def _nested(noun: str, row: Mapping[str, Any]) -> dict[str, Any]:
    streams = [
        {"kind": kind, "path": row[f"{kind}_path"], "transport": row[f"{kind}_transport"]}
        for kind in ("main", "sub")
        if row.get(f"{kind}_path")
    ]
    flat = ("username", "main_path", "main_transport", "sub_path", "sub_transport")
    names = [name for name in columns(noun) if name not in flat]
    entry = {name: row[name] for name in names if row.get(name) is not None}
    if row.get("username"):
        entry["credential"] = {"username": row["username"]}
    if streams:
        entry["streams"] = streams
    return entry
