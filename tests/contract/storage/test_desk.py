"""The desk's nouns on both databases: candidates, tickets, their pages, and numbers under concurrency."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.actions import Action
from gateway.domain.events import CandidateState
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.ticket_states import TicketKind, TicketState
from gateway.services import figures, sharing, tickets, triage
from gateway.services.errors import Conflict, NotFound
from gateway.services.office import Caller
from gateway.services.sharing import Wish
from gateway.storage import ticket_photos
from gateway.storage import tickets as ticket_rows
from gateway.storage.candidates import CandidateQuery
from gateway.storage.paging import BadCursor
from gateway.storage.store import Store
from gateway.storage.ticket_photos import Photo
from gateway.storage.tickets import TicketQuery
from gateway.storage.versioned import Stale
from tests.integration.world import DEPARTMENT, OWNERS, START, A, B, World, build


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> World:
    return await build(store, tmp_path)


def _as(world: World, login: str) -> Caller:
    return Caller(world.people[login], "session", "PS-ORDER")


async def _confirm(world: World, login: str, owner: str, index: int = 0) -> str:
    candidate = world.candidates[world.camera(owner, index).id]
    made = await triage.confirm(world.office, _as(world, login), candidate, "3206120102", version=1)
    return made.id


async def test_tickets_confirmed_at_once_have_each_their_number(world: World) -> None:
    made = await asyncio.gather(*(_confirm(world, "district", owner, n) for owner in OWNERS for n in range(3)))
    page = await tickets.listed(world.office, _as(world, "district"), TicketQuery(), None, 50)
    assert {item.id for item in page.items} == set(made)
    assert len({item.number for item in page.items}) == 9
    assert all(item.number.startswith("TZ20261123") for item in page.items)


async def test_of_many_confirmations_one_wins(world: World) -> None:
    answers = await asyncio.gather(*(_confirm(world, "district", A) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert all(isinstance(answer, str | Conflict | Stale) for answer in answers)


async def test_pages_are_cut_to_the_reader_and_complete(world: World) -> None:
    for owner in OWNERS:
        for index in range(3):
            world.clock.at += timedelta(milliseconds=1)
            await _confirm(world, "district", owner, index)
    for login, expected in (("district", 9), ("jinsha", 3), ("audit", 0)):
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await tickets.listed(world.office, _as(world, login), TicketQuery(), cursor, 2)
            seen += [item.id for item in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == expected
        assert seen == sorted(seen, reverse=True)
    with pytest.raises(BadCursor):
        await tickets.listed(world.office, _as(world, "district"), TicketQuery(), "x", 2)


async def test_candidates_by_state_and_camera(world: World) -> None:
    camera = world.camera(B)
    await _confirm(world, "jinxin", B)
    query = CandidateQuery(CandidateState.OPEN)
    page = await triage.listed(world.office, _as(world, "jinxin"), query, None, 1)
    rest = await triage.listed(world.office, _as(world, "jinxin"), query, page.next, 50)
    assert len(page.items) + len(rest.items) == 2
    done = await triage.listed(world.office, _as(world, "jinxin"), CandidateQuery(camera_id=camera.id), None, 50)
    assert [item.state for item in done.items] == [CandidateState.CONFIRMED]
    foreign = await triage.listed(world.office, _as(world, "jinsha"), CandidateQuery(camera_id=camera.id), None, 50)
    assert foreign.items == []


async def test_filters_and_figures_agree(world: World) -> None:
    ticket_id, desk = await _confirm(world, "leader", A), _as(world, "leader")
    sent = await tickets.moved(world.office, desk, ticket_id, TicketState.SENT, version=2, handler_id=DEPARTMENT)
    world.clock.at = sent.deadline_at + timedelta(seconds=1)
    for query, found in (
        (TicketQuery(overdue=True), 1),
        (TicketQuery(overdue=False), 0),
        (TicketQuery(state=TicketState.SENT, kind=TicketKind.PATROL, township_code="320612001"), 1),
        (TicketQuery(kind=TicketKind.MAINTENANCE), 0),
        (TicketQuery(open_only=True, q=sent.number[-6:]), 1),
        (TicketQuery(q="%"), 0),
        (TicketQuery(mine=True), 0),
    ):
        assert len((await tickets.listed(world.office, desk, query, None, 50)).items) == found, query
    mine = await tickets.listed(world.office, _as(world, "transport"), TicketQuery(mine=True), None, 50)
    assert [item.camera_id for item in mine.items] == [None]
    shown = await figures.read(world.office, desk, lambda: (1.0, 0.5))
    assert (shown.tickets_open, shown.tickets_overdue, shown.candidates_open) == (1, 1, 8)
    assert (shown.cameras.total, shown.viewers, shown.decode.used_cores) == (9, 0, 0.5)
    narrow = await figures.read(world.office, _as(world, "jinxin"), lambda: (1.0, 0.5))
    assert (narrow.cameras.total, narrow.tickets_open, narrow.decode.used_cores) == (3, 0, 0.0)


async def test_a_stale_version_is_told(world: World) -> None:
    ticket_id, desk = await _confirm(world, "district", A), _as(world, "district")
    with pytest.raises(Stale):
        await tickets.moved(world.office, desk, ticket_id, TicketState.SENT, version=1)
    with pytest.raises(NotFound):
        await tickets.moved(world.office, _as(world, "jinxin"), ticket_id, TicketState.SENT, version=2)


async def test_photos_and_history_keep_their_order(world: World) -> None:
    ticket_id = await _confirm(world, "district", A)
    async with world.office.store.begin() as conn:
        for n in range(3):
            photo = Photo(f"p{n}", ticket_id, None, f"x/{n}", "image/jpeg", 1, "", "o", START)
            await ticket_photos.insert(conn, photo)
        assert [photo.id for photo in await ticket_photos.of_ticket(conn, ticket_id)] == ["p0", "p1", "p2"]
        assert await ticket_photos.count(conn, ticket_id) == 3
        assert await ticket_photos.get(conn, "another", "p1") is None
        line = await ticket_rows.last_move(conn, ticket_id)
    assert line is not None
    assert (line.seq, line.from_state, line.to_state) == (1, TicketState.NEW, TicketState.REG)


async def test_grants_are_listed_for_who_may_know_them(world: World) -> None:
    wish = Wish(
        GranteeKind.ORGANISATION, B, TargetKind.CAMERA, world.camera(A).id, frozenset({Action.VIEW_LIVE}), "patrol"
    )
    given = await sharing.give(world.office, _as(world, "jinsha"), wish)
    narrow = {"camera_id": world.camera(A).id, "organisation_id": None, "active": True, "after": None, "limit": 1}
    for login, found in (("jinsha", 1), ("jinxin", 1), ("transport", 0), ("security", 1), ("audit", 0)):
        items, _ = await sharing.listed(world.office, _as(world, login), **narrow)  # type: ignore[arg-type]
        assert [item.id for item in items] == [given.id] * found, login
