"""Cameras as a reader sees them: as much of the file as the reader's grants allow, and never a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from gateway.domain.actions import Action
from gateway.domain.cameras import Camera
from gateway.domain.datum import wgs84
from gateway.domain.filing import Filing
from gateway.domain.grants import Grant, Held, permits
from gateway.domain.lifecycle import Lifecycle
from gateway.domain.operators import Operator
from gateway.storage.camera_lists import CameraListed
from gateway.storage.cameras import CameraFile
from gateway.storage.status import CameraStatus


@dataclass(frozen=True, slots=True)
class CameraSummary:
    """A camera as a list shows it. Who may only know that it exists sees name and place; the rest is None or empty."""

    id: str
    gb_id: str | None
    name_zh: str
    name_en: str
    kind: str | None
    owner_id: str | None
    owner_name_zh: str | None
    owner_name_en: str | None
    township_code: str
    site_id: str | None
    recorder_id: str | None
    channel: int | None
    latitude: float
    longitude: float
    datum: str
    wgs84_latitude: float
    wgs84_longitude: float
    lifecycle: Lifecycle | None
    state: str
    state_reason: str
    state_since: datetime | None
    purposes: list[str]
    actions: list[Action]
    sample: bool


@dataclass(frozen=True, slots=True)
class StreamView:
    """One stream: its address for who may manage the camera, and how it is fetched."""

    kind: str
    path: str | None
    transport: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the worker last said of the camera's working stream."""

    codec: str
    width: int | None
    height: int | None
    fps: float | None
    kbps: float | None
    shed: str
    clock_offset: float | None
    """By how many seconds the device's clock was ahead when it last told its time; None if it never did."""
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CameraDetail(CameraSummary):
    """A camera's whole file. The address is None for who may not manage the camera."""

    maintainer_id: str | None
    maintainer_name_zh: str | None
    maintainer_name_en: str | None
    enabled: bool | None
    scheme: str | None
    host: str | None
    rtsp_port: int | None
    onvif_port: int | None
    username: str | None
    streams: list[StreamView]
    filing: Filing | None
    status: StatusView | None
    lifecycle_reason: str | None
    works_until: datetime | None
    lacking: list[str]
    version: int | None
    created_at: datetime | None
    updated_at: datetime | None


def permitted(operator: Operator, camera: Camera, held: Sequence[Grant], at: datetime) -> list[Action]:
    """What the operator may do with the camera now."""
    facts, ceiling = camera.facts, operator.ceiling
    near = held.reaching(facts) if isinstance(held, Held) else held
    return [action for action in Action if action in ceiling and permits(operator, action, facts, near, at).allowed]


class Permissions:
    """What one operator may do with each of many cameras at one time.

    Cameras that the same grants reach are decided once: in a list they are most.
    """

    def __init__(self, operator: Operator, held: Held, at: datetime) -> None:
        self._operator, self._held, self._at = operator, held, at
        self._decided: dict[tuple[str, ...], list[Action]] = {}

    def of(self, camera: Camera) -> list[Action]:
        """The actions, in their order."""
        near = self._held.reaching(camera.facts)
        key = tuple(grant.id for grant in near)
        if key not in self._decided:
            self._decided[key] = permitted(self._operator, camera, near, self._at)
        return self._decided[key]

    def summary(self, listed: CameraListed) -> CameraSummary:
        """The camera as a list shows it to the operator."""
        return summary(listed, self.of(listed.camera))


def summary(listed: CameraListed, actions: list[Action]) -> CameraSummary:
    """The camera as a list shows it to somebody who may do those actions."""
    camera, whole = listed.camera, Action.LIST in actions
    on_map = wgs84(camera.place)
    return CameraSummary(
        id=camera.id,
        gb_id=camera.gb_id if whole else None,
        name_zh=camera.name_zh,
        name_en=camera.name_en,
        kind=camera.kind.value if whole else None,
        owner_id=camera.owner_id if whole else None,
        owner_name_zh=listed.owner_name_zh if whole else None,
        owner_name_en=listed.owner_name_en if whole else None,
        township_code=camera.township_code,
        site_id=camera.site_id if whole else None,
        recorder_id=camera.recorder_id if whole else None,
        channel=camera.channel if whole else None,
        latitude=camera.place.latitude,
        longitude=camera.place.longitude,
        datum=camera.place.datum.value,
        wgs84_latitude=on_map.latitude,
        wgs84_longitude=on_map.longitude,
        lifecycle=camera.lifecycle if whole else None,
        state=listed.state.value if whole else "unknown",
        state_reason=listed.state_reason if whole else "",
        state_since=listed.state_since if whole else None,
        purposes=list(camera.purposes) if whole else [],
        actions=actions,
        sample=listed.sample,
    )


def detail(
    file: CameraFile,
    listed: CameraListed,
    status: CameraStatus | None,
    maintainer: tuple[str, str],
    username: str | None,
    actions: list[Action],
    lacking: Sequence[str] = (),
) -> CameraDetail:
    """The camera's file for somebody who may do those actions; ``lacking`` is what it needs before it may go live."""
    camera, whole, manages = file.camera, Action.LIST in actions, Action.MANAGE in actions
    shown = summary(listed, actions)
    return CameraDetail(
        **{name: getattr(shown, name) for name in CameraSummary.__dataclass_fields__},
        maintainer_id=camera.maintainer_id if whole else None,
        maintainer_name_zh=maintainer[0] if whole else None,
        maintainer_name_en=maintainer[1] if whole else None,
        enabled=camera.enabled if whole else None,
        scheme=camera.scheme if manages else None,
        host=camera.host if manages else None,
        rtsp_port=camera.rtsp_port if manages else None,
        onvif_port=camera.onvif_port if manages else None,
        username=username if manages else None,
        streams=[StreamView(s.kind.value, s.path if manages else None, s.transport) for s in camera.streams]
        if whole
        else [],
        filing=file.filing if whole else None,
        status=_status(status) if whole and status is not None else None,
        lifecycle_reason=file.lifecycle_reason if whole else None,
        works_until=file.works_until if whole else None,
        lacking=list(lacking) if manages else [],
        version=file.version if whole else None,
        created_at=file.created_at if whole else None,
        updated_at=file.updated_at if whole else None,
    )


def _status(status: CameraStatus) -> StatusView:
    known = asdict(status)
    return StatusView(**{name: known[name] for name in StatusView.__dataclass_fields__})
