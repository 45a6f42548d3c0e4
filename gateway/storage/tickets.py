"""Tickets in the database, with their moves. Photos are in ``ticket_photos``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.operators import Operator
from gateway.domain.ticket_states import ENDED, PAUSED, Operation, TicketKind, TicketState
from gateway.domain.tickets import Ticket, TicketMove
from gateway.storage.paging import Page, bounded, cursor, cut, moment, position
from gateway.storage.reaching import reach
from gateway.storage.tables import cameras, ticket_moves, tickets
from gateway.storage.versioned import overwrite

ORDER = "tickets"
_ENDED = sorted(state.value for state in ENDED)
_QUIET = sorted(state.value for state in ENDED | PAUSED)


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """What to list: every field narrows. ``mine`` keeps what waits for the operator or their organisation."""

    state: TicketState | None = None
    kind: TicketKind | None = None
    township_code: str | None = None
    overdue: bool | None = None
    mine: bool = False
    open_only: bool = False
    q: str = ""
    camera_id: str | None = None


async def insert(connection: AsyncConnection, ticket: Ticket) -> None:
    """Adds a ticket. Raises IntegrityError if its number or candidate has one already."""
    await connection.execute(tickets.insert().values(_row(ticket)))


async def save(connection: AsyncConnection, ticket: Ticket, move: TicketMove) -> None:
    """Writes a moved ticket and appends the move. Raises ``Stale`` if somebody else moved it meanwhile."""
    await overwrite(connection, tickets, ticket.id, ticket.version - 1, _row(ticket))
    await append(connection, move)


async def append(connection: AsyncConnection, move: TicketMove) -> None:
    """Adds one line to a ticket's history."""
    await connection.execute(ticket_moves.insert().values(asdict(move)))


async def get(connection: AsyncConnection, ticket_id: str) -> Ticket | None:
    """The ticket with that id; asks nobody's permission."""
    row = (await connection.execute(select(tickets).where(tickets.c.id == ticket_id))).mappings().one_or_none()
    return None if row is None else _from(row)


async def moves(connection: AsyncConnection, ticket_id: str) -> list[TicketMove]:
    """The ticket's history, oldest first."""
    statement = select(ticket_moves).where(ticket_moves.c.ticket_id == ticket_id).order_by(ticket_moves.c.seq)
    return [_move_from(row) for row in (await connection.execute(statement)).mappings()]


async def last_move(connection: AsyncConnection, ticket_id: str) -> TicketMove | None:
    """The newest line of the ticket's history."""
    statement = select(ticket_moves).where(ticket_moves.c.ticket_id == ticket_id)
    row = (await connection.execute(statement.order_by(ticket_moves.c.seq.desc()).limit(1))).mappings().one_or_none()
    return None if row is None else _move_from(row)


async def open_for(connection: AsyncConnection, kind: TicketKind, camera_id: str, category: str) -> Ticket | None:
    """The ticket of that kind and category on the camera that has not ended, if there is one."""
    statement = select(tickets).where(
        tickets.c.kind == kind.value,
        tickets.c.camera_id == camera_id,
        tickets.c.category == category,
        tickets.c.state.not_in(_ENDED),
    )
    row = (await connection.execute(statement.limit(1))).mappings().one_or_none()
    return None if row is None else _from(row)


async def visible(connection: AsyncConnection, operator: Operator, at: datetime) -> ColumnElement[bool]:
    """A condition on ``tables.tickets``: on a camera whose tickets the operator may handle, or dispatched to them."""
    if Action.HANDLE_TICKETS not in operator.ceiling:
        return false()
    scope = await reach(connection, operator, Action.HANDLE_TICKETS, at)
    dispatched = or_(tickets.c.handler_id == operator.organisation_id, tickets.c.receiver_id == operator.id)
    if scope.nothing:
        return dispatched
    return or_(tickets.c.camera_id.in_(select(cameras.c.id).where(scope.condition())), dispatched)


async def page(
    connection: AsyncConnection,
    operator: Operator,
    at: datetime,
    query: TicketQuery,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[Ticket]:
    """One page of the tickets the operator may see, newest first."""
    limit = bounded(limit)
    statement = select(tickets).where(await visible(connection, operator, at), *_narrowing(operator, at, query))
    if after is not None:
        began, last_id = position(after, ORDER, str, str)
        start = bindparam(None, moment(began), tickets.c.created_at.type)
        statement = statement.where(tuple_(tickets.c.created_at, tickets.c.id) < tuple_(start, last_id))
    statement = statement.order_by(tickets.c.created_at.desc(), tickets.c.id.desc()).limit(limit + 1)
    items = [_from(row) for row in (await connection.execute(statement)).mappings()]
    return cut(items, limit, lambda last: cursor(ORDER, last.created_at.isoformat(), last.id))


async def count(connection: AsyncConnection, operator: Operator, at: datetime, query: TicketQuery) -> int:
    """How many tickets the operator may see and the query keeps."""
    statement = (
        select(func.count())
        .select_from(tickets)
        .where(await visible(connection, operator, at), *_narrowing(operator, at, query))
    )
    return int(await connection.scalar(statement) or 0)


def _narrowing(operator: Operator, at: datetime, query: TicketQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.state is not None:
        wanted.append(tickets.c.state == query.state.value)
    if query.kind is not None:
        wanted.append(tickets.c.kind == query.kind.value)
    if query.township_code is not None:
        wanted.append(tickets.c.township_code == query.township_code)
    if query.camera_id is not None:
        wanted.append(tickets.c.camera_id == query.camera_id)
    if query.open_only:
        wanted.append(tickets.c.state.not_in(_ENDED))
    if query.mine:
        mine = or_(tickets.c.handler_id == operator.organisation_id, tickets.c.receiver_id == operator.id)
        wanted.append(and_(mine, tickets.c.state.not_in(_ENDED)))
    if query.overdue is not None:
        late = _overdue(at)
        wanted.append(late if query.overdue else ~late)
    for word in query.q.replace("\0", "").split():
        found = (column.icontains(word, autoescape=True) for column in (tickets.c.number, tickets.c.title))
        wanted.append(or_(*found))
    return wanted


def _overdue(at: datetime) -> ColumnElement[bool]:
    """The SQL twin of ``domain.tickets.overdue``."""
    running = and_(tickets.c.state.not_in(_QUIET), tickets.c.deadline_at < at)
    ended = and_(
        tickets.c.state.in_(_ENDED), tickets.c.closed_at.is_not(None), tickets.c.closed_at > tickets.c.deadline_at
    )
    return or_(running, ended)


def _row(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in Ticket.__dataclass_fields__}


def _from(row: RowMapping) -> Ticket:
    values = {name: row[name] for name in Ticket.__dataclass_fields__}
    return Ticket(**(values | {"kind": TicketKind(row["kind"]), "state": TicketState(row["state"])}))


def _move_from(row: RowMapping) -> TicketMove:
    values = {name: row[name] for name in TicketMove.__dataclass_fields__}
    words = {
        "operation": Operation(row["operation"]),
        "from_state": TicketState(row["from_state"]),
        "to_state": TicketState(row["to_state"]),
    }
    return TicketMove(**(values | words))
