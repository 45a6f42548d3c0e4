"""Whom a deputy stood in for when deciding about an export."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Adds export_parts.decided_for."""
    op.add_column("export_parts", sa.Column("decided_for", sa.String(36)))
