"""Townships, grids and the categories of what happens there."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table

from gateway.storage.tables.columns import metadata

townships = Table(
    "townships",
    metadata,
    Column("code", String(9), primary_key=True),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("polygon", JSON, nullable=False),
    Column("sample", Boolean, nullable=False, default=False),
)

grids = Table(
    "grids",
    metadata,
    Column("code", String(15), primary_key=True),
    Column("township_code", String(9), ForeignKey("townships.code"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("polygon", JSON, nullable=False),
    Column("min_latitude", Float, nullable=False),
    Column("max_latitude", Float, nullable=False),
    Column("min_longitude", Float, nullable=False),
    Column("max_longitude", Float, nullable=False),
    Column("member_id", String(36)),
    Column("sample", Boolean, nullable=False, default=False),
    Index("ix_grids_township", "township_code"),
)

categories = Table(
    "categories",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("major", String(2), nullable=False),
    Column("major_zh", String(32), nullable=False),
    Column("major_en", String(64), nullable=False),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(96), nullable=False),
    Column("clock", String(16), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("from_video", Boolean, nullable=False, default=True),
)
