"""Sign-in sessions in the database. Only the hash of a token is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, RowMapping, Select, bindparam, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.operators import Operator
from gateway.storage import epochs
from gateway.storage.epochs import Scene
from gateway.storage.operators import operator_from, select_operators
from gateway.storage.tables import operators, sessions
from gateway.storage.tables.columns import Moment
from gateway.storage.upserting import chunks

SIGN_IN = "sign_in"
TOKEN = "token"
HALF = "half"
"""The kind of a token that was issued and not released: it opens nothing."""
HELD = "held"
"""The kind of a token that one person issued alone before it took two, until its release is asked for."""


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one person, or one token of a service. ``purpose`` is what it watches for, if chosen.

    ``scopes`` bound a token further than its service's roles do; None for a person's session.
    """

    id: str
    token_hash: str
    operator_id: str
    purpose: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    remote: str
    user_agent: str = ""
    ended_at: datetime | None = None
    kind: str = SIGN_IN
    scopes: frozenset[Action] | None = None
    label: str = ""
    input_at: datetime | None = None
    locked_at: datetime | None = None
    proved_at: datetime | None = None
    issued_by: str | None = None
    ground: str = ""
    """Why the purpose is another than the shift's own, as it was typed; or ``ground_ticket``."""
    ground_ticket: str | None = None

    def locked_since(self, at: datetime, idle: timedelta) -> datetime | None:
        """Since when the controls are locked: somebody locked them, or nobody touched them for so long."""
        if self.locked_at is not None:
            return self.locked_at
        due = (self.input_at or self.created_at) + idle
        return due if due <= at else None


async def insert(connection: AsyncConnection, session: Session) -> None:
    """Adds a session."""
    await connection.execute(
        sessions.insert().values(
            id=session.id,
            token_hash=session.token_hash,
            operator_id=session.operator_id,
            purpose=session.purpose,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
            ended_at=session.ended_at,
            remote=session.remote,
            user_agent=session.user_agent[:256],
            kind=session.kind,
            scopes=null() if session.scopes is None else sorted(action.value for action in session.scopes),
            label=session.label,
            input_at=session.input_at,
            locked_at=session.locked_at,
            proved_at=session.proved_at,
            issued_by=session.issued_by,
            ground=session.ground,
            ground_ticket=session.ground_ticket,
        )
    )


async def live(
    connection: AsyncConnection, token_hash: str, at: datetime, kind: str = SIGN_IN
) -> tuple[Session, Operator, Scene] | None:
    """The session of that kind with that token's hash and its operator, if it runs then and the account holds; and the
    epochs that were read in the same moment.
    """
    row = await _row(connection, _BY_TOKEN, {"token_hash": token_hash, "kind": kind, "at": at})
    return None if row is None else (*_session_and_operator(row), epochs.scene_from(row))


async def live_by_id(connection: AsyncConnection, session_id: str, at: datetime) -> tuple[Session, Operator] | None:
    """The same by the session's id: is this viewer still signed in?"""
    row = await _row(connection, _BY_ID, {"session_id": session_id, "at": at})
    return None if row is None else _session_and_operator(row)


async def complete(connection: AsyncConnection, session_id: str, token_hash: str) -> bool:
    """Makes a half token whole, under the hash of both halves; False if it is none any more."""
    statement = update(sessions).where(
        sessions.c.id == session_id, sessions.c.kind == HALF, sessions.c.ended_at.is_(None)
    )
    return (await connection.execute(statement.values(kind=TOKEN, token_hash=token_hash))).rowcount == 1


async def held(connection: AsyncConnection, at: datetime) -> list[Session]:
    """The tokens that are held and not over, oldest first."""
    found = select(sessions).where(sessions.c.kind == HELD, *_running(at)).order_by(sessions.c.created_at)
    return [_from(row) for row in (await connection.execute(found)).mappings()]


async def let_wait(connection: AsyncConnection, session_id: str) -> bool:
    """Makes a held token one that waits for its release; False if it is none any more."""
    statement = update(sessions).where(sessions.c.id == session_id, sessions.c.kind == HELD)
    return (await connection.execute(statement.values(kind=HALF))).rowcount == 1


async def touch(connection: AsyncConnection, seen: Sequence[tuple[str, datetime]], *, by_hand: bool = False) -> None:
    """Notes when sessions were used, and whether somebody's hand did it."""
    rows = [{"touched": session_id, "at": at} for session_id, at in seen]
    if rows:
        await connection.execute(_BY_HAND if by_hand else _USED, rows)


async def lock(connection: AsyncConnection, session_id: str, at: datetime) -> bool:
    """Locks the session's controls; False if they were locked before."""
    statement = update(sessions).where(sessions.c.id == session_id, sessions.c.locked_at.is_(None))
    return (await connection.execute(statement.values(locked_at=at))).rowcount == 1


async def unlock(connection: AsyncConnection, session_id: str, at: datetime) -> None:
    """Opens the session's controls again."""
    statement = update(sessions).where(sessions.c.id == session_id)
    await connection.execute(statement.values(locked_at=None, input_at=at, last_seen_at=at))


async def prove(connection: AsyncConnection, session_id: str, at: datetime | None) -> None:
    """Notes when the session last proved the second factor; None takes the proof back."""
    await connection.execute(update(sessions).where(sessions.c.id == session_id).values(proved_at=at))


async def set_purpose(
    connection: AsyncConnection, session_id: str, purpose: str | None, ground: str = "", ticket: str | None = None
) -> None:
    """Changes what the shift watches for, and why."""
    values = {"purpose": purpose, "ground": ground, "ground_ticket": ticket}
    await connection.execute(update(sessions).where(sessions.c.id == session_id).values(values))


