"""What each day was like for each camera, so that trends need not read the whole history."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds camera_days and counted_days, and an index to find what went on within a period."""
    op.create_table(
        "camera_days",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("online", sa.Float(), nullable=False),
        sa.Column("good", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_days_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("camera_id", "day", name=op.f("pk_camera_days")),
    )
    op.create_index("ix_camera_days_day", "camera_days", ["day"])
    op.create_table(
        "counted_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_counted_days")),
    )
    op.create_index("ix_status_history_ended", "status_history", ["ended_at"])
