"""Packing: approved exports become packages, one at a time, in the background; pictures are marked by a worker."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.audit import SM3, available
from gateway.domain.exports import Export, ExportItem, ExportMove, ExportPart, Package, PartState, Variant
from gateway.domain.messages import Topic
from gateway.domain.notices import to_operator
from gateway.ports import Refused, Unavailable
from gateway.services import notifying
from gateway.services.evidence import EvidenceRoom
from gateway.services.export_fetching import FOLDER
from gateway.services.export_release import released
from gateway.services.export_views import approved
from gateway.services.exports import saved, touched
from gateway.services.marks import export_words, public_words
from gateway.services.office import SYSTEM, Office
from gateway.services.packages import Draft, new_passphrase, remove_leftovers
from gateway.storage import audit_texts, exports, operators, organisations
from gateway.storage.exports import Step
from gateway.storage.signing import open_signer
from gateway.storage.versioned import Stale

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
RETRY = timedelta(seconds=30)
"""How long an export rests whose package could not be made."""
FORMAT = "sharp-eyes-export-1"
NAMES = {"still": ("jpg", "image/jpeg"), "clip": ("mp4", "video/mp4")}


class Marker(Protocol):
    """Who writes on pictures: the workers."""

    async def mark(self, data: bytes, media_type: str, words: str, regions: Sequence[Any]) -> bytes:
        """The file with the words across it and the regions covered. Raises ``Unavailable`` or ``Refused``."""
        ...


class Packing:
    """Makes packages. ``run`` looks for approved exports until it is cancelled."""

    def __init__(self, office: Office, room: EvidenceRoom, marker: Marker) -> None:
        self._office, self._room, self._marker = office, room, marker
        self._resting: dict[str, datetime] = {}
        self.made = 0
        self.failures = 0

    async def run(self) -> None:
        """Packs what is approved, one export after the other, until cancelled."""
        while True:
            try:
                await self.pack_due()
            except (SQLAlchemyError, OSError) as problem:
                self.failures += 1
                log.error("exports could not be packed", problem=str(problem))
            await self._office.clock.sleep(LOOK_SECONDS)

    async def pack_due(self) -> None:
        """Packs every approved export that nothing keeps back."""
        at = self._office.clock.now()
        async with self._office.store.read() as conn:
            due = await exports.to_pack(conn, at)
        for export in due:
            if self._resting.get(export.id, at) > at:
                continue
            try:
                await self._pack(export, at)
            except (Unavailable, OSError) as problem:
                self.failures += 1
                self._resting[export.id] = at + RETRY
                log.warning("an export could not be packed yet", export=export.id, problem=str(problem))
                await self._say_why(export, str(problem))
            except Stale:
                log.info("an export was moved while it was packed", export=export.id)

    async def _pack(self, export: Export, at: datetime) -> None:
        office = self._office
        async with office.store.read() as conn:
            parts = (await exports.parts_of(conn, [export.id]))[export.id]
            items = approved(await exports.items_of(conn, export.id), parts)
            if export.variant is Variant.PUBLIC and not await released(conn, export, items):
                return
            steps = await exports.steps_of(conn, export.id)
            people = {one.operator.id: one.operator for one in await operators.every(conn)}
            units = await organisations.by_id(conn)
            signers = await exports.signers(conn, export.id)
            reason = await audit_texts.committed(conn, "ask_export", ("export", export.id), "reason")
        asker = people[export.asker_id]
        words = public_words(export.id, at)
        if export.variant is Variant.EVIDENCE:
            words = export_words(asker, units[asker.organisation_id], at)
        target = office.data / FOLDER / f"{export.id}.zip"
        passphrase = new_passphrase()
        signer = await asyncio.to_thread(open_signer, office.data)
        with Draft(target) as draft:
            files = [await self._file(draft, item, words) for item in items]
            kept = [entry for entry in files if "missing" not in entry]
            names = {id: {"login": one.login, "unit": one.organisation_id} for id, one in people.items()}
            manifest = _manifest(export, parts, steps, names, at) | {
                "files": kept,
                "missing": [entry for entry in files if "missing" in entry],
                "signed_by": [names.get(id, {"id": id}) for id in signers],
                # not the reason, nor a hash of it that could be guessed at: what the audit holds of it, and where
                "reason": None if reason is None else asdict(reason),
                "watermark": words,
                "key": signer.public.hex(),
            }
            await asyncio.to_thread(draft.finish, manifest, signer, passphrase)
        package = await asyncio.to_thread(_described, target)
        sealed = office.box.seal(f"export:{export.id}", passphrase)
        try:
            await self._settle(export, package, sealed, len(kept), at)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        self.made += 1

    async def _settle(self, export: Export, package: Package, sealed: bytes, files: int, at: datetime) -> None:
        office = self._office
        async with office.store.begin() as conn:
            await saved(conn, export, ExportMove.PACK, package=package, sealed=sealed, problem="")
            await touched(office, conn, None, export, "pack")
            await office.note(
                conn,
                at,
                SYSTEM,
                "pack_export",
                "export",
                export.id,
                sha256=package.sha256,
                bytes=package.bytes,
                files=files,
            )
            to = [to_operator(export.asker_id)]
            told = await notifying.tell(conn, at, to, "export_packed", ("export", export.id))
        await notifying.ring_for(office, told)
        await office.ring(Topic.EXPORTS, export.id)

    async def _file(self, draft: Draft, item: ExportItem, words: str) -> dict[str, Any]:
        """Adds a marked copy of the evidence, whose own file is only read; returns what the manifest says of it."""
        extension, media_type = NAMES[item.kind]
        name = f"files/{item.at:%Y%m%dT%H%M%SZ}-{item.camera_id}-{item.event_id[-6:]}-{item.kind}.{extension}"
        about = {"event": item.event_id, "camera": item.camera_id, "kind": item.kind, "opened_at": item.at.isoformat()}
        path = await self._room.find(item.event_id, item.kind)
        if path is None:
            return about | {"missing": "the gateway holds it no longer"}
        data = await asyncio.to_thread(path.read_bytes)
        source = hashlib.sha256(data).hexdigest()
        if source != item.sha256:
            return about | {"missing": "the file that is held is not the one that was asked for"}
        try:
            copy = await self._marker.mark(data, media_type, words, item.regions or ())
        except Refused as problem:
            return about | {"missing": f"it could not be marked: {problem}"}
        await asyncio.to_thread(draft.add, name, copy)
        entry = {"name": name, "media_type": media_type, "bytes": len(copy), **about}
        entry |= {"sha256": hashlib.sha256(copy).hexdigest(), "source_sha256": source}
        entry |= {"derived": True, "masked": False, "watermarked": True, "regions": len(item.regions or ())}
        if self._office.hashing == SM3 and available(SM3):
            entry["sm3"] = hashlib.new(SM3, copy).hexdigest()
        return entry

    async def _say_why(self, export: Export, problem: str) -> None:
        if export.problem == problem[:256]:
            return
        async with self._office.store.begin() as conn:
            await exports.save(conn, replace(export, problem=problem[:256], version=export.version + 1))


async def clear_up(office: Office, at: datetime) -> None:
    """A sweep: removes what a gateway left in clear that was killed as it packed; its first round is at the start."""
    for name in await asyncio.to_thread(remove_leftovers, office.data / FOLDER):
        log.warning("a half made export was removed", file=name)


def _manifest(
    export: Export, parts: tuple[ExportPart, ...], steps: Sequence[Step], names: dict[str, Any], at: datetime
) -> dict[str, Any]:
    """What the package says of itself."""
    given = [part for part in parts if part.state is PartState.APPROVED]
    return {
        "format": FORMAT,
        "request": export.id,
        "variant": export.variant.value,
        "span": [moment.isoformat() for moment in export.span],
        "cameras": sorted(camera for part in given for camera in part.cameras),
        "receiver": export.receiver,
        "letter": export.letter,
        "ticket": export.ticket_id,
        "requested_by": names[export.asker_id],
        "requested_at": export.created_at.isoformat(),
        "approved_by": [
            {"unit": part.owner_id, "by": names.get(part.decided_by or "", {}), "at": _moment(part.decided_at)}
            for part in given
        ],
        "packed_at": at.isoformat(),
        "expires_at": _moment(export.expires_at),
        "custody": [
            {"at": one.at.isoformat(), "act": one.kind, "by": names.get(one.operator_id, {"login": one.operator_id})}
            for one in steps
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _described(path: Path) -> Package:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Package(path.name, path.stat().st_size, digest)