async def end(connection: AsyncConnection, session_id: str, at: datetime) -> bool:
    """Ends one session and bumps the permission epoch; False if it had ended before."""
    return await _end(connection, sessions.c.id == session_id, at) > 0


async def end_all(connection: AsyncConnection, operator_id: str, at: datetime, keep: str | None = None) -> int:
    """Ends an operator's sessions (but the one to keep), bumps the permission epoch, returns how many ended."""
    condition = sessions.c.operator_id == operator_id
    return await _end(connection, condition if keep is None else condition & (sessions.c.id != keep), at)


async def of_operator(connection: AsyncConnection, operator_id: str, at: datetime) -> list[Session]:
    """The operator's running sessions, newest first."""
    statement = (
        select(sessions)
        .where(sessions.c.operator_id == operator_id, *_running(at))
        .order_by(sessions.c.created_at.desc())
    )
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def running(connection: AsyncConnection, at: datetime) -> list[Session]:
    """Everybody's running sign-ins, newest first."""
    statement = select(sessions).where(sessions.c.kind == SIGN_IN, *_running(at)).order_by(sessions.c.created_at.desc())
    return [_from(row) for row in (await connection.execute(statement)).mappings()]


async def last_sign_ins(connection: AsyncConnection) -> dict[str, datetime]:
    """When each operator signed in last, by operator."""
    latest = func.max(sessions.c.created_at)
    statement = select(sessions.c.operator_id, latest).where(sessions.c.kind == SIGN_IN)
    found = await connection.execute(statement.group_by(sessions.c.operator_id))
    return {operator_id: latest for operator_id, latest in found}


def _running(at: datetime | BindParameter[datetime]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return or_(sessions.c.ended_at.is_(None), sessions.c.ended_at > at), sessions.c.expires_at > at


async def _end(connection: AsyncConnection, condition: ColumnElement[bool], at: datetime) -> int:
    statement = update(sessions).where(condition, sessions.c.ended_at.is_(None)).values(ended_at=at)
    ended = (await connection.execute(statement)).rowcount
    await epochs.bump(connection, epochs.PERMISSION)
    return ended


async def living(connection: AsyncConnection, ids: Iterable[str], at: datetime) -> set[str]:
    """Those of the sessions that run at that time and whose account may be used: ``live_by_id`` for many at once."""
    found: set[str] = set()
    for chunk in chunks(list(ids)):
        statement = (
            select(sessions.c.id)
            .join(operators, operators.c.id == sessions.c.operator_id)
            .where(sessions.c.id.in_(chunk), *_running(at), *_usable(at))
        )
        found.update((await connection.scalars(statement)).all())
    return found


async def live_many(connection: AsyncConnection, ids: Iterable[str], at: datetime) -> dict[str, Operator]:
    """The operator of each of the sessions that ``live_by_id`` would find, by the session's id."""
    found: dict[str, Operator] = {}
    for chunk in chunks(list(ids)):
        rows = (await connection.execute(_RUNNING, {"ids": chunk, "at": at})).all()
        asked = {"ids": list({row.operator_id for row in rows}), "at": at}
        known = {row["id"]: operator_from(row) for row in (await connection.execute(_USABLE, asked)).mappings()}
        for row in rows:
            if row.operator_id in known:
                owner = known[row.operator_id]
                found[row.id] = owner if row.scopes is None else replace(owner, scopes=_scopes(row.scopes))
    return found


async def _row(connection: AsyncConnection, statement: Select[Any], named: dict[str, Any]) -> RowMapping | None:
    found: RowMapping | None = (await connection.execute(statement, named)).mappings().one_or_none()
    return found


def _session_and_operator(row: RowMapping) -> tuple[Session, Operator]:
    session = _from({name: row[_OF_SESSION + name] for name in Session.__dataclass_fields__})
    return session, replace(operator_from(row), scopes=session.scopes)


def _usable(at: datetime | BindParameter[datetime]) -> tuple[ColumnElement[bool], ...]:
    return (
        or_(operators.c.disabled_at.is_(None), operators.c.disabled_at > at),
        or_(operators.c.valid_from.is_(None), operators.c.valid_from <= at),
        or_(operators.c.valid_until.is_(None), operators.c.valid_until > at),
    )


def _from(row: RowMapping | Mapping[str, Any]) -> Session:
    values = {name: row[name] for name in Session.__dataclass_fields__}
    values["scopes"] = _scopes(row["scopes"])
    return Session(**values)


def _scopes(stored: list[str] | None) -> frozenset[Action] | None:
    return None if stored is None else frozenset(Action(scope) for scope in stored)


_OF_SESSION = "session_"
_AT: BindParameter[datetime] = bindparam("at", type_=Moment())


def _live_where(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Running sessions and their usable operators. Built once: every request asks for one."""
    own = (sessions.c[name].label(_OF_SESSION + name) for name in Session.__dataclass_fields__)
    joined = select_operators().add_columns(*own).join(sessions, sessions.c.operator_id == operators.c.id)
    return joined.where(*conditions, *_running(_AT), *_usable(_AT))


_BY_TOKEN = _live_where(
    sessions.c.token_hash == bindparam("token_hash"), sessions.c.kind == bindparam("kind")
).add_columns(*epochs.scene_columns())
_BY_ID = _live_where(sessions.c.id == bindparam("session_id"))

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_RUNNING = select(sessions.c.id, sessions.c.operator_id, sessions.c.scopes).where(
    sessions.c.id.in_(_IDS), *_running(_AT)
)
_USABLE = select_operators().where(operators.c.id.in_(_IDS), *_usable(_AT))

_TOUCHED = update(sessions).where(sessions.c.id == bindparam("touched"))
_USED = _TOUCHED.values(last_seen_at=_AT)
_BY_HAND = _TOUCHED.values(last_seen_at=_AT, input_at=_AT)
