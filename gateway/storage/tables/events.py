"""Events, the candidates they make, and their evidence."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.storage.tables.columns import Moment, metadata

events = Table(
    "events",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id"), nullable=False),
    Column("rule_id", String(64), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("fault", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("extends_id", String(36)),
    Column("opened_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("picture_at", Moment, nullable=False),
    Column("accepted_at", Moment, nullable=False),
    Column("box", JSON, nullable=False),
    Column("measure", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("why", JSON, nullable=False),
    Column("worker_id", String(64), nullable=False),
    Index("ix_events_open", "camera_id", "rule_id", "state"),
    Index("ix_events_opened", "opened_at"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False, unique=True),
    Column("camera_id", String(64), ForeignKey("cameras.id"), nullable=False),
    Column("township_code", String(9), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(36)),
    Column("decision_reason", Text),
    Column("category", String(10)),
    Column("ticket_id", String(36)),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_candidates_state", "state", "created_at", "id"),
    Index("ix_candidates_camera", "camera_id", "created_at"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("path", String(512), nullable=False, default=""),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("sha256", String(64), nullable=False, default=""),
    Column("missing_reason", String(256), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    UniqueConstraint("event_id", "kind", name="uq_evidence_event"),
    Index("ix_evidence_expires", "expires_at"),
)
