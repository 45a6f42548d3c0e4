"""Adding a recorder with its channels in one step: one address, one password, and a camera for every channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.cameras import Camera, CameraKind, Datum, Place, Recorder, Site, StreamAddress
from gateway.domain.filing import Filing
from gateway.domain.lifecycle import Lifecycle
from gateway.ports import Credential
from gateway.services import file_history, standing_denies
from gateway.services.editing import (
    check_manages,
    check_references,
    check_values,
    fresh_gb_ids,
    told_of,
    without_secrets,
)
from gateway.services.errors import Conflict, Invalid
from gateway.services.file_history import Pen, camera_fields, recorder_fields, site_fields
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
from gateway.storage import camera_ties, cameras, credentials, file_changes, recorders, sites
from gateway.storage.cameras import NewCamera


@dataclass(frozen=True, slots=True)
class NewChannel:
    """One channel to be added as a camera; what is None is as for the whole recorder."""

    channel: int
    name_zh: str
    streams: tuple[StreamAddress, ...]
    name_en: str = ""
    kind: CameraKind | None = None
    township_code: str | None = None
    purposes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewRecorder:
    """What somebody says of a recorder to be added, and what its cameras have in common."""

    name_zh: str
    host: str
    owner_id: str
    township_code: str
    kind: CameraKind
    purposes: tuple[str, ...]
    latitude: float
    longitude: float
    max_opens: int
    channels: tuple[NewChannel, ...]
    credential: Credential | None = None
    name_en: str = ""
    datum: Datum = Datum.WGS84
    rtsp_port: int = 554
    onvif_port: int | None = None
    maintainer_id: str | None = None
    filing: Filing = field(default_factory=Filing)
    lifecycle: Lifecycle = Lifecycle.LIVE


@dataclass(frozen=True, slots=True)
class AddedChannel:
    """A camera that was added, and the channel it stands on."""

    id: str
    channel: int
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class AddedRecorder:
    """A recorder that was added, with its cameras."""

    id: str
    cameras: list[AddedChannel]


async def add(office: Office, caller: Caller, wish: NewRecorder) -> AddedRecorder:
    """Adds a recorder and a camera for each of its channels, all or nothing.

    Raises ``Forbidden`` if the caller may not manage one of the cameras, ``Invalid`` or ``Conflict``.
    """
    at = office.clock.now()
    wish = _clean(wish)
    recorder = _recorder(office, wish)
    site = Site(recorder.site_id, wish.name_zh, wish.name_en, wish.owner_id, _place(wish))
    try:
        async with office.store.begin() as conn:
            made = _cameras(office, wish, recorder, await fresh_gb_ids(conn, office.district, len(wish.channels)))
            await _check(conn, caller, made, at)
            refuse_unlawful(asdict(wish.filing))
            refuse_short_retention(wish.filing)
            for one in made:
                if must_be_whole(one):
                    refuse_lacking(await lacking(conn, one, wish.filing))
            await sites.replace(conn, [site])
            if wish.credential is not None:
                await credentials.replace(conn, office.box, recorder.id, wish.credential, at)
            await recorders.replace(conn, [recorder])
            await cameras.replace(conn, [NewCamera(one, _filing(wish, one)) for one in made], at)
            await _write_history(conn, Pen(caller.operator.id, at, "api"), wish, site, recorder, made)
            await _note(office, conn, caller, recorder, made, at)
    except Unlawful as problem:
        await note_refusal(office, caller, recorder.id, problem)
        raise
    except IntegrityError:
        raise Conflict("a recorder with this identity cannot be added") from None
    await told_of(office, *(camera.id for camera in made))
    added = [AddedChannel(one.id, one.channel or 0, one.name_zh, one.name_en) for one in made]
    return AddedRecorder(recorder.id, added)


def _clean(wish: NewRecorder) -> NewRecorder:
    """The wish with passwords out of its paths. Raises ``Invalid``."""
    numbers = [one.channel for one in wish.channels]
    if not numbers or len(numbers) != len(set(numbers)):
        raise Invalid("a recorder is added with at least one channel, and each of them once", field="channels")
    credential, channels = wish.credential, []
    for one in wish.channels:
        streams, credential = without_secrets(one.streams, credential)
        if not streams:
            raise Invalid("a channel needs the path of at least one stream", field="channels")
        check_values({"streams": streams, "purposes": one.purposes or wish.purposes})
        channels.append(replace(one, streams=streams))
    return replace(wish, channels=tuple(channels), credential=credential)


def _recorder(office: Office, wish: NewRecorder) -> Recorder:
    recorder_id = office.new_id()
    return Recorder(
        id=recorder_id,
        name_zh=wish.name_zh,
        name_en=wish.name_en,
        site_id=office.new_id(),
        owner_id=wish.owner_id,
        host=wish.host,
        rtsp_port=wish.rtsp_port,
        onvif_port=wish.onvif_port,
        credential_id=None if wish.credential is None else recorder_id,
        channels=max(one.channel for one in wish.channels),
        max_opens=wish.max_opens,
    )


def _cameras(office: Office, wish: NewRecorder, recorder: Recorder, gb_ids: Sequence[str]) -> list[Camera]:
    return [
        Camera(
            id=office.new_id(),
            gb_id=gb_id,
            name_zh=one.name_zh,
            name_en=one.name_en,
            kind=one.kind or wish.kind,
            owner_id=wish.owner_id,
            maintainer_id=wish.maintainer_id or wish.owner_id,
            township_code=one.township_code or wish.township_code,
            site_id=recorder.site_id,
            place=_place(wish),
            scheme="rtsp",
            host=recorder.host,
            rtsp_port=recorder.rtsp_port,
            onvif_port=recorder.onvif_port,
            credential_id=recorder.credential_id,
            streams=one.streams,
            purposes=one.purposes or wish.purposes,
            recorder_id=recorder.id,
            channel=one.channel,
            lifecycle=wish.lifecycle,
        )
        for one, gb_id in zip(wish.channels, gb_ids, strict=True)
    ]


def _filing(wish: NewRecorder, camera: Camera) -> Filing:
    return replace(wish.filing, civil_code=wish.filing.civil_code or camera.gb_id[:6])


async def _write_history(
    conn: AsyncConnection, pen: Pen, wish: NewRecorder, site: Site, recorder: Recorder, made: Sequence[Camera]
) -> None:
    lines = file_history.changes(pen, "site", site.id, None, site_fields(site))
    lines += file_history.changes(pen, "recorder", recorder.id, None, recorder_fields(recorder, None))
    for camera in made:
        lines += file_history.changes(pen, "camera", camera.id, None, camera_fields(camera, _filing(wish, camera)))
    await file_changes.insert(conn, lines)


def _place(wish: NewRecorder) -> Place:
    return Place(wish.latitude, wish.longitude, wish.datum)


async def _check(conn: AsyncConnection, caller: Caller, made: Sequence[Camera], at: datetime) -> None:
    for facts, place in {(camera.facts, camera.place) for camera in made}:
        await check_manages(conn, caller, facts, place, at)
    for camera in made:
        facts = await camera_ties.completed(conn, camera.facts, camera.place)
        await standing_denies.check_device(conn, caller, camera.host, facts, at)
    for owner, maintainer, township in {(one.owner_id, one.maintainer_id, one.township_code) for one in made}:
        await check_references(conn, owner, maintainer, township)


async def _note(
    office: Office, conn: AsyncConnection, caller: Caller, recorder: Recorder, made: Sequence[Camera], at: datetime
) -> None:
    who = caller.operator.id
    owner = recorder.owner_id
    await office.note(conn, at, who, "add_recorder", "recorder", recorder.id, owner=owner, cameras=len(made))
    for camera in made:
        await office.note(conn, at, who, "add_camera", "camera", camera.id, owner=owner, recorder=recorder.id)
