"""Changes that open an account that was disabled or has lapsed wait for a second person, too."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

DATES = ("valid_from", "valid_until", "pledged_at", "trained_at")


def upgrade() -> None:
    """Adds five columns. Changes that wait open nothing: they were asked for when that counted at once."""
    op.add_column("account_changes", sa.Column("opens", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in DATES:
        op.add_column("account_changes", sa.Column(name, sa.BigInteger()))
