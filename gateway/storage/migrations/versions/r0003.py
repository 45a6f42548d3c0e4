"""What people typed is kept apart from the audit chain, so that it can be erased without breaking the proof."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds audit_texts."""
    op.create_table(
        "audit_texts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("chain", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(32), nullable=False),
        sa.Column("salt", sa.LargeBinary()),
        sa.Column("text", sa.Text()),
        sa.Column("erased_at", sa.BigInteger()),
        sa.Column("erased_by", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_texts"),
    )
    op.create_index("ix_audit_texts_entry", "audit_texts", ["chain", "seq", "field"], unique=True)
