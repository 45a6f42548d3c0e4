"""Sessions that are tokens of services: their kind, what they are for, and what people call them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds sessions.kind, .scopes and .label."""
    op.add_column("sessions", sa.Column("kind", sa.String(8), nullable=False, server_default="sign_in"))
    op.add_column("sessions", sa.Column("scopes", sa.JSON()))
    op.add_column("sessions", sa.Column("label", sa.String(128), nullable=False, server_default=""))
