"""Tickets, their moves, photos and numbers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(8), nullable=False),
    Column("candidate_id", String(36), ForeignKey("candidates.id"), unique=True),
    Column("event_id", String(36), ForeignKey("events.id")),
    Column("camera_id", String(64), ForeignKey("cameras.id")),
    Column("category", String(10), nullable=False),
    Column("title", String(200), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("township_code", String(9), nullable=False),
    Column("grid_code", String(15)),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("handler_id", String(32)),
    Column("receiver_id", String(36)),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("rework_count", Integer, nullable=False, default=0),
    Column("created_by", String(36), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("deadline_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_tickets_state", "state", "deadline_at"),
    Index("ix_tickets_township", "township_code", "created_at"),
    Index("ix_tickets_created", "created_at", "id"),
)

ticket_moves = Table(
    "ticket_moves",
    metadata,
    Column("ticket_id", String(36), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("operation", String(16), nullable=False),
    Column("from_state", String(8), nullable=False),
    Column("to_state", String(8), nullable=False),
    Column("why", Text, nullable=False, default=""),
    Column("receiver_id", String(36)),
    Column("seconds_used", Float, nullable=False, default=0),
    Column("overdue", Boolean, nullable=False, default=False),
)

ticket_photos = Table(
    "ticket_photos",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("ticket_id", String(36), ForeignKey("tickets.id"), nullable=False),
    Column("move_seq", Integer),
    Column("path", String(512), nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("uploaded_by", String(36), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_ticket_photos_ticket", "ticket_id"),
)

ticket_numbers = Table(
    "ticket_numbers",
    metadata,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
    Column("salt", String(32)),
)
