"""When a directory was last asked about somebody, and since when it gives them nothing any more."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.tables.columns import Moment

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Adds identities.checked_at and identities.withdrawn_at."""
    op.add_column("identities", sa.Column("checked_at", Moment))
    op.add_column("identities", sa.Column("withdrawn_at", Moment))
