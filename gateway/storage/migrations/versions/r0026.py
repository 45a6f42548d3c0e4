"""On which grants a grant was given."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Adds one table. What was given before is not known to lean on anything: it stays until it is revoked."""
    op.create_table(
        "grant_sources",
        sa.Column("grant_id", sa.String(36), nullable=False),
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["grants.id"], name="fk_grant_sources_grant_id_grants", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["grants.id"], name="fk_grant_sources_source_id_grants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("grant_id", "source_id", name="pk_grant_sources"),
    )
    op.create_index("ix_grant_sources_source", "grant_sources", ["source_id", "grant_id"])
