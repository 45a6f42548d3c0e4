"""The audit: its lines, the texts typed into them, its signed roots and what its verifications found.

Triggers in the migrations refuse to change or delete a line or a root: a first hurdle, for the proof is the chain.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, LargeBinary, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("chain", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("action", String(48), nullable=False),
    Column("object_kind", String(24), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_entries_at", "at"),
    Index("ix_audit_entries_object", "object_kind", "object_id"),
)

audit_texts = Table(
    "audit_texts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("chain", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("field", String(32), nullable=False),
    Column("salt", LargeBinary),
    Column("text", Text),
    Column("erased_at", Moment),
    Column("erased_by", String(36)),
    Index("ix_audit_texts_entry", "chain", "seq", "field", unique=True),
)

audit_roots = Table(
    "audit_roots",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("day", String(10)),
    Column("at", Moment, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Index("ix_audit_roots_day", "day", unique=True),
)

audit_checks = Table(
    "audit_checks",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("checked_by", String(36), nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("roots", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("findings", JSON, nullable=False),
    Index("ix_audit_checks_at", "at"),
)
