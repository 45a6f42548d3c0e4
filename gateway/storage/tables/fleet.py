"""Leases, workers, and which worker has which camera."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from gateway.storage.tables.columns import Moment, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("address", String(255), nullable=False),
    Column("seen_at", Moment),
    Column("seen_by", String(64)),
    Column("cameras", Integer, nullable=False, default=0),
)

assignments = Table(
    "assignments",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("worker_id", String(64), nullable=False),
    Column("assigned_at", Moment, nullable=False),
    Index("ix_assignments_worker", "worker_id"),
)
