"""Inquiries of citizens."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Adds inquiries and inquiry_steps."""
    op.create_table(
        "inquiries",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("asker", sa.String(12), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=False),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("taken_by", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("appointed_at", sa.BigInteger()),
        sa.Column("appointed_place", sa.String(200), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("erased_at", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["organisations.id"], name=op.f("fk_inquiries_owner_id_organisations")),
        sa.ForeignKeyConstraint(["taken_by"], ["operators.id"], name=op.f("fk_inquiries_taken_by_operators")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_inquiries_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiries")),
        sa.UniqueConstraint("number", name=op.f("uq_inquiries_number")),
    )
    op.create_index("ix_inquiries_owner", "inquiries", ["owner_id", "id"])
    op.create_index("ix_inquiries_due", "inquiries", ["due_at", "ended_at"])
    op.create_table(
        "inquiry_steps",
        sa.Column("inquiry_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("move", sa.String(12), nullable=False),
        sa.Column("to_state", sa.String(12), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["inquiry_id"], ["inquiries.id"], name=op.f("fk_inquiry_steps_inquiry_id_inquiries")),
        sa.PrimaryKeyConstraint("inquiry_id", "seq", name=op.f("pk_inquiry_steps")),
    )
