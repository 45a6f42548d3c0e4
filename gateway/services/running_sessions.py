"""Running sessions: listed and ended by their owner, or by the managers who keep accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain.messages import Topic
from gateway.domain.operators import Operator, Role
from gateway.services import second_factor
from gateway.services.errors import NotFound
from gateway.services.office import Caller, Office
from gateway.storage import operators, sessions
from gateway.storage.sessions import Session

KEEPERS = frozenset({Role.SYSTEM_MANAGER, Role.SECURITY_MANAGER})
"""Who sees and ends everybody's sessions."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A running session as its owner or a manager sees it."""

    id: str
    operator_id: str
    login: str
    name: str
    organisation_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    remote: str
    user_agent: str
    locked: bool
    current: bool


async def own(office: Office, caller: Caller) -> list[SessionView]:
    """The caller's running sessions, newest first."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await sessions.of_operator(conn, caller.operator.id, at)
    return [_view(office, caller, one, caller.operator, at) for one in found]


async def everybody(office: Office, caller: Caller) -> list[SessionView]:
    """The running sessions of all people, newest first; the route admits only who keeps accounts."""
    at = office.clock.now()
    async with office.store.read() as conn:
        found = await sessions.running(conn, at)
        people = await operators.many(conn, {one.operator_id for one in found})
    return [_view(office, caller, one, people[one.operator_id], at) for one in found]


async def end(office: Office, caller: Caller, session_id: str) -> None:
    """Ends a session and every picture it carries: one of the caller's own, or anybody's for who keeps accounts.

    Raises ``NotFound`` for any other.
    """
    at = office.clock.now()
    async with office.store.begin() as conn:
        mine = {session.id for session in await sessions.of_operator(conn, caller.operator.id, at)}
        action = "sign_out"
        if session_id not in mine:
            if not caller.operator.roles & KEEPERS:
                raise NotFound("session")
            if session_id not in {session.id for session in await sessions.running(conn, at)}:
                raise NotFound("session")
            await second_factor.require(office, caller, conn)
            action = "end_session"
        await sessions.end(conn, session_id, at)
        await office.note(conn, at, caller.operator.id, action, "session", session_id)
    await office.ring(Topic.PERMISSIONS, session_id)


def _view(office: Office, caller: Caller, one: Session, owner: Operator, at: datetime) -> SessionView:
    return SessionView(
        id=one.id,
        operator_id=one.operator_id,
        login=owner.login,
        name=owner.name,
        organisation_id=owner.organisation_id,
        created_at=one.created_at,
        last_seen_at=one.last_seen_at,
        expires_at=one.expires_at,
        remote=one.remote,
        user_agent=one.user_agent,
        locked=one.locked_since(at, office.rules.idle) is not None,
        current=one.id == caller.session_id,
    )


async def write_touches(office: Office, at: datetime) -> None:
    """Writes when sessions were used, in one transaction. What cannot be written is noted again by their next use."""
    if seen := office.touches.take():
        async with office.store.begin() as conn:
            await sessions.touch(conn, seen)
