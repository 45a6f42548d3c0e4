"""Retention: the class of cameras, legal holds, and receipts of deletions."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Adds the retention class, legal_holds and deletion_receipts."""
    kind = sa.Column("retention_class", sa.String(12), nullable=False, server_default="ordinary")
    op.add_column("cameras", kind)
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(36)),
        sa.Column("since", sa.BigInteger()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("letter", sa.String(128), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("requested_by", sa.String(36), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(36)),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("wish", sa.String(8), nullable=False),
        sa.Column("wish_ends_at", sa.BigInteger()),
        sa.Column("wish_reason", sa.Text(), nullable=False),
        sa.Column("wish_by", sa.String(36)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_legal_holds_camera_id_cameras")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_legal_holds_event_id_events")),
        sa.ForeignKeyConstraint(["requested_by"], ["operators.id"], name=op.f("fk_legal_holds_requested_by_operators")),
        sa.ForeignKeyConstraint(["decided_by"], ["operators.id"], name=op.f("fk_legal_holds_decided_by_operators")),
        sa.ForeignKeyConstraint(["wish_by"], ["operators.id"], name=op.f("fk_legal_holds_wish_by_operators")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index("ix_legal_holds_camera", "legal_holds", ["camera_id", "state", "ends_at"])
    op.create_table(
        "deletion_receipts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("object_id", sa.String(64), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(24), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_receipts")),
    )
    op.create_index("ix_deletion_receipts_camera", "deletion_receipts", ["camera_id", "id"])
