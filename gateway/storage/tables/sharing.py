"""Grants, the epochs that tell of their change, and the records of who saw what, and for how long."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from gateway.storage.tables.columns import Moment, metadata

grants = Table(
    "grants",
    metadata,
    Column("id", String(36), primary_key=True),
    # What people call it: 17 is shown as G17.
    Column("number", Integer, nullable=False, server_default="0"),
    Column("effect", String(8), nullable=False),
    Column("grantee_kind", String(16), nullable=False),
    Column("grantee_id", String(64), nullable=False),
    Column("grantee_within", String(32), nullable=False, default="", server_default=""),
    Column("includes_below", Boolean, nullable=False, default=False, server_default=false()),
    Column("target_kind", String(16), nullable=False),
    Column("target_id", String(64), nullable=False),
    Column("target_below", Boolean, nullable=False, default=False, server_default=false()),
    Column("actions", JSON, nullable=False),
    Column("purposes", JSON),
    Column("not_before", Moment, nullable=False),
    Column("not_after", Moment),
    Column("hours", JSON),
    Column("conditions", JSON, nullable=False, server_default="[]"),
    Column("granted_by", String(36), nullable=False),
    Column("giver_id", String(32), nullable=False, default="", server_default=""),
    Column("reason", Text, nullable=False),
    Column("policy", String(32), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_by", String(36)),
    Column("revoke_reason", Text),
    Index("ix_grants_number", "number", unique=True),
    Index("ix_grants_grantee", "grantee_kind", "grantee_id"),
    Index("ix_grants_target", "target_kind", "target_id"),
)

grant_actions = Table(
    "grant_actions",
    metadata,
    Column("grant_id", String(36), ForeignKey("grants.id", ondelete="CASCADE"), primary_key=True),
    Column("action", String(16), primary_key=True),
    Index("ix_grant_actions_action", "action", "grant_id"),
)

# On which grants a grant was given: it ends with any of them. What is given by right has no rows here.
grant_sources = Table(
    "grant_sources",
    metadata,
    Column("grant_id", String(36), ForeignKey("grants.id", ondelete="CASCADE"), primary_key=True),
    Column("source_id", String(36), ForeignKey("grants.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_grant_sources_source", "source_id", "grant_id"),
)

camera_groups = Table(
    "camera_groups",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("tags", JSON, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("created_by", String(36), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_camera_groups_owner", "owner_id", "id"),
)

group_cameras = Table(
    "group_cameras",
    metadata,
    Column("group_id", String(36), ForeignKey("camera_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_group_cameras_camera", "camera_id", "group_id"),
)

areas = Table(
    "areas",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("polygon", JSON, nullable=False),
    Column("min_latitude", Float, nullable=False),
    Column("max_latitude", Float, nullable=False),
    Column("min_longitude", Float, nullable=False),
    Column("max_longitude", Float, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_areas_owner", "owner_id", "id"),
)

# Which cameras stand in which area: worked out in the transaction that changes either, so that SQL does no geometry.
area_cameras = Table(
    "area_cameras",
    metadata,
    Column("area_id", String(36), ForeignKey("areas.id", ondelete="CASCADE"), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_area_cameras_camera", "camera_id", "area_id"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

view_records = Table(
    "view_records",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("session_id", String(36)),
    Column("camera_id", String(64), nullable=False),
    Column("action", String(16), nullable=False),
    Column("stream", String(8), nullable=False, default=""),
    Column("transport", String(16), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("ticket_id", String(36)),
    Column("grant_id", String(36), nullable=False),
    Column("remote", String(64), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("result", String(32), nullable=False, default="open"),
    Column("reason_salt", LargeBinary),
    Column("reason_seal", String(64), nullable=False, default=""),
    Column("begun_seq", BigInteger),
    Column("ended_seq", BigInteger),
    Index("ix_view_records_camera", "camera_id", "started_at"),
    Index("ix_view_records_operator", "operator_id", "started_at"),
    Index("ix_view_records_begun", "gateway_id", "begun_seq"),
    Index("ix_view_records_ended", "gateway_id", "ended_seq"),
    Index("ix_view_records_started", "started_at", "id"),
)
Index(
    "ix_view_records_open",
    view_records.c.gateway_id,
    sqlite_where=view_records.c.ended_at.is_(None),
    postgresql_where=view_records.c.ended_at.is_(None),
)

wall_views = Table(
    "wall_views",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("session_id", String(36)),
    Column("action", String(16), nullable=False),
    Column("transport", String(16), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("ticket_id", String(36)),
    Column("remote", String(64), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Index("ix_wall_views_operator", "operator_id", "started_at"),
    Index("ix_wall_views_started", "started_at", "id"),
)

# One camera on a wall or tour, for as long as it showed: as short a row as can be, there are many.
wall_spans = Table(
    "wall_spans",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("wall_id", String(36), ForeignKey("wall_views.id"), nullable=False),
    Column("camera_id", String(64), nullable=False),
    Column("stream", String(8), nullable=False, default=""),
    Column("grant_id", String(36), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("result", String(32), nullable=False, default="open"),
    Column("begun_seq", BigInteger),
    Column("ended_seq", BigInteger),
    Index("ix_wall_spans_camera", "camera_id", "started_at"),
    Index("ix_wall_spans_wall", "wall_id"),
    Index("ix_wall_spans_begun", "begun_seq"),
    Index("ix_wall_spans_ended", "ended_seq"),
)
Index(
    "ix_wall_spans_open",
    wall_spans.c.camera_id,
    sqlite_where=wall_spans.c.ended_at.is_(None),
    postgresql_where=wall_spans.c.ended_at.is_(None),
)
