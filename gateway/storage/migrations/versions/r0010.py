"""Requests for access, their parts by owner, what was said about them, and who stands in for whom."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.tables import Moment

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Adds the tables of requests and delegations."""
    op.create_table(
        "access_requests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("asker_id", sa.String(36), sa.ForeignKey("operators.id"), nullable=False),
        sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("grantee_kind", sa.String(16), nullable=False),
        sa.Column("grantee_id", sa.String(64), nullable=False),
        sa.Column("scope", sa.JSON, nullable=False),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("purposes", sa.JSON, nullable=False),
        sa.Column("not_before", Moment(), nullable=False),
        sa.Column("not_after", Moment(), nullable=False),
        sa.Column("hours", sa.JSON),
        sa.Column("conditions", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("letter", sa.String(128), nullable=False),
        sa.Column("ticket_id", sa.String(36)),
        sa.Column("extends", sa.String(36)),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("decide_by", Moment(), nullable=False),
        sa.Column("routed_at", Moment()),
        sa.Column("withdrawn_at", Moment()),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_access_requests_organisation", "access_requests", ["organisation_id", "id"])
    op.create_index("ix_access_requests_routed", "access_requests", ["routed_at", "id"])
    op.create_index("ix_access_requests_decide_by", "access_requests", ["decide_by"])
    op.create_table(
        "request_parts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("request_id", sa.String(36), sa.ForeignKey("access_requests.id"), nullable=False),
        sa.Column("owner_id", sa.String(32), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("decide_by", Moment(), nullable=False),
        sa.Column("actions", sa.JSON),
        sa.Column("purposes", sa.JSON),
        sa.Column("not_before", Moment()),
        sa.Column("not_after", Moment()),
        sa.Column("hours", sa.JSON),
        sa.Column("conditions", sa.JSON),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", Moment()),
        sa.Column("decided_by", sa.String(36)),
        sa.Column("decided_for", sa.String(36)),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("uq_request_parts_owner", "request_parts", ["request_id", "owner_id"], unique=True)
    op.create_index("ix_request_parts_owner", "request_parts", ["owner_id", "id"])
    op.create_index("ix_request_parts_state", "request_parts", ["state", "not_after"])
    op.create_table(
        "request_cameras",
        sa.Column("part_id", sa.String(36), sa.ForeignKey("request_parts.id"), primary_key=True),
        sa.Column("camera_id", sa.String(64), primary_key=True),
        sa.Column("grant_id", sa.String(36)),
    )
    op.create_index("ix_request_cameras_grant", "request_cameras", ["grant_id"])
    op.create_table(
        "request_lines",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("request_id", sa.String(36), sa.ForeignKey("access_requests.id"), nullable=False),
        sa.Column("part_id", sa.String(36), sa.ForeignKey("request_parts.id")),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("for_id", sa.String(36)),
        sa.Column("from_owner", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_request_lines_request", "request_lines", ["request_id", "id"])
    op.create_table(
        "delegations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("principal_id", sa.String(36), sa.ForeignKey("operators.id"), nullable=False),
        sa.Column("deputy_id", sa.String(36), sa.ForeignKey("operators.id"), nullable=False),
        sa.Column("not_before", Moment(), nullable=False),
        sa.Column("not_after", Moment(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment()),
    )
    op.create_index("ix_delegations_deputy", "delegations", ["deputy_id", "not_after"])
    op.create_index("ix_delegations_organisation", "delegations", ["organisation_id", "id"])
