"""The catalogue's columns as one table of data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.domain.cameras import CameraKind, Datum
from gateway.domain.lifecycle import REGIMES, Lifecycle
from gateway.domain.organisations import OrganisationKind
from gateway.domain.place_types import PlaceType
from gateway.domain.retention import RetentionClass
from gateway.services.catalogue_cells import day, flag, gb_id, host, number, one_of, path, purposes, secret, text, whole


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, the check that turns a raw cell into a value, and what an empty cell means."""

    name: str
    check: Callable[[Any], Any]
    required: bool = False
    default: Any = None


_ID = text(64, r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, dots, hyphens and underscores only")
_ORGANISATION = text(32, r"[A-Za-z0-9][A-Za-z0-9._-]*", "letters, digits, dots, hyphens and underscores only")
_TOWNSHIP = text(9, r"\d{9}", "the township's 9 digits")
_DATUM = one_of(*(datum.value for datum in Datum))
_PORT = whole(1, 65535)
_NAME = text(128)

_PLACE = (
    Column("latitude", number(-90, 90), required=True),
    Column("longitude", number(-180, 180), required=True),
    Column("datum", _DATUM, default=Datum.WGS84.value),
)
_NAMES = (Column("name_zh", _NAME, required=True), Column("name_en", _NAME, default=""))
_SAMPLE = Column("sample", flag, default=False)
_CREDENTIAL = (Column("username", secret(128)), Column("password", secret(256)), Column("secret_from", secret(64)))

COLUMNS: dict[str, tuple[Column, ...]] = {
    "organisations": (
        Column("id", _ORGANISATION, required=True),
        Column("kind", one_of(*(kind.value for kind in OrganisationKind)), required=True),
        *_NAMES,
        Column("parent_id", _ORGANISATION),
        Column("township_code", _TOWNSHIP),
        _SAMPLE,
    ),
    "sites": (
        Column("id", _ID, required=True),
        *_NAMES,
        Column("organisation_id", _ORGANISATION, required=True),
        *_PLACE,
        Column("link_mbps", number(0, 1_000_000)),
        _SAMPLE,
    ),
    "recorders": (
        Column("id", _ID, required=True),
        Column("gb_id", gb_id),
        *_NAMES,
        Column("site_id", _ID, required=True),
        Column("owner_id", _ORGANISATION, required=True),
        Column("host", host, required=True),
        Column("rtsp_port", _PORT, default=554),
        Column("onvif_port", _PORT),
        *_CREDENTIAL,
        Column("channels", whole(1, 1024), required=True),
        Column("max_opens", whole(1, 4096)),
        _SAMPLE,
    ),
    "cameras": (
        Column("id", _ID, required=True),
        Column("gb_id", gb_id, required=True),
        *_NAMES,
        Column("kind", one_of(*(kind.value for kind in CameraKind)), required=True),
        Column("owner_id", _ORGANISATION, required=True),
        Column("maintainer_id", _ORGANISATION),
        Column("township_code", _TOWNSHIP, required=True),
        Column("site_id", _ID),
        Column("recorder_id", _ID),
        Column("channel", whole(1, 1024)),
        *_PLACE,
        Column("azimuth", number(0, 360)),
        Column("hfov", number(0, 360)),
        Column("max_distance", number(0, 100_000)),
        Column("scheme", one_of("rtsp", "onvif"), default="rtsp"),
        Column("host", host),
        Column("rtsp_port", _PORT, default=554),
        Column("onvif_port", _PORT),
        *_CREDENTIAL,
        Column("main_path", path),
        Column("main_transport", one_of("tcp", "udp"), default="tcp"),
        Column("sub_path", path),
        Column("sub_transport", one_of("tcp", "udp"), default="tcp"),
        Column("enabled", flag, default=True),
        Column("purposes", purposes, default=()),
        Column("regime", one_of(*REGIMES), default="art7"),
        Column("need_statement", text(2000, lines=True), default=""),
        Column("ptz_type", whole(0, 99), default=3),
        Column("point_type", whole(0, 99), default=3),
        Column("civil_code", text(8, r"\d{2,8}", "2 to 8 digits")),
        Column("grassroots_code", text(6, r"\d{6}", "6 digits"), default="000000"),
        Column("management_unit", _NAME, default=""),
        Column("contact_info", _NAME, default=""),
        Column("record_save_days", whole(0, 3660), default=30),
        Column("retention_class", one_of(*RetentionClass), default=RetentionClass.ORDINARY.value),
        Column("install_date", day, default=""),
        Column("filing_no", text(64), default=""),
        Column("filed_at", day, default=""),
        Column("place_type", one_of(*(place.value for place in PlaceType)), default=PlaceType.OTHER_PUBLIC.value),
        Column("secret_adjacent", flag, default=False),
        Column("function_type", text(32, r"\d{1,2}(/\d{1,2})*", "codes with / between them"), default=""),
        Column("lifecycle", one_of(*(state.value for state in Lifecycle))),
        _SAMPLE,
    ),
}
"""Every noun that a file can hold, in the order in which they are stored."""
