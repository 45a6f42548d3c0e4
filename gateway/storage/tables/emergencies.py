"""Emergencies, their steps and the grants they gave."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

emergencies = Table(
    "emergencies",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("scope_kind", String(16), nullable=False),
    Column("scope_id", String(64), nullable=False),
    Column("widened", JSON, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("lasts_seconds", Integer, nullable=False),
    Column("proposed_by", String(36), ForeignKey("operators.id"), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("approvers", JSON, nullable=False),
    Column("began_at", Moment),
    Column("ends_at", Moment),
    Column("ended_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_emergencies_state", "state", "ends_at"),
)

emergency_steps = Table(
    "emergency_steps",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("emergency_id", String(36), ForeignKey("emergencies.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(12), nullable=False),
    Column("operator_id", String(36), nullable=False),
    Column("until", Moment),
    Column("text", Text, nullable=False),
    Index("ix_emergency_steps_emergency", "emergency_id", "id"),
)

emergency_grants = Table(
    "emergency_grants",
    metadata,
    Column("emergency_id", String(36), ForeignKey("emergencies.id"), primary_key=True),
    Column("grant_id", String(36), primary_key=True),
)
