"""Tokens that open pictures and that one person issued alone, before it took two, are held until released."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

SEEING = {"view_live", "playback", "snapshot", "restream", "ptz", "export", "see_events"}


def upgrade() -> None:
    """Holds those tokens, and notes who issued each, as far as the audit says it: that person does not release it.

    The audit's line and the notices are written by the gateway, which finds them by their kind.
    """
    names = ("id", "kind", "issued_by", "ended_at")
    sessions = sa.table("sessions", *(sa.column(name) for name in names), sa.column("scopes", sa.JSON()))
    lines = sa.table("audit_entries", *(sa.column(name) for name in ("actor_id", "action", "object_kind", "object_id")))
    connection = op.get_bind()
    alone = sa.select(sessions.c.id, sessions.c.scopes).where(
        sessions.c.kind == "token", sessions.c.issued_by.is_(None), sessions.c.ended_at.is_(None)
    )
    for token_id, scopes in connection.execute(alone).all():
        if scopes is not None and not SEEING & set(scopes):
            continue
        issued = sa.select(lines.c.actor_id).where(
            lines.c.action == "issue_token", lines.c.object_kind == "session", lines.c.object_id == token_id
        )
        held = {"kind": "held", "issued_by": connection.execute(issued.limit(1)).scalar()}
        connection.execute(sessions.update().where(sessions.c.id == token_id).values(held))
