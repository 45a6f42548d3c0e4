"""Editing the catalogue: adding one camera, changing its file, and asking a device what it offers."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain import gbid, purposes, stream_paths
from gateway.domain.actions import Action
from gateway.domain.cameras import Camera, CameraKind, Datum, Place, Site, StreamAddress
from gateway.domain.district import UNKNOWN_PREFIX, District
from gateway.domain.filing import Filing
from gateway.domain.grants import CameraFacts, permits
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.messages import Topic
from gateway.domain.packets import StreamKind
from gateway.ports import Credential
from gateway.services import addressing, belonging, device_numbers, file_history, standing_denies
from gateway.services.camera_views import CameraDetail
from gateway.services.catalogue import detail_of, known
from gateway.services.errors import Conflict, Forbidden, Invalid
from gateway.services.file_history import Pen, camera_fields, site_fields
from gateway.services.lawfulness import (
    Unlawful,
    lacking,
    must_be_whole,
    note_refusal,
    refuse_lacking,
    refuse_short_retention,
    refuse_unlawful,
)
from gateway.services.office import Caller, Office
from gateway.services.rewriting import rewrite
from gateway.storage import camera_ties, cameras, credentials, file_changes, grants, organisations, places, sites
from gateway.storage.cameras import NewCamera
from gateway.storage.reaching import reach


@dataclass(frozen=True, slots=True)
class NewCameraFile:
    """What somebody says of a camera to be added. Without a site one is made at its place."""

    name_zh: str
    kind: CameraKind
    owner_id: str
    township_code: str
    latitude: float
    longitude: float
    scheme: str
    host: str
    purposes: tuple[str, ...]
    credential: Credential | None = None
    name_en: str = ""
    datum: Datum = Datum.WGS84
    rtsp_port: int = 554
    onvif_port: int | None = None
    streams: tuple[StreamAddress, ...] = ()
    maintainer_id: str | None = None
    site_id: str | None = None
    gb_id: str | None = None
    filing: Filing = field(default_factory=Filing)
    lifecycle: Lifecycle = Lifecycle.LIVE


@dataclass(frozen=True, slots=True)
class ProbedChannel:
    """One channel that a device offers: paths of its streams, and the main one's picture.

    ``number`` is its place in the device's order, from 1. ``port`` is where its streams are fetched; ``named_host`` is
    the host the device names for them if it is not the one that was asked.
    """

    name: str
    main: str
    sub: str | None
    width: int | None
    height: int | None
    codec: str
    port: int | None = None
    named_host: str | None = None
    number: int = 1


@dataclass(frozen=True, slots=True)
class Probed:
    """What a device says of itself."""

    manufacturer: str
    model: str
    channels: list[ProbedChannel]


Prober = Callable[[str, str, int, Credential | None, tuple[str, ...]], Awaitable[Probed]]
"""Asks a device (scheme, host, port, credential, paths for RTSP). Raises ``Unavailable`` or ``Refused``."""


async def probe(
    office: Office,
    caller: Caller,
    prober: Prober,
    scheme: str,
    host: str,
    port: int,
    credential: Credential | None,
    paths: tuple[str, ...] = (),
) -> Probed:
    """What the device offers, for who may manage at least one camera. Raises ``Forbidden`` and what the prober does.

    An RTSP device cannot be asked what it has: its streams at ``paths`` (main, sub) are opened once each.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        if (await reach(conn, caller.operator, Action.MANAGE, at)).nothing:
            raise Forbidden("devices are probed by who manages cameras")
        if scheme == "rtsp" and not paths:
            sentence = "an RTSP device cannot be asked what it offers: give the path of its main stream"
            raise Invalid(sentence, field="path")
        streams = tuple(StreamAddress(kind, path) for kind, path in zip(StreamKind, paths, strict=False))
        streams, credential = without_secrets(streams, credential)
        check_values({"streams": streams})
        told = {"address": f"{scheme}://{host}:{port}"}
        await office.note(conn, at, caller.operator.id, "probe_device", "address", "", typed=told)
    return await prober(scheme, host, port, credential, tuple(stream.path for stream in streams))


