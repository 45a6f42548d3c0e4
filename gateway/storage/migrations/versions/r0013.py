"""A wall is one view record with many short spans; records name the audit lines that cover them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds wall_views and wall_spans, and what binds view_records to the audit."""
    op.add_column("view_records", sa.Column("reason_salt", sa.LargeBinary()))
    op.add_column("view_records", sa.Column("reason_seal", sa.String(64), nullable=False, server_default=""))
    op.add_column("view_records", sa.Column("begun_seq", sa.BigInteger()))
    op.add_column("view_records", sa.Column("ended_seq", sa.BigInteger()))
    op.create_index("ix_view_records_begun", "view_records", ["gateway_id", "begun_seq"])
    op.create_index("ix_view_records_ended", "view_records", ["gateway_id", "ended_seq"])
    op.create_index("ix_view_records_started", "view_records", ["started_at", "id"])
    _create_open_index("view_records", "gateway_id")
    op.create_table(
        "wall_views",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("transport", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("ticket_id", sa.String(36)),
        sa.Column("remote", sa.String(64), nullable=False),
        sa.Column("gateway_id", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_wall_views"),
    )
    op.create_index("ix_wall_views_operator", "wall_views", ["operator_id", "started_at"])
    op.create_index("ix_wall_views_started", "wall_views", ["started_at", "id"])
    op.create_table(
        "wall_spans",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("wall_id", sa.String(36), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(8), nullable=False),
        sa.Column("grant_id", sa.String(36), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.String(32), nullable=False),
        sa.Column("begun_seq", sa.BigInteger()),
        sa.Column("ended_seq", sa.BigInteger()),
        sa.ForeignKeyConstraint(["wall_id"], ["wall_views.id"], name="fk_wall_spans_wall_id_wall_views"),
        sa.PrimaryKeyConstraint("id", name="pk_wall_spans"),
    )
    op.create_index("ix_wall_spans_camera", "wall_spans", ["camera_id", "started_at"])
    op.create_index("ix_wall_spans_wall", "wall_spans", ["wall_id"])
    op.create_index("ix_wall_spans_begun", "wall_spans", ["begun_seq"])
    op.create_index("ix_wall_spans_ended", "wall_spans", ["ended_seq"])
    _create_open_index("wall_spans", "camera_id")


def _create_open_index(table: str, column: str) -> None:
    running = sa.text("ended_at IS NULL")
    op.create_index(f"ix_{table}_open", table, [column], sqlite_where=running, postgresql_where=running)
