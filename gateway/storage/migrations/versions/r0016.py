"""A salt for every day's ticket numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Adds the salt; days that have begun go on without one."""
    op.add_column("ticket_numbers", sa.Column("salt", sa.String(length=32), nullable=True))
