"""Lists of many cameras: one column to search, and an index per kind of grant in the order of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds and fills cameras.search, and the indexes."""
    op.add_column("cameras", sa.Column("search", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE cameras SET search = lower(id || ' ' || gb_id || ' ' || name_zh || ' ' || name_en || ' ' || initials)"
    )
    op.drop_index("ix_cameras_name", table_name="cameras")
    op.create_index("ix_cameras_name", "cameras", ["name_zh", "id", "search"])
    for name, column in (
        ("owner", "owner_id"),
        ("maintainer", "maintainer_id"),
        ("township", "township_code"),
        ("kind", "kind"),
    ):
        op.create_index(f"ix_cameras_{name}_name", "cameras", [column, "name_zh", "id"])
