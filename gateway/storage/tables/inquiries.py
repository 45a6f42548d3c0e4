"""Inquiries of citizens, and what was done with them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

inquiries = Table(
    "inquiries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("asker", String(12), nullable=False),
    # What people typed is emptied when the law says so; the audit keeps a commitment to it and nothing else.
    Column("name", String(100), nullable=False),
    Column("contact", String(200), nullable=False),
    Column("place", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("cameras", JSON, nullable=False),
    Column("taken_by", String(36), ForeignKey("operators.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("appointed_at", Moment),
    Column("appointed_place", String(200), nullable=False),
    Column("reply", Text, nullable=False),
    Column("ended_at", Moment),
    Column("erased_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_inquiries_owner", "owner_id", "id"),
    Index("ix_inquiries_due", "due_at", "ended_at"),
)

inquiry_steps = Table(
    "inquiry_steps",
    metadata,
    Column("inquiry_id", String(36), ForeignKey("inquiries.id"), primary_key=True),
    # The version of the inquiry that the step made.
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("operator_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("move", String(12), nullable=False),
    Column("to_state", String(12), nullable=False),
    Column("why", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)
