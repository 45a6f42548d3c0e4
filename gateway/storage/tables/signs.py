"""The signs that tell people of cameras."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from gateway.storage.tables.columns import Moment, metadata

camera_signs = Table(
    "camera_signs",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    # Days as ISO text, as everywhere in a camera's file: they sort and compare as days do.
    Column("put_up", String(10), nullable=False),
    Column("checked", String(10), nullable=False),
    Column("place", String(200), nullable=False),
    Column("state", String(12), nullable=False),
    Column("photo_id", String(36), ForeignKey("camera_documents.id")),
    Column("recorded_by", String(36), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, default=1),
)