async def add(office: Office, caller: Caller, wish: NewCameraFile) -> CameraDetail:
    """Adds one camera. Raises ``Forbidden`` if the caller manages nothing of that owner, ``Invalid``, ``Conflict``."""
    at = office.clock.now()
    camera_id = office.new_id()
    streams, credential = without_secrets(wish.streams, wish.credential)
    wish = replace(wish, streams=streams, credential=credential)
    pen = Pen(caller.operator.id, at, "api")
    try:
        async with office.store.begin() as conn:
            camera = await _camera(office, conn, wish, camera_id)
            await check_manages(conn, caller, camera.facts, camera.place, at)
            facts = await camera_ties.completed(conn, camera.facts, camera.place)
            await standing_denies.check_device(conn, caller, camera.host, facts, at)
            await check_references(conn, camera.owner_id, camera.maintainer_id, camera.township_code)
            if wish.site_id is None:
                site = Site(camera.site_id, wish.name_zh, wish.name_en, wish.owner_id, camera.place)
                await sites.replace(conn, [site])
                await file_changes.insert(conn, file_history.changes(pen, "site", site.id, None, site_fields(site)))
            elif not await site_known(conn, caller, wish.site_id, at):
                raise Invalid("this site is not known", field="site_id")
            if wish.credential is not None:
                await credentials.replace(conn, office.box, camera_id, wish.credential, at)
            filing = replace(wish.filing, civil_code=wish.filing.civil_code or camera.gb_id[:6])
            refuse_unlawful(asdict(filing))
            refuse_short_retention(filing)
            if must_be_whole(camera):
                refuse_lacking(await lacking(conn, camera, filing))
            if wish.gb_id is not None:
                await device_numbers.check(conn, caller, wish.gb_id, at)
            await cameras.replace(conn, [NewCamera(camera, filing)], at)
            await file_changes.insert(
                conn, file_history.changes(pen, "camera", camera_id, None, camera_fields(camera, filing))
            )
            await office.note(conn, at, caller.operator.id, "add_camera", "camera", camera_id, owner=wish.owner_id)
            added = await detail_of(office, conn, caller, camera_id)
    except Unlawful as problem:
        await note_refusal(office, caller, camera_id, problem)
        raise
    except (IntegrityError, device_numbers.Unusable):
        if wish.gb_id is None:
            raise Conflict("a camera with this identity cannot be added") from None
        raise await device_numbers.refusal(office, caller, wish.gb_id) from None
    await told_of(office, camera_id)
    return added


async def change(
    office: Office,
    caller: Caller,
    camera_id: str,
    version: int,
    changes: Mapping[str, Any],
    credential: Credential | None,
) -> CameraDetail:
    """Changes a camera's file. Raises ``NotFound``, ``Forbidden``, ``Stale``, ``PasswordNeeded`` or ``Invalid``.

    The caller must manage it as it is and as it would be: nobody pushes a camera into somebody else's catalogue.
    """
    try:
        changed = await _changed(office, caller, camera_id, version, changes, credential)
    except Unlawful as problem:
        await note_refusal(office, caller, camera_id, problem)
        raise
    await told_of(office, camera_id)
    return changed


async def _changed(
    office: Office,
    caller: Caller,
    camera_id: str,
    version: int,
    changes: Mapping[str, Any],
    credential: Credential | None,
) -> CameraDetail:
    at = office.clock.now()
    async with office.store.begin() as conn:
        camera, _ = await known(office, conn, caller, camera_id, Action.MANAGE)
        check_values(changes)
        await addressing.check(conn, caller, camera, changes, credential, at)
        names = CameraFacts.__dataclass_fields__.keys() & changes.keys()
        spot = {name: changes[name] for name in ("latitude", "longitude", "datum") if name in changes}
        place = replace(camera.place, **spot)
        after = replace(camera.facts, **{name: changes[name] for name in names})
        await check_manages(conn, caller, after, place, at)
        after = await camera_ties.completed(conn, after, place)
        host = str(changes.get("host", camera.host))
        await belonging.check_change(conn, caller, camera.facts, after, at)
        await standing_denies.check_change(conn, caller, camera.facts, after, at, moves=host != camera.host)
        if host != camera.host or "streams" in changes:
            await standing_denies.check_device(conn, caller, host, after, at)
        await check_references(conn, after.owner_id, after.maintainer_id, after.township_code)
        if "site_id" in changes and not await site_known(conn, caller, changes["site_id"], at):
            raise Invalid("this site is not known", field="site_id")
        values = dict(changes)
        if credential is not None:
            await credentials.replace(conn, office.box, camera_id, credential, at)
            values["credential_id"] = camera_id
        await rewrite(conn, Pen(caller.operator.id, at, "api"), camera_id, version, values)
        await office.note(
            conn, at, caller.operator.id, "change_camera", "camera", camera_id, fields=sorted(values.keys())
        )
        return await detail_of(office, conn, caller, camera_id)


async def told_of(office: Office, *camera_ids: str) -> None:
    """Tells every gateway that these cameras are others now."""
    await office.ring(Topic.CAMERAS, *camera_ids)
    await office.ring(Topic.ASSIGNMENTS, *camera_ids)
    await office.ring(Topic.PERMISSIONS, *camera_ids)


