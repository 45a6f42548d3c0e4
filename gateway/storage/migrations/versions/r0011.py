"""The life of a camera: where it is in it, what the law asks of its place, and the documents in its file."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds columns to cameras and the table of documents; ends the state of cameras that are switched off."""
    op.add_column("cameras", sa.Column("place_type", sa.String(24), nullable=False, server_default="other_public"))
    op.add_column("cameras", sa.Column("secret_adjacent", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("cameras", sa.Column("function_type", sa.String(32), nullable=False, server_default=""))
    op.add_column("cameras", sa.Column("lifecycle", sa.String(16), nullable=False, server_default="live"))
    op.add_column("cameras", sa.Column("lifecycle_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("cameras", sa.Column("works_until", sa.BigInteger(), nullable=True))
    op.drop_index("ix_cameras_name", table_name="cameras")
    op.create_index("ix_cameras_name", "cameras", ["name_zh", "id", "search", "lifecycle"])
    op.create_table(
        "camera_documents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("path", sa.String(length=256), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["camera_id"], ["cameras.id"], name=op.f("fk_camera_documents_camera_id_cameras")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_documents")),
    )
    op.create_index("ix_camera_documents_camera", "camera_documents", ["camera_id", "id"])
    # What is switched off has no state any more: from its last change on, statistics leave it out.
    off = "SELECT id FROM cameras WHERE NOT enabled"
    op.execute(
        "UPDATE status_history SET ended_at = (SELECT updated_at FROM cameras WHERE cameras.id = camera_id) "
        f"WHERE ended_at IS NULL AND camera_id IN ({off})"
    )
    op.execute(
        "INSERT INTO status_history (camera_id, state, began_at) "
        "SELECT id, 'disabled', updated_at FROM cameras WHERE NOT enabled"
    )
    op.execute(f"UPDATE camera_status SET state = 'disabled' WHERE camera_id IN ({off})")
