"""What one manager makes and another releases: set-up links, tokens, and changes of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Adds the columns and one table. Links that wait are to be released from now on; tokens work on."""
    op.add_column("setup_links", sa.Column("released_by", sa.String(36), nullable=True))
    op.add_column("setup_links", sa.Column("released_at", sa.BigInteger(), nullable=True))
    op.add_column("setup_links", sa.Column("code_hash", sa.Text(), nullable=True))
    op.add_column("setup_links", sa.Column("wrong_codes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sessions", sa.Column("issued_by", sa.String(36), nullable=True))
    op.create_table(
        "account_changes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.String(36), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_account_changes_operator_id_operators"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_account_changes_organisation_id_organisations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_changes"),
        sa.UniqueConstraint("operator_id", name="uq_account_changes_operator_id"),
    )
