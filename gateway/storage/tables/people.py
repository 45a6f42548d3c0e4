"""Organisations, operators, their sessions, and the sealed passwords of devices."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from gateway.storage.tables.columns import Moment, metadata

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

# Every organisation with itself (0 steps) and each organisation above it; rewritten whenever the tree is.
organisation_lines = Table(
    "organisation_lines",
    metadata,
    Column("organisation_id", String(32), ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True),
    Column("above_id", String(32), ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True),
    Column("steps", Integer, nullable=False),
    Index("ix_organisation_lines_above", "above_id", "organisation_id"),
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
    Column("valid_from", Moment),
    Column("valid_until", Moment),
    Column("contract", String(64), nullable=False, default="", server_default=""),
    Column("pledged_at", Moment),
    Column("trained_at", Moment),
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
    # "sign_in" of a person, or "token" of a service: a session that lasts for months and is bounded by its scopes
    Column("kind", String(8), nullable=False, default="sign_in", server_default="sign_in"),
    # of a token: who issued it, and so does not release it
    Column("issued_by", String(36)),
    Column("scopes", JSON),
    Column("label", String(128), nullable=False, default="", server_default=""),
    Column("input_at", Moment),
    Column("locked_at", Moment),
    Column("proved_at", Moment),
    # why it watches for another purpose than the shift's own: a reason that somebody typed, or a ticket
    Column("ground", Text, nullable=False, default="", server_default=""),
    Column("ground_ticket", String(36)),
    Index("ix_sessions_operator", "operator_id"),
)

second_factors = Table(
    "second_factors",
    metadata,
    Column("operator_id", String(36), ForeignKey("operators.id"), primary_key=True),
    Column("secret", LargeBinary),
    Column("confirmed_at", Moment),
    Column("last_step", BigInteger, nullable=False, default=0),
    Column("pending", LargeBinary),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("operator_id", String(36), ForeignKey("operators.id"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
    Column("used_at", Moment),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("credential", String(1400), nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("transports", JSON, nullable=False),
    Column("name", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("ix_passkeys_operator", "operator_id"),
)

passkey_challenges = Table(
    "passkey_challenges",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("session_id", String(36)),
    Column("kind", String(8), nullable=False),
    Column("challenge", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_passkey_challenges_expires_at", "expires_at"),
)

# What an account is to become once a second person releases it; one of an account at a time.
account_changes = Table(
    "account_changes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), nullable=False, unique=True),
    Column("roles", JSON, nullable=False),
    Column("organisation_id", String(32), ForeignKey("organisations.id"), nullable=False),
    Column("asked_by", String(36), nullable=False),
    Column("asked_at", Moment, nullable=False),
    # of a change that opens an account that is over: the dates on which it is to rest
    Column("opens", Boolean, nullable=False, default=False, server_default=false()),
    Column("valid_from", Moment),
    Column("valid_until", Moment),
    Column("pledged_at", Moment),
    Column("trained_at", Moment),
)

setup_links = Table(
    "setup_links",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("made_by", String(36), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    # put into force by a second person, whose code its holder gives too; how many wrong ones were given since
    Column("released_by", String(36)),
    Column("released_at", Moment),
    Column("code_hash", Text),
    Column("wrong_codes", Integer, nullable=False, default=0, server_default="0"),
    Index("ix_setup_links_operator", "operator_id"),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("operator_id", String(36), ForeignKey("operators.id"), nullable=False),
    Column("linked_at", Moment, nullable=False),
    # of a directory, which is asked again: when it last was, and since when it gives this person nothing any more
    Column("checked_at", Moment),
    Column("withdrawn_at", Moment),
    UniqueConstraint("issuer", "operator_id", name="uq_identities_operator"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("username", String(128), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
