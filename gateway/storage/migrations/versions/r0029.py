"""Why a session watches for another purpose than the shift's own."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Adds two columns. Sessions that run keep their purpose, without a ground: they end with their shift."""
    op.add_column("sessions", sa.Column("ground", sa.Text(), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("ground_ticket", sa.String(36)))
