"""Grants with numbers, hours, conditions and stated inheritance; groups and areas; lines of organisations."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the tables and columns, numbers the grants there are in the order of their birth, and draws the lines."""
    _widen_grants()
    _add_lines()
    _add_groups()
    _add_areas()


def _widen_grants() -> None:
    for column in (
        sa.Column("number", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("grantee_within", sa.String(32), nullable=False, server_default=""),
        sa.Column("includes_below", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("target_below", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("hours", sa.JSON()),
        sa.Column("conditions", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("giver_id", sa.String(32), nullable=False, server_default=""),
    ):
        op.add_column("grants", column)
    op.execute("UPDATE grants SET number = (SELECT count(*) FROM grants older WHERE older.id <= grants.id)")
    op.execute(
        "UPDATE grants SET giver_id = coalesce("
        "(SELECT organisation_id FROM operators WHERE operators.id = grants.granted_by), '')"
    )
    op.execute("INSERT INTO epochs (name, value) SELECT 'grant_number', count(*) FROM grants HAVING count(*) > 0")
    op.create_index("ix_grants_number", "grants", ["number"], unique=True)


def _add_lines() -> None:
    op.create_table(
        "organisation_lines",
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("above_id", sa.String(32), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        _reference("organisation_lines", "organisation_id", "organisations", cascade=True),
        _reference("organisation_lines", "above_id", "organisations", cascade=True),
        sa.PrimaryKeyConstraint("organisation_id", "above_id", name="pk_organisation_lines"),
    )
    op.create_index("ix_organisation_lines_above", "organisation_lines", ["above_id", "organisation_id"])
    op.execute(
        "INSERT INTO organisation_lines (organisation_id, above_id, steps) "
        "WITH RECURSIVE line (organisation_id, above_id, steps) AS ("
        "SELECT id, id, 0 FROM organisations UNION ALL "
        "SELECT line.organisation_id, organisations.parent_id, line.steps + 1 FROM line "
        "JOIN organisations ON organisations.id = line.above_id "
        "WHERE organisations.parent_id IS NOT NULL AND line.steps < 32) "
        "SELECT organisation_id, above_id, min(steps) FROM line GROUP BY organisation_id, above_id"
    )


def _add_groups() -> None:
    op.create_table(
        "camera_groups",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(128), nullable=False),
        sa.Column("name_en", sa.String(128), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _reference("camera_groups", "owner_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name="pk_camera_groups"),
    )
    op.create_index("ix_camera_groups_owner", "camera_groups", ["owner_id", "id"])
    _add_members("group_cameras", "group_id", "camera_groups")
    op.create_index("ix_group_cameras_camera", "group_cameras", ["camera_id", "group_id"])


def _add_areas() -> None:
    op.create_table(
        "areas",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(32), nullable=False),
        sa.Column("name_zh", sa.String(128), nullable=False),
        sa.Column("name_en", sa.String(128), nullable=False),
        sa.Column("polygon", sa.JSON(), nullable=False),
        sa.Column("min_latitude", sa.Float(), nullable=False),
        sa.Column("max_latitude", sa.Float(), nullable=False),
        sa.Column("min_longitude", sa.Float(), nullable=False),
        sa.Column("max_longitude", sa.Float(), nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _reference("areas", "owner_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name="pk_areas"),
    )
    op.create_index("ix_areas_owner", "areas", ["owner_id", "id"])
    _add_members("area_cameras", "area_id", "areas")
    op.create_index("ix_area_cameras_camera", "area_cameras", ["camera_id", "area_id"])


def _add_members(table: str, column: str, of: str) -> None:
    op.create_table(
        table,
        sa.Column(column, sa.String(36), nullable=False),
        sa.Column("camera_id", sa.String(64), nullable=False),
        _reference(table, column, of, cascade=True),
        _reference(table, "camera_id", "cameras", cascade=True),
        sa.PrimaryKeyConstraint(column, "camera_id", name=f"pk_{table}"),
    )


def _reference(table: str, column: str, of: str, cascade: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{of}.id"], name=f"fk_{table}_{column}_{of}", ondelete="CASCADE" if cascade else None
    )
