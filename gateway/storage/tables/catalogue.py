"""Sites, recorders, cameras with their streams, and what is known of their state."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from gateway.storage.tables.columns import Moment, metadata

sites = Table(
    "sites",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("link_mbps", Float),
    Column("sample", Boolean, nullable=False, default=False),
)

recorders = Table(
    "recorders",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("gb_id", String(20), unique=True),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("rtsp_port", Integer, nullable=False, default=554),
    Column("onvif_port", Integer),
    Column("credential_id", String(64), ForeignKey("credentials.id")),
    Column("channels", Integer, nullable=False),
    Column("max_opens", Integer, nullable=False),
    Column("sample", Boolean, nullable=False, default=False),
)

cameras = Table(
    "cameras",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("gb_id", String(20), nullable=False, unique=True),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("initials", String(128), nullable=False, default=""),
    # Everything a list is searched by, lower case, in one column: one comparison a row instead of five.
    Column("search", Text, nullable=False, default="", server_default=""),
    Column("kind", String(24), nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("maintainer_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("township_code", String(9), nullable=False),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("recorder_id", String(64), ForeignKey("recorders.id")),
    Column("channel", Integer),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("azimuth", Float),
    Column("hfov", Float),
    Column("max_distance", Float),
    Column("scheme", String(8), nullable=False),
    Column("host", String(255), nullable=False, default=""),
    Column("rtsp_port", Integer, nullable=False, default=554),
    Column("onvif_port", Integer),
    Column("credential_id", String(64), ForeignKey("credentials.id")),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("purposes", JSON, nullable=False),
    Column("regime", String(16), nullable=False, default="art7"),
    Column("need_statement", Text, nullable=False, default=""),
    # GB/T 28181-2022 catalogue fields that filing needs (Annex A.2.1.9)
    Column("ptz_type", Integer, nullable=False, default=3),
    Column("point_type", Integer, nullable=False, default=3),
    Column("civil_code", String(8), nullable=False, default=""),
    Column("grassroots_code", String(6), nullable=False, default="000000"),
    Column("management_unit", String(128), nullable=False, default=""),
    Column("contact_info", String(128), nullable=False, default=""),
    Column("record_save_days", Integer, nullable=False, default=30),
    Column("install_date", String(10), nullable=False, default=""),
    Column("filing_no", String(64), nullable=False, default=""),
    Column("filed_at", String(10), nullable=False, default=""),
    Column("sample", Boolean, nullable=False, default=False),
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("recorder_id", "channel", name="uq_cameras_channel"),
    Index("ix_cameras_owner", "owner_id", "id"),
    Index("ix_cameras_maintainer", "maintainer_id", "id"),
    Index("ix_cameras_township", "township_code", "id"),
    Index("ix_cameras_kind", "kind", "id"),
    Index("ix_cameras_name", "name_zh", "id", "search"),
    # A user with few grants reads one of these per grant, in the order of the list, and stops at the page's end.
    Index("ix_cameras_owner_name", "owner_id", "name_zh", "id"),
    Index("ix_cameras_maintainer_name", "maintainer_id", "name_zh", "id"),
    Index("ix_cameras_township_name", "township_code", "name_zh", "id"),
    Index("ix_cameras_kind_name", "kind", "name_zh", "id"),
)

streams = Table(
    "streams",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("path", String(512), nullable=False),
    Column("transport", String(8), nullable=False, default="tcp"),
)

camera_status = Table(
    "camera_status",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(256), nullable=False, default=""),
    Column("since", Moment, nullable=False),
    Column("worker_id", String(64)),
    Column("codec", String(16), nullable=False, default=""),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Float),
    Column("kbps", Float),
    Column("shed", String(16), nullable=False, default=""),
    Column("updated_at", Moment, nullable=False),
    Index("ix_camera_status_state", "state"),
)

status_history = Table(
    "status_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_status_history_camera", "camera_id", "began_at"),
)
