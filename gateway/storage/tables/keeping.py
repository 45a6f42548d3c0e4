"""What may not be deleted for now, and receipts of what was."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id"), nullable=False),
    Column("event_id", String(36), ForeignKey("events.id")),
    Column("since", Moment),
    Column("until", Moment),
    Column("reason", Text, nullable=False),
    Column("letter", String(128), nullable=False),
    Column("state", String(12), nullable=False),
    Column("requested_by", String(36), ForeignKey("operators.id"), nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("decided_by", String(36), ForeignKey("operators.id")),
    Column("decided_at", Moment),
    Column("ends_at", Moment, nullable=False),
    # What is asked for of a hold that stands: a later end or none of it, until a second person decides.
    Column("wish", String(8), nullable=False, default=""),
    Column("wish_ends_at", Moment),
    Column("wish_reason", Text, nullable=False, default=""),
    Column("wish_by", String(36), ForeignKey("operators.id")),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_legal_holds_camera", "camera_id", "state", "ends_at"),
)

deletion_receipts = Table(
    "deletion_receipts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("what", String(16), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("camera_id", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rule", String(24), nullable=False),
    Column("by", String(64), nullable=False),
    Index("ix_deletion_receipts_camera", "camera_id", "id"),
)
