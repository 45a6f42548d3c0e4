"""Oversight: alerts, when each grant was last used, reviews of need, and the public figures."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Adds the tables; the uses of grants are those that the view records tell of."""
    op.create_table(
        "oversight_alerts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("figure", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger()),
        sa.Column("acknowledged_by", sa.String(36)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oversight_alerts"),
    )
    op.create_index("uq_oversight_alerts_key", "oversight_alerts", ["key"], unique=True)
    op.create_index("ix_oversight_alerts_at", "oversight_alerts", ["at", "id"])
    op.create_table(
        "grant_uses",
        sa.Column("grant_id", sa.String(36), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("grant_id", name="pk_grant_uses"),
    )
    op.execute(
        "INSERT INTO grant_uses (grant_id, last_used_at) "
        "SELECT grant_id, max(started_at) FROM view_records GROUP BY grant_id"
    )
    op.create_table(
        "need_reviews",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reviewed_by", sa.String(36), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], ondelete="CASCADE", name="fk_need_reviews_camera_id_cameras"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_need_reviews"),
    )
    op.create_index("ix_need_reviews_camera", "need_reviews", ["camera_id", "at"])
    op.create_table(
        "public_figures",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("exports", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("month", name="pk_public_figures"),
    )
