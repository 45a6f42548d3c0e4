"""Sites, recorders and cameras: the catalogue's nouns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.grants import CameraFacts
from gateway.domain.lifecycle import SERVED, Lifecycle
from gateway.domain.packets import StreamKind


class CameraKind(StrEnum):
    """What a camera looks at (the sample's shares: domain notes 5.3)."""

    JUNCTION = "junction"
    ROAD = "road"
    SQUARE = "square"
    MARKET = "market"
    SCHOOL_GATE = "school_gate"
    HOSPITAL_GATE = "hospital_gate"
    WATER = "water"
    CONSTRUCTION = "construction"
    REFUSE = "refuse"
    STATION = "station"
    OVERVIEW = "overview"


class CameraState(StrEnum):
    """What the gateway knows of a camera's main working stream."""

    UNKNOWN = "unknown"
    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"
    """Not reachable, or silent: retried with growing pauses."""
    REFUSED = "refused"
    """The device does not take the password: retried slowly, or it would lock the account."""
    FAULTY = "faulty"
    """Online, but its picture is not usable (frozen, black, covered, defocused, moved)."""
    DISABLED = "disabled"


class Datum(StrEnum):
    """The geodetic datum of a pair of coordinates."""

    WGS84 = "WGS-84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ-02"


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the ground, degrees."""

    latitude: float
    longitude: float
    datum: Datum = Datum.WGS84


@dataclass(frozen=True, slots=True)
class Site:
    """A place behind one network link."""

    id: str
    name_zh: str
    name_en: str
    organisation_id: str
    place: Place
    link_mbps: float | None = None


@dataclass(frozen=True, slots=True)
class Recorder:
    """An NVR or DVR: one address, one credential, one clock, one limit of parallel opens, N channels."""

    id: str
    name_zh: str
    name_en: str
    site_id: str
    owner_id: str
    host: str
    rtsp_port: int
    onvif_port: int | None
    credential_id: str | None
    channels: int
    max_opens: int


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """Where one stream of a camera is: path and query of its RTSP address, never a password."""

    kind: StreamKind
    path: str
    transport: str = "tcp"


@dataclass(frozen=True, slots=True)
class Ties:
    """What other rows say of a camera and grants can point at: the organisations above its owner and its maintainer,
    the groups it is in and the areas it stands in.
    """

    owner_above: frozenset[str] = frozenset()
    maintainer_above: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Camera:
    """A stand-alone camera or one channel of a recorder.

    ``host`` and the ports are the recorder's when ``recorder_id`` is set. ``scheme`` is "rtsp" (the stream paths are
    known) or "onvif" (they are asked of the device).
    """

    id: str
    gb_id: str
    name_zh: str
    name_en: str
    kind: CameraKind
    owner_id: str
    maintainer_id: str
    township_code: str
    site_id: str
    place: Place
    scheme: str
    host: str
    rtsp_port: int
    onvif_port: int | None
    credential_id: str | None
    streams: tuple[StreamAddress, ...]
    purposes: tuple[str, ...]
    recorder_id: str | None = None
    channel: int | None = None
    enabled: bool = True
    ties: Ties = field(default=Ties(), compare=False)
    """Not part of its file: storage fills it in with every read."""
    lifecycle: Lifecycle = Lifecycle.LIVE

    @property
    def served(self) -> bool:
        """True if it is pulled and may be watched."""
        return self.enabled and self.lifecycle in SERVED

    @property
    def facts(self) -> CameraFacts:
        """What grants can point at."""
        return CameraFacts(
            self.id,
            self.owner_id,
            self.maintainer_id,
            self.township_code,
            self.kind,
            self.recorder_id,
            self.ties.owner_above,
            self.ties.maintainer_above,
            self.ties.groups,
            self.ties.areas,
        )
