"""Accounts: second factors, set-up links, how long an account holds, and sessions that lock."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the columns of operators and sessions, and three tables."""
    for name in ("valid_from", "valid_until", "pledged_at", "trained_at"):
        op.add_column("operators", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("operators", sa.Column("contract", sa.String(64), nullable=False, server_default=""))
    for name in ("input_at", "locked_at", "proved_at"):
        op.add_column("sessions", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "second_factors",
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_second_factors_operator_id_operators"),
        sa.PrimaryKeyConstraint("operator_id", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_recovery_codes_operator_id_operators"),
        sa.PrimaryKeyConstraint("operator_id", "code_hash", name="pk_recovery_codes"),
    )
    op.create_table(
        "setup_links",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("made_by", sa.String(36), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name="fk_setup_links_operator_id_operators"),
        sa.PrimaryKeyConstraint("id", name="pk_setup_links"),
        sa.UniqueConstraint("token_hash", name="uq_setup_links_token_hash"),
    )
    op.create_index("ix_setup_links_operator", "setup_links", ["operator_id"])
