"""Requests for access, their parts by owner, what was said about them, and who stands in for whom."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.storage.tables.columns import Moment, metadata

access_requests = Table(
    "access_requests",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("asker_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("grantee_kind", String(16), nullable=False),
    Column("grantee_id", String(64), nullable=False),
    Column("scope", JSON, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("purposes", JSON, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("not_after", Moment, nullable=False),
    Column("hours", JSON),
    Column("conditions", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("letter", String(128), nullable=False),
    Column("ticket_id", String(36)),
    Column("extends", String(36)),
    Column("created_at", Moment, nullable=False),
    Column("decide_by", Moment, nullable=False),
    # Blind requests are routed after they were answered, so that the time of the answer tells nothing.
    Column("routed_at", Moment),
    Column("withdrawn_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_access_requests_organisation", "organisation_id", "id"),
    Index("ix_access_requests_routed", "routed_at", "id"),
    Index("ix_access_requests_decide_by", "decide_by"),
)

request_parts = Table(
    "request_parts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("request_id", String(36), ForeignKey("access_requests.id"), nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("decide_by", Moment, nullable=False),
    Column("actions", JSON),
    Column("purposes", JSON),
    Column("not_before", Moment),
    Column("not_after", Moment),
    Column("hours", JSON),
    Column("conditions", JSON),
    Column("reason", Text, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(36)),
    Column("decided_for", String(36)),
    Column("version", Integer, nullable=False, default=1),
    Index("uq_request_parts_owner", "request_id", "owner_id", unique=True),
    Index("ix_request_parts_owner", "owner_id", "id"),
    Index("ix_request_parts_state", "state", "not_after"),
)

request_cameras = Table(
    "request_cameras",
    metadata,
    Column("part_id", String(36), ForeignKey("request_parts.id"), primary_key=True),
    Column("camera_id", String(64), primary_key=True),
    Column("grant_id", String(36)),
    Index("ix_request_cameras_grant", "grant_id"),
)

request_lines = Table(
    "request_lines",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("request_id", String(36), ForeignKey("access_requests.id"), nullable=False),
    Column("part_id", String(36), ForeignKey("request_parts.id")),
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("operator_id", String(36), nullable=False),
    Column("for_id", String(36)),
    Column("from_owner", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_request_lines_request", "request_id", "id"),
)

delegations = Table(
    "delegations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("principal_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("deputy_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("not_after", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_delegations_deputy", "deputy_id", "not_after"),
    Index("ix_delegations_organisation", "organisation_id", "id"),
)
