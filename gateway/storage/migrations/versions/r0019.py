"""Tasks to file a change, and the index that finds changes by their field."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Adds filing_tasks."""
    op.create_table(
        "filing_tasks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("first_change", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_filing_tasks_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_tasks")),
        sa.UniqueConstraint("camera_id", "first_change", name="uq_filing_tasks_change"),
    )
    op.create_index("ix_filing_tasks_closed", "filing_tasks", ["closed_at", "camera_id"])
    op.create_index("ix_file_changes_field", "file_changes", ["field", "at"])
