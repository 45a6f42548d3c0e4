"""The audit refuses to be changed, is closed every day by a signed root, and remembers its verifications."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

REFUSAL = "the audit is append-only"
ERASING = "NEW.text IS NULL AND NEW.salt IS NULL AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL"
SAME_TEXT = "NEW.id = OLD.id AND NEW.chain = OLD.chain AND NEW.seq = OLD.seq AND NEW.field = OLD.field"


def upgrade() -> None:
    """Adds audit_roots, audit_checks and the triggers."""
    op.create_table(
        "audit_roots",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(10)),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_roots"),
    )
    op.create_index("ix_audit_roots_day", "audit_roots", ["day"], unique=True)
    op.create_table(
        "audit_checks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("checked_by", sa.String(36), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("roots", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_checks"),
    )
    op.create_index("ix_audit_checks_at", "audit_checks", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        _refuse_postgresql()
    else:
        _refuse_sqlite()


def _refuse_sqlite() -> None:
    abort = f"SELECT RAISE(ABORT, '{REFUSAL}')"
    for table, key in (("audit_entries", "chain = NEW.chain AND seq = NEW.seq"), ("audit_roots", "seq = NEW.seq")):
        op.execute(f"CREATE TRIGGER {table}_kept_update BEFORE UPDATE ON {table} BEGIN {abort}; END")
        op.execute(f"CREATE TRIGGER {table}_kept_delete BEFORE DELETE ON {table} BEGIN {abort}; END")
        # INSERT OR REPLACE deletes without asking the trigger above
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {key})"
        op.execute(f"CREATE TRIGGER {table}_kept_insert BEFORE INSERT ON {table} WHEN {there} BEGIN {abort}; END")
    change = f"WHEN NOT ({ERASING} AND {SAME_TEXT})"
    op.execute(f"CREATE TRIGGER audit_texts_kept_update BEFORE UPDATE ON audit_texts {change} BEGIN {abort}; END")
    op.execute(f"CREATE TRIGGER audit_texts_kept_delete BEFORE DELETE ON audit_texts BEGIN {abort}; END")


def _refuse_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    refuse = "EXECUTE FUNCTION audit_refuse()"
    for table in ("audit_entries", "audit_roots"):
        op.execute(f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}")
        op.execute(f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}")
    change = f"FOR EACH ROW WHEN (NOT ({ERASING} AND {SAME_TEXT}))"
    op.execute(f"CREATE TRIGGER audit_texts_kept_update BEFORE UPDATE ON audit_texts {change} {refuse}")
    op.execute(f"CREATE TRIGGER audit_texts_kept_delete BEFORE DELETE ON audit_texts FOR EACH ROW {refuse}")
    op.execute(f"CREATE TRIGGER audit_texts_whole BEFORE TRUNCATE ON audit_texts FOR EACH STATEMENT {refuse}")
