"""What was changed in the files of cameras, recorders and sites, and what each day was like for each camera."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table

from gateway.storage.tables.columns import Moment, metadata

file_changes = Table(
    "file_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("noun", String(16), nullable=False),
    # No foreign key: the history outlives what it tells of.
    Column("object_id", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("field", String(48), nullable=False),
    Column("old", JSON(none_as_null=True)),
    Column("new", JSON(none_as_null=True)),
    Index("ix_file_changes_object", "noun", "object_id", "id"),
    Index("ix_file_changes_field", "field", "at"),
)

camera_days = Table(
    "camera_days",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("due", Float, nullable=False),
    Column("online", Float, nullable=False),
    Column("good", Float, nullable=False),
    Index("ix_camera_days_day", "day"),
)

counted_days = Table(
    "counted_days",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("counted_at", Moment, nullable=False),
)
