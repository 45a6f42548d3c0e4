"""Notices: what people are told, and who has seen it."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.tables import Moment

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds notices and notices_seen."""
    op.create_table(
        "notices",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("recipient_kind", sa.String(16), nullable=False),
        sa.Column("recipient_id", sa.String(36), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("object_kind", sa.String(24), nullable=False),
        sa.Column("object_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.UniqueConstraint(
            "kind", "object_kind", "object_id", "recipient_kind", "recipient_id", "role", "key", name="uq_notices_once"
        ),
    )
    op.create_index("ix_notices_recipient", "notices", ["recipient_kind", "recipient_id", "id"])
    op.create_index("ix_notices_at", "notices", ["at"])
    op.create_table(
        "notices_seen",
        sa.Column("notice_id", sa.String(36), sa.ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("operator_id", sa.String(36), sa.ForeignKey("operators.id"), primary_key=True),
        sa.Column("seen_at", Moment(), nullable=False),
    )
