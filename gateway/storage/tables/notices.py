"""Notices and who has seen them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table, UniqueConstraint

from gateway.storage.tables.columns import Moment, metadata

notices = Table(
    "notices",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("recipient_kind", String(16), nullable=False),
    Column("recipient_id", String(36), nullable=False),
    Column("role", String(24), nullable=False),
    Column("kind", String(48), nullable=False),
    Column("object_kind", String(24), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("detail", JSON, nullable=False),
    UniqueConstraint(
        "kind", "object_kind", "object_id", "recipient_kind", "recipient_id", "role", "key", name="uq_notices_once"
    ),
    Index("ix_notices_recipient", "recipient_kind", "recipient_id", "id"),
    Index("ix_notices_at", "at"),
)

notices_seen = Table(
    "notices_seen",
    metadata,
    Column("notice_id", String(36), ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), primary_key=True),
    Column("seen_at", Moment, nullable=False),
)
