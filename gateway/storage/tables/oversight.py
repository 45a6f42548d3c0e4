"""Oversight: alerts on unusual viewing, when each grant was last used, reviews of need, and the public figures."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

oversight_alerts = Table(
    "oversight_alerts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("key", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("operator_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("figure", Integer, nullable=False),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", String(36)),
    Column("note", Text, nullable=False, default=""),
    Index("uq_oversight_alerts_key", "key", unique=True),
    Index("ix_oversight_alerts_at", "at", "id"),
)

grant_uses = Table(
    "grant_uses",
    metadata,
    Column("grant_id", String(36), primary_key=True),
    Column("last_used_at", Moment, nullable=False),
)

need_reviews = Table(
    "need_reviews",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reviewed_by", String(36), nullable=False),
    Column("needed", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_need_reviews_camera", "camera_id", "at"),
)

public_figures = Table(
    "public_figures",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("views", Integer, nullable=False),
    Column("exports", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("counted_at", Moment, nullable=False),
)
