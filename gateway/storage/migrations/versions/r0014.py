"""Emergencies, their steps and the grants they gave."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.tables import Moment

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Adds the tables of emergencies."""
    op.create_table(
        "emergencies",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("scope_kind", sa.String(16), nullable=False),
        sa.Column("scope_id", sa.String(64), nullable=False),
        sa.Column("widened", sa.JSON, nullable=False),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("lasts_seconds", sa.Integer, nullable=False),
        sa.Column("proposed_by", sa.String(36), sa.ForeignKey("operators.id"), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("approvers", sa.JSON, nullable=False),
        sa.Column("began_at", Moment()),
        sa.Column("ends_at", Moment()),
        sa.Column("ended_at", Moment()),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_emergencies_state", "emergencies", ["state", "ends_at"])
    op.create_table(
        "emergency_steps",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("emergency_id", sa.String(36), sa.ForeignKey("emergencies.id"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("until", Moment()),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_emergency_steps_emergency", "emergency_steps", ["emergency_id", "id"])
    op.create_table(
        "emergency_grants",
        sa.Column("emergency_id", sa.String(36), sa.ForeignKey("emergencies.id"), primary_key=True),
        sa.Column("grant_id", sa.String(36), primary_key=True),
    )
