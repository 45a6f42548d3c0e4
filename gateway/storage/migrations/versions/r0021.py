"""The register of signs."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Adds camera_signs."""
    op.create_table(
        "camera_signs",
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("put_up", sa.String(10), nullable=False),
        sa.Column("checked", sa.String(10), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("photo_id", sa.String(36)),
        sa.Column("recorded_by", sa.String(36), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_signs_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["camera_documents.id"], name=op.f("fk_camera_signs_photo_id_camera_documents")
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_camera_signs")),
    )