async def _camera(office: Office, conn: AsyncConnection, wish: NewCameraFile, camera_id: str) -> Camera:
    check_gb_id(wish.gb_id)
    check_values({"purposes": wish.purposes, "streams": wish.streams})
    if wish.scheme == "rtsp" and not wish.streams:
        raise Invalid("an RTSP camera needs the path of at least one stream", field="streams")
    return Camera(
        id=camera_id,
        gb_id=wish.gb_id or (await fresh_gb_ids(conn, office.district, 1))[0],
        name_zh=wish.name_zh,
        name_en=wish.name_en,
        kind=wish.kind,
        owner_id=wish.owner_id,
        maintainer_id=wish.maintainer_id or wish.owner_id,
        township_code=wish.township_code,
        site_id=wish.site_id or office.new_id(),
        place=Place(wish.latitude, wish.longitude, wish.datum),
        scheme=wish.scheme,
        host=wish.host,
        rtsp_port=wish.rtsp_port,
        onvif_port=wish.onvif_port,
        credential_id=None if wish.credential is None else camera_id,
        streams=wish.streams,
        purposes=wish.purposes,
        lifecycle=wish.lifecycle,
    )


async def fresh_gb_ids(conn: AsyncConnection, district: District, count: int) -> list[str]:
    """That many free 20-digit ids with network mark 9, which no real network uses."""
    taken = {gb_id for _, gb_id, _, _ in await cameras.keys(conn)}
    usual = Counter(gb_id[:8] for gb_id in taken if gb_id).most_common(1)
    prefix = district.gb_prefix or (usual[0][0] if usual else UNKNOWN_PREFIX)
    fresh: list[str] = []
    while len(fresh) < count:
        gb_id = f"{prefix}{''.join(device_numbers.OWN)}{secrets.randbelow(1_000_000):06d}"
        if gb_id not in taken:
            taken.add(gb_id)
            fresh.append(gb_id)
    return fresh


def without_secrets(
    streams: tuple[StreamAddress, ...], credential: Credential | None
) -> tuple[tuple[StreamAddress, ...], Credential | None]:
    """The streams with their paths clean, and the credential, which may have been in a path. Raises ``Invalid``."""
    clean: list[StreamAddress] = []
    for stream in streams:
        found = stream_paths.lifted(stream.path)
        clean.append(replace(stream, path=found.path))
        if found.password is None:
            continue
        named = Credential(found.username or (credential.username if credential else ""), found.password)
        if credential is not None and named != credential:
            raise Invalid("the path carries another user name or password than the fields for them", field="streams")
        credential = named
    return tuple(clean), credential


def check_gb_id(text: str | None) -> None:
    """Raises ``Invalid`` with what is wrong, in words for the parts of the id, if it cannot be a camera's."""
    found = [] if text is None else [part for part in gbid.wrong(text) if part not in gbid.DOUBTFUL]
    if text is not None and found:
        raise Invalid(
            f"this id of GB/T 28181 cannot be a camera's: its {found[0]} is wrong", field="gb_id", wrong=found
        )


def check_values(changes: Mapping[str, Any]) -> None:
    """Purposes and streams as they may be kept. Raises ``Invalid``."""
    if "purposes" in changes:
        wanted = set(changes["purposes"])
        if not wanted or not wanted <= purposes.CODES:
            raise Invalid("a camera needs at least one known purpose", field="purposes", known=sorted(purposes.CODES))
    for stream in changes.get("streams", ()):
        if (fault := stream_paths.fault(stream.path)) is not None:
            raise Invalid(fault, field="streams")
    kinds = [stream.kind for stream in changes.get("streams", ())]
    if len(kinds) != len(set(kinds)):
        raise Invalid("a camera has one main and one sub stream", field="streams")


async def check_manages(conn: AsyncConnection, caller: Caller, bare: CameraFacts, place: Place, at: datetime) -> None:
    """Raises ``Forbidden`` if the caller's grants do not let them manage a camera of which this is so at that place."""
    facts = await camera_ties.completed(conn, bare, place)
    held = await grants.for_operator(conn, caller.operator, at)
    if not permits(caller.operator, Action.MANAGE, facts, held, at).allowed:
        raise Forbidden("your grants do not let you manage such a camera")


async def check_references(
    conn: AsyncConnection, owner_id: str | None, maintainer_id: str | None, township_code: str | None
) -> None:
    """Raises ``Invalid`` if one of them is not known; None is not asked."""
    known_ids = {item.id for item in await organisations.every(conn)}
    for name, value in (("owner_id", owner_id), ("maintainer_id", maintainer_id)):
        if value is not None and value not in known_ids:
            raise Invalid("this organisation is not known", field=name)
    if township_code is not None and township_code not in {item.code for item in await places.every_township(conn)}:
        raise Invalid("this township is not known", field="township_code")


async def site_known(conn: AsyncConnection, caller: Caller, site_id: str, at: datetime) -> bool:
    """True if the site is the caller's organisation's, or one of the cameras they may list stands there."""
    found = next((item for item in await sites.every(conn) if item.id == site_id), None)
    if found is None:
        return False
    if found.organisation_id == caller.operator.organisation_id:
        return True
    held = await grants.for_operator(conn, caller.operator, at)
    there = [camera for camera in await cameras.every(conn) if camera.site_id == site_id]
    return any(permits(caller.operator, Action.LIST, camera.facts, held, at).allowed for camera in there)
