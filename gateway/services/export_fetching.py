"""Fetching an export: the package by who asked for it, its passphrase once, and the end of both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.exports import ExportMove, ExportState
from gateway.domain.messages import Topic
from gateway.services import second_factor
from gateway.services.errors import Conflict, Forbidden, Gone
from gateway.services.export_views import Sight, sight_of
from gateway.services.exports import refuse_never, saved, touched
from gateway.services.office import SYSTEM, Caller, Office
from gateway.storage import exports

FOLDER = "exports"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """The package, and what to call it."""

    path: Path
    name: str


async def fetch(office: Office, caller: Caller, export_id: str) -> PackageFile:
    """The package. Raises ``NotFound``, ``Forbidden`` for everybody else than who asked, ``Gone`` once it has expired,
    ``Conflict`` before it is packed, or ``SecondFactorNeeded``.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await _ready(office, conn, caller, export_id, at)
        export = await saved(conn, sight.export, ExportMove.FETCH)
        await touched(office, conn, caller, export, "fetch")
        assert export.package is not None
        digest = export.package.sha256
        await office.note(conn, at, caller.operator.id, "fetch_export", "export", export_id, sha256=digest)
    await office.ring(Topic.EXPORTS, export_id)
    path = office.data / FOLDER / export.package.file
    if not await asyncio.to_thread(path.is_file):
        raise Gone("the package is not there any more")
    return PackageFile(path, f"export-{export.id}.zip")


async def passphrase(office: Office, caller: Caller, export_id: str) -> str:
    """The passphrase, shown once and then forgotten. Raises as ``fetch`` does, and ``Gone`` the second time."""
    at = office.clock.now()
    async with office.store.begin() as conn:
        sight = await _ready(office, conn, caller, export_id, at)
        export = sight.export
        if export.sealed is None:
            raise Gone("the passphrase was shown before and is not kept: ask for a new export")
        await exports.save(conn, replace(export, sealed=None, version=export.version + 1))
        await touched(office, conn, caller, export, "show_passphrase")
        await office.note(conn, at, caller.operator.id, "show_export_passphrase", "export", export_id)
    return office.box.open(f"export:{export_id}", export.sealed)


async def expire(office: Office, at: datetime) -> None:
    """A sweep: deletes packages whose time is over, with a receipt in the audit, and lapses what nobody decided."""
    async with office.store.read() as conn:
        due = await exports.over(conn, at)
        late = await exports.undecided(conn, at - office.exports.decide_within)
    for export in due:
        package = export.package
        if package is not None:
            await asyncio.to_thread((office.data / FOLDER / package.file).unlink, missing_ok=True)
        async with office.store.begin() as conn:
            now = await exports.get(conn, export.id)
            if now is None or now.version != export.version:
                continue
            await saved(conn, export, ExportMove.EXPIRE, sealed=None)
            await touched(office, conn, None, export, "expire")
            digest, size = ("", 0) if package is None else (package.sha256, package.bytes)
            await office.note(conn, at, SYSTEM, "expire_export", "export", export.id, deleted=digest, bytes=size)
    for export in late:
        async with office.store.begin() as conn:
            now = await exports.get(conn, export.id)
            if now is None or now.version != export.version:
                continue
            await saved(conn, export, ExportMove.LAPSE)
            await touched(office, conn, None, export, "lapse")
            await office.note(conn, at, SYSTEM, "lapse_export", "export", export.id)
    if due or late:
        await office.ring(Topic.EXPORTS, *(export.id for export in (*due, *late)))


async def _ready(office: Office, conn: AsyncConnection, caller: Caller, export_id: str, at: datetime) -> Sight:
    """The export of which the caller may have the package now."""
    sight = await sight_of(conn, caller, export_id, at)
    export = sight.export
    if not sight.mine:
        raise Forbidden("only who asked for an export fetches it")
    refuse_never(caller)
    over = export.expires_at is not None and export.expires_at <= at
    if export.state is ExportState.EXPIRED or over:
        raise Gone("the time to fetch this export is over: its package was deleted")
    await second_factor.require(office, caller, conn)
    if export.package is None or export.state not in (ExportState.PACKED, ExportState.FETCHED):
        raise Conflict("the package is not made yet")
    return sight
