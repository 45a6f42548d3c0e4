"""Requests for exports, their parts, files, signatures and steps."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.tables import Moment

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Adds the tables of exports."""
    op.create_table(
        "exports",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("asker_id", sa.String(36), sa.ForeignKey("operators.id"), nullable=False),
        sa.Column("organisation_id", sa.String(32), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("variant", sa.String(12), nullable=False),
        sa.Column("span_from", Moment(), nullable=False),
        sa.Column("span_to", Moment(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("receiver", sa.String(200), nullable=False),
        sa.Column("letter", sa.String(128), nullable=False),
        sa.Column("ticket_id", sa.String(36)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("approved_at", Moment()),
        sa.Column("expires_at", Moment()),
        sa.Column("file", sa.String(256), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("problem", sa.String(256), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_exports_state", "exports", ["state", "expires_at"])
    op.create_index("ix_exports_asker", "exports", ["asker_id", "id"])
    op.create_table(
        "export_parts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("export_id", sa.String(36), sa.ForeignKey("exports.id"), nullable=False),
        sa.Column("owner_id", sa.String(32), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("cameras", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", Moment()),
        sa.Column("decided_by", sa.String(36)),
    )
    op.create_index("uq_export_parts_owner", "export_parts", ["export_id", "owner_id"], unique=True)
    op.create_table(
        "export_items",
        sa.Column("export_id", sa.String(36), sa.ForeignKey("exports.id"), primary_key=True),
        sa.Column("event_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("regions", sa.JSON),
        sa.Column("drawn_by", sa.String(36)),
        sa.Column("drawn_at", Moment()),
    )
    op.create_table(
        "export_signatures",
        sa.Column("export_id", sa.String(36), sa.ForeignKey("exports.id"), primary_key=True),
        sa.Column("operator_id", sa.String(36), primary_key=True),
        sa.Column("at", Moment(), nullable=False),
    )
    op.create_table(
        "export_steps",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("export_id", sa.String(36), sa.ForeignKey("exports.id"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(32)),
    )
    op.create_index("ix_export_steps_export", "export_steps", ["export_id", "id"])
