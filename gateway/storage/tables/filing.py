"""Filings that must be made again because a filed camera changed."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from gateway.storage.tables.columns import Moment, metadata

filing_tasks = Table(
    "filing_tasks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), nullable=False),
    # The line of the file's history that began it: two gateways that look at once open one task.
    Column("first_change", Integer, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("closed_at", Moment),
    UniqueConstraint("camera_id", "first_change", name="uq_filing_tasks_change"),
    Index("ix_filing_tasks_closed", "closed_at", "camera_id"),
)
