"""Matrix: which organisation may do what with whose cameras, or with which group, by the grants in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.organisations import lineages
from gateway.services.errors import Forbidden
from gateway.services.grant_views import GrantView
from gateway.services.office import Caller, Office
from gateway.services.sharing import grants_known
from gateway.storage import grants, groups, organisations
from gateway.storage.reaching import reach
from gateway.storage.tables import cameras
from gateway.storage.targets import one

Columns = Literal["owner", "group"]
MAX_GRANTS = 2_000
"""Grants looked through for one matrix, newest first; more are said to be left out."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A row or column: an organisation or a group."""

    id: str
    name_zh: str
    name_en: str


@dataclass(slots=True)
class Cell:
    """What the row's people may do with the column's cameras; ``whole`` if with all of them, also those to come."""

    row: str
    column: str
    actions: list[Action] = field(default_factory=list)
    denied: list[Action] = field(default_factory=list)
    whole: bool = False
    grants: list[str] = field(default_factory=list)
    """The ids of the grants, for looking closer."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows are organisations, columns owners or groups; only cells with something in them."""

    rows: list[Heading]
    columns: list[Heading]
    cells: list[Cell]
    grants: list[GrantView]
    left_out: bool


async def read(office: Office, caller: Caller, by: Columns) -> Matrix:
    """The matrix of the grants to organisations that the caller may know of.

    Grants to single people and to roles are not in it: they are found with the person. Raises ``Forbidden``.
    """
    at, operator = office.clock.now(), caller.operator
    async with office.store.read() as conn:
        scope = await reach(conn, operator, Action.LIST, at)
        if scope.nothing:
            raise Forbidden("the matrix is for those who may share something")
        held = await grants.for_operator(conn, operator, at)
        records = await grants.every(conn, active_at=at, limit=MAX_GRANTS)
        given = [item.grant for item in records if item.grant.grantee_kind is GranteeKind.ORGANISATION]
        told = await grants_known(conn, caller, held, given, at)
        known = {view.id for view in told}
        given = [grant for grant in given if grant.id in known]
        tree = await organisations.every(conn)
        under = _under(lineages(tree))
        columns = [Heading(item.id, item.name_zh, item.name_en) for item in tree]
        if by == "group":
            bags = await groups.many(conn, {g.target_id for g in given if g.target_kind is TargetKind.GROUP})
            columns = [Heading(bag.id, bag.name_zh, bag.name_en) for bag in bags.values()]
        cells: dict[tuple[str, str], Cell] = {}
        for grant in given:
            spots = await _columns(conn, grant, by, [column.id for column in columns], under)
            rows = under[grant.grantee_id] if grant.includes_below else [grant.grantee_id]
            for row in rows:
                for column, whole in spots.items():
                    _put(cells.setdefault((row, column), Cell(row, column)), grant, whole)
        owners = set(await conn.scalars(select(cameras.c.owner_id).where(scope.condition()).distinct()))
    shown = {column for _, column in cells} | (owners if by == "owner" else set())
    filled = {row for row, _ in cells}
    return Matrix(
        [Heading(item.id, item.name_zh, item.name_en) for item in tree if item.id in filled],
        [column for column in columns if column.id in shown],
        list(cells.values()),
        told,
        len(records) >= MAX_GRANTS,
    )


async def _columns(
    conn: AsyncConnection, grant: Grant, by: Columns, ids: Sequence[str], under: Mapping[str, list[str]]
) -> dict[str, bool]:
    """The columns that the grant reaches, each with whether it reaches all of it."""
    kind = grant.target_kind
    if kind is TargetKind.ALL:
        return dict.fromkeys(ids, True)
    if by == "group":
        return {grant.target_id: True} if kind is TargetKind.GROUP and grant.target_id in ids else {}
    if kind is TargetKind.OWNED_BY:
        return dict.fromkeys(under[grant.target_id] if grant.target_below else [grant.target_id], True)
    condition = one(kind, grant.target_id)
    return dict.fromkeys(await conn.scalars(select(cameras.c.owner_id).where(condition).distinct()), False)


def _put(cell: Cell, grant: Grant, whole: bool) -> None:
    into = cell.actions if grant.effect is Effect.ALLOW else cell.denied
    into += [action for action in Action if action in grant.actions and action not in into]
    cell.whole = cell.whole or (whole and grant.effect is Effect.ALLOW)
    cell.grants.append(grant.id)


def _under(lines: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For each organisation itself and all below it."""
    found: dict[str, list[str]] = {name: [] for name in lines}
    for name, line in lines.items():
        for above in line:
            found[above].append(name)
    return found
