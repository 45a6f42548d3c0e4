"""By how much the clock of each camera's device is ahead."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Adds one column; it is empty until the worker's next report."""
    op.add_column("camera_status", sa.Column("clock_offset", sa.Float(), nullable=True))
