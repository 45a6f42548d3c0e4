"""Requests for exports: their parts by managing unit, their cameras, their files, their signatures and their steps."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

exports = Table(
    "exports",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("asker_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("variant", String(12), nullable=False),
    Column("span_from", Moment, nullable=False),
    Column("span_to", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("receiver", String(200), nullable=False),
    Column("letter", String(128), nullable=False),
    Column("ticket_id", String(36)),
    Column("state", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("approved_at", Moment),
    Column("expires_at", Moment),
    Column("file", String(256), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sealed", LargeBinary),
    Column("problem", String(256), nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_exports_state", "state", "expires_at"),
    Index("ix_exports_asker", "asker_id", "id"),
)

export_parts = Table(
    "export_parts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("export_id", String(36), ForeignKey("exports.id"), nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("cameras", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(36)),
    Column("decided_for", String(36)),
    Index("uq_export_parts_owner", "export_id", "owner_id", unique=True),
)

export_items = Table(
    "export_items",
    metadata,
    Column("export_id", String(36), ForeignKey("exports.id"), primary_key=True),
    Column("event_id", String(36), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("camera_id", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("regions", JSON),
    Column("drawn_by", String(36)),
    Column("drawn_at", Moment),
)

export_signatures = Table(
    "export_signatures",
    metadata,
    Column("export_id", String(36), ForeignKey("exports.id"), primary_key=True),
    Column("operator_id", String(36), primary_key=True),
    Column("at", Moment, nullable=False),
)

export_steps = Table(
    "export_steps",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("export_id", String(36), ForeignKey("exports.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("operator_id", String(36), nullable=False),
    # Of one unit's part alone, or of the whole with None.
    Column("owner_id", String(32)),
    Index("ix_export_steps_export", "export_id", "id"),
)
