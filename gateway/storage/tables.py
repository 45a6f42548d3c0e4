"""Every table, once, for SQLite and PostgreSQL alike. Alembic's migrations are tested to arrive at exactly this."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime kept as whole microseconds since 1970, so that both databases sort and compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds; refuses a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        delta = value.astimezone(UTC) - _EPOCH
        return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """An aware datetime in UTC."""
        if value is None:
            return None
        seconds, micros = divmod(int(value), 1_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

organisations = Table(
    "organisations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False),
    Column("parent_id", String(32), ForeignKey("organisations.id")),
    Column("township_code", String(9), unique=True),
    Column("sample", Boolean, nullable=False, default=False),
)

operators = Table(
    "operators",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("language", String(8), nullable=False, default="zh-CN"),
    Column("password_hash", Text, nullable=False),
    Column("failed_count", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("disabled_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("sample", Boolean, nullable=False, default=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("purpose", String(32)),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("remote", String(64), nullable=False),
    Column("user_agent", String(256), nullable=False, default=""),
    Index("ix_sessions_operator", "operator_id"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("username", String(128), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

sites = Table(
    "sites",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("link_mbps", Float),
    Column("sample", Boolean, nullable=False, default=False),
)

recorders = Table(
    "recorders",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("gb_id", String(20), unique=True),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("rtsp_port", Integer, nullable=False, default=554),
    Column("onvif_port", Integer),
    Column("credential_id", String(64), ForeignKey("credentials.id")),
    Column("channels", Integer, nullable=False),
    Column("max_opens", Integer, nullable=False),
    Column("sample", Boolean, nullable=False, default=False),
)

cameras = Table(
    "cameras",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("gb_id", String(20), nullable=False, unique=True),
    Column("name_zh", String(128), nullable=False),
    Column("name_en", String(128), nullable=False, default=""),
    Column("initials", String(128), nullable=False, default=""),
    # Everything a list is searched by, lower case, in one column: one comparison a row instead of five.
    Column("search", Text, nullable=False, default="", server_default=""),
    Column("kind", String(24), nullable=False),
    Column("owner_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("maintainer_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("township_code", String(9), nullable=False),
    Column("site_id", String(64), ForeignKey("sites.id"), nullable=False),
    Column("recorder_id", String(64), ForeignKey("recorders.id")),
    Column("channel", Integer),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("azimuth", Float),
    Column("hfov", Float),
    Column("max_distance", Float),
    Column("scheme", String(8), nullable=False),
    Column("host", String(255), nullable=False, default=""),
    Column("rtsp_port", Integer, nullable=False, default=554),
    Column("onvif_port", Integer),
    Column("credential_id", String(64), ForeignKey("credentials.id")),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("purposes", JSON, nullable=False),
    Column("regime", String(16), nullable=False, default="art7"),
    Column("need_statement", Text, nullable=False, default=""),
    # GB/T 28181-2022 catalogue fields that filing needs (Annex A.2.1.9)
    Column("ptz_type", Integer, nullable=False, default=3),
    Column("point_type", Integer, nullable=False, default=3),
    Column("civil_code", String(8), nullable=False, default=""),
    Column("grassroots_code", String(6), nullable=False, default="000000"),
    Column("management_unit", String(128), nullable=False, default=""),
    Column("contact_info", String(128), nullable=False, default=""),
    Column("record_save_days", Integer, nullable=False, default=30),
    Column("install_date", String(10), nullable=False, default=""),
    Column("filing_no", String(64), nullable=False, default=""),
    Column("filed_at", String(10), nullable=False, default=""),
    Column("sample", Boolean, nullable=False, default=False),
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("recorder_id", "channel", name="uq_cameras_channel"),
    Index("ix_cameras_owner", "owner_id", "id"),
    Index("ix_cameras_maintainer", "maintainer_id", "id"),
    Index("ix_cameras_township", "township_code", "id"),
    Index("ix_cameras_kind", "kind", "id"),
    Index("ix_cameras_name", "name_zh", "id", "search"),
    # A user with few grants reads one of these per grant, in the order of the list, and stops at the page's end.
    Index("ix_cameras_owner_name", "owner_id", "name_zh", "id"),
    Index("ix_cameras_maintainer_name", "maintainer_id", "name_zh", "id"),
    Index("ix_cameras_township_name", "township_code", "name_zh", "id"),
    Index("ix_cameras_kind_name", "kind", "name_zh", "id"),
)

streams = Table(
    "streams",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("path", String(512), nullable=False),
    Column("transport", String(8), nullable=False, default="tcp"),
)

camera_status = Table(
    "camera_status",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(256), nullable=False, default=""),
    Column("since", Moment, nullable=False),
    Column("worker_id", String(64)),
    Column("codec", String(16), nullable=False, default=""),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Float),
    Column("kbps", Float),
    Column("shed", String(16), nullable=False, default=""),
    Column("updated_at", Moment, nullable=False),
    Index("ix_camera_status_state", "state"),
)

status_history = Table(
    "status_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_status_history_camera", "camera_id", "began_at"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("effect", String(8), nullable=False),
    Column("grantee_kind", String(16), nullable=False),
    Column("grantee_id", String(64), nullable=False),
    Column("target_kind", String(16), nullable=False),
    Column("target_id", String(64), nullable=False),
    Column("actions", JSON, nullable=False),
    Column("purposes", JSON),
    Column("not_before", Moment, nullable=False),
    Column("not_after", Moment),
    Column("granted_by", String(36), nullable=False),
    Column("reason", Text, nullable=False),
    Column("policy", String(32), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_by", String(36)),
    Column("revoke_reason", Text),
    Index("ix_grants_grantee", "grantee_kind", "grantee_id"),
    Index("ix_grants_target", "target_kind", "target_id"),
)

grant_actions = Table(
    "grant_actions",
    metadata,
    Column("grant_id", String(36), ForeignKey("grants.id", ondelete="CASCADE"), primary_key=True),
    Column("action", String(16), primary_key=True),
    Index("ix_grant_actions_action", "action", "grant_id"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

view_records = Table(
    "view_records",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("session_id", String(36)),
    Column("camera_id", String(64), nullable=False),
    Column("action", String(16), nullable=False),
    Column("stream", String(8), nullable=False, default=""),
    Column("transport", String(16), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("ticket_id", String(36)),
    Column("grant_id", String(36), nullable=False),
    Column("remote", String(64), nullable=False),
    Column("gateway_id", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("result", String(32), nullable=False, default="open"),
    Index("ix_view_records_camera", "camera_id", "started_at"),
    Index("ix_view_records_operator", "operator_id", "started_at"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("chain", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("action", String(48), nullable=False),
    Column("object_kind", String(24), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("canonical", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_entries_at", "at"),
    Index("ix_audit_entries_object", "object_kind", "object_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("camera_id", String(64), ForeignKey("cameras.id"), nullable=False),
    Column("rule_id", String(64), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("fault", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("extends_id", String(36)),
    Column("opened_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("picture_at", Moment, nullable=False),
    Column("accepted_at", Moment, nullable=False),
    Column("box", JSON, nullable=False),
    Column("measure", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("why", JSON, nullable=False),
    Column("worker_id", String(64), nullable=False),
    Index("ix_events_open", "camera_id", "rule_id", "state"),
    Index("ix_events_opened", "opened_at"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False, unique=True),
    Column("camera_id", String(64), ForeignKey("cameras.id"), nullable=False),
    Column("township_code", String(9), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("state", String(12), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(36)),
    Column("decision_reason", Text),
    Column("category", String(10)),
    Column("ticket_id", String(36)),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_candidates_state", "state", "created_at", "id"),
    Index("ix_candidates_camera", "camera_id", "created_at"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("event_id", String(36), ForeignKey("events.id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("path", String(512), nullable=False, default=""),
    Column("bytes", BigInteger, nullable=False, default=0),
    Column("sha256", String(64), nullable=False, default=""),
    Column("missing_reason", String(256), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    UniqueConstraint("event_id", "kind", name="uq_evidence_event"),
    Index("ix_evidence_expires", "expires_at"),
)

townships = Table(
    "townships",
    metadata,
    Column("code", String(9), primary_key=True),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("polygon", JSON, nullable=False),
    Column("sample", Boolean, nullable=False, default=False),
)

grids = Table(
    "grids",
    metadata,
    Column("code", String(15), primary_key=True),
    Column("township_code", String(9), ForeignKey("townships.code"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("polygon", JSON, nullable=False),
    Column("min_latitude", Float, nullable=False),
    Column("max_latitude", Float, nullable=False),
    Column("min_longitude", Float, nullable=False),
    Column("max_longitude", Float, nullable=False),
    Column("member_id", String(36)),
    Column("sample", Boolean, nullable=False, default=False),
    Index("ix_grids_township", "township_code"),
)

categories = Table(
    "categories",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("major", String(2), nullable=False),
    Column("major_zh", String(32), nullable=False),
    Column("major_en", String(64), nullable=False),
    Column("name_zh", String(64), nullable=False),
    Column("name_en", String(96), nullable=False),
    Column("clock", String(16), nullable=False),
    Column("amount", Integer, nullable=False),
    Column("from_video", Boolean, nullable=False, default=True),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(8), nullable=False),
    Column("candidate_id", String(36), ForeignKey("candidates.id"), unique=True),
    Column("event_id", String(36), ForeignKey("events.id")),
    Column("camera_id", String(64), ForeignKey("cameras.id")),
    Column("category", String(10), nullable=False),
    Column("title", String(200), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("township_code", String(9), nullable=False),
    Column("grid_code", String(15)),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    Column("datum", String(16), nullable=False),
    Column("handler_id", String(32)),
    Column("receiver_id", String(36)),
    Column("urgent", Boolean, nullable=False, default=False),
    Column("rework_count", Integer, nullable=False, default=0),
    Column("created_by", String(36), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("deadline_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("version", Integer, nullable=False, default=1),
    Index("ix_tickets_state", "state", "deadline_at"),
    Index("ix_tickets_township", "township_code", "created_at"),
    Index("ix_tickets_created", "created_at", "id"),
)

ticket_moves = Table(
    "ticket_moves",
    metadata,
    Column("ticket_id", String(36), ForeignKey("tickets.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", String(36), nullable=False),
    Column("organisation_id", String(32), nullable=False),
    Column("operation", String(16), nullable=False),
    Column("from_state", String(8), nullable=False),
    Column("to_state", String(8), nullable=False),
    Column("why", Text, nullable=False, default=""),
    Column("receiver_id", String(36)),
    Column("seconds_used", Float, nullable=False, default=0),
    Column("overdue", Boolean, nullable=False, default=False),
)

ticket_photos = Table(
    "ticket_photos",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("ticket_id", String(36), ForeignKey("tickets.id"), nullable=False),
    Column("move_seq", Integer),
    Column("path", String(512), nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("uploaded_by", String(36), nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_ticket_photos_ticket", "ticket_id"),
)

ticket_numbers = Table(
    "ticket_numbers",
    metadata,
    Column("day", String(8), primary_key=True),
    Column("last", Integer, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("address", String(255), nullable=False),
    Column("seen_at", Moment),
    Column("seen_by", String(64)),
    Column("cameras", Integer, nullable=False, default=0),
)

assignments = Table(
    "assignments",
    metadata,
    Column("camera_id", String(64), ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True),
    Column("worker_id", String(64), nullable=False),
    Column("assigned_at", Moment, nullable=False),
    Index("ix_assignments_worker", "worker_id"),
)
