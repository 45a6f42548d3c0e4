"""Candidates and tickets, alike on both databases."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.domain.events import CandidateState, Phase
from gateway.domain.grants import GranteeKind, TargetKind
from gateway.domain.operators import Operator
from gateway.domain.ticket_states import Operation, TicketKind, TicketState
from gateway.domain.tickets import Ticket, TicketMove
from gateway.storage import (
    candidates,
    evidence,
    grants,
    scoped_counts,
    status,
    ticket_photos,
    tickets,
    view_records,
)
from gateway.storage.accepting import accept
from gateway.storage.candidates import CandidateQuery, Verdict
from gateway.storage.evidence import Evidence
from gateway.storage.status import CameraStatus
from gateway.storage.store import Store
from gateway.storage.ticket_photos import Photo
from gateway.storage.tickets import TicketQuery
from gateway.storage.versioned import Stale
from gateway.storage.view_records import ViewRecord
from tests.contract.storage.district import NOW, T1, T2, event, grant, lay, new_id, operator

WATCHING = (Action.LIST, Action.SEE_EVENTS, Action.HANDLE_TICKETS)


async def watcher(connection: AsyncConnection) -> Operator:
    """Somebody who handles what happens at the cameras of one township."""
    someone = operator(T2)
    await grants.insert(connection, grant((GranteeKind.OPERATOR, someone.id), (TargetKind.OWNED_BY, T1), *WATCHING))
    return someone


def ticket(number: int, **changes: object) -> Ticket:
    values: dict[str, object] = {
        "id": new_id(),
        "number": f"TZ20260301{number:06d}",
        "kind": TicketKind.PATROL,
        "state": TicketState.REG,
        "category": "3206120102",
        "title": f"暴露垃圾 {number}",
        "township_code": "320612001",
        "latitude": 32.07,
        "longitude": 121.07,
        "datum": "WGS-84",
        "created_by": "leader",
        "created_at": NOW + timedelta(minutes=number),
        "deadline_at": NOW + timedelta(hours=4),
        "camera_id": "C-001",
    }
    return Ticket(**(values | changes))  # type: ignore[arg-type]


async def test_candidates_are_seen_in_scope_and_decided_once(store: Store) -> None:
    names = [new_id() for _ in range(4)]
    batch = [event(name, rule_id=name, camera_id="C-002" if n == 3 else "C-001") for n, name in enumerate(names)]
    async with store.begin() as connection:
        await lay(connection)
        someone = await watcher(connection)
        for at, item in enumerate(batch):
            await accept(connection, [item], "w1", NOW + timedelta(seconds=at), new_id)
        await evidence.insert_once(connection, Evidence(names[0], "still", "a.jpg", 9, "ab", "", NOW))
        page = await candidates.page(connection, someone, NOW, CandidateQuery(), limit=2)
        rest = await candidates.page(connection, someone, NOW, CandidateQuery(), limit=2, after=page.next)
        assert [item.event_id for item in (*page.items, *rest.items)] == [names[2], names[1], names[0]]
        assert rest.next is None
        assert (rest.items[0].still.there, rest.items[0].clip.there) == (True, False)
        assert await candidates.count_open(connection, someone, NOW) == 3
        assert await candidates.count_open(connection, operator(T2), NOW) == 0
        first = rest.items[0]
        verdict = Verdict(CandidateState.DISMISSED, someone.id, NOW, reason="a shadow")
        await candidates.decide(connection, first.id, first.version, verdict)
        with pytest.raises(Stale):
            await candidates.decide(connection, first.id, first.version, verdict)
        with pytest.raises(Stale):
            await candidates.decide(connection, first.id, first.version + 1, verdict)
        found = await candidates.of_event(connection, names[0])
        assert found is not None
        assert (found.state, found.decision_reason, found.decided_at) == (CandidateState.DISMISSED, "a shadow", NOW)
        narrowed = await candidates.page(connection, someone, NOW, CandidateQuery(state=CandidateState.OPEN))
        assert len(narrowed.items) == 2


async def test_a_ticket_moves_once_and_keeps_its_history(store: Store) -> None:
    one = ticket(1)
    sent = dataclasses.replace(one, state=TicketState.SENT, handler_id=T1, version=2)
    move = TicketMove(one.id, 1, NOW, "o1", T1, Operation.FORWARD, TicketState.REG, TicketState.SENT, "去看看")
    async with store.begin() as connection:
        await lay(connection)
        await tickets.insert(connection, one)
        await tickets.save(connection, sent, move)
        assert await tickets.get(connection, one.id) == sent
        assert await tickets.moves(connection, one.id) == [move]
        assert await tickets.last_move(connection, one.id) == move
        with pytest.raises(Stale):
            await tickets.save(connection, sent, dataclasses.replace(move, seq=2))
        open_one = await tickets.open_for(connection, TicketKind.PATROL, "C-001", one.category)
        assert open_one == sent
        assert await tickets.open_for(connection, TicketKind.MAINTENANCE, "C-001", one.category) is None
    with pytest.raises(IntegrityError):
        async with store.begin() as connection:
            await tickets.insert(connection, ticket(1))


async def test_tickets_are_seen_by_who_handles_the_camera_or_got_them(store: Store) -> None:
    rows = [
        ticket(1),
        ticket(2, camera_id="C-002", state=TicketState.SENT, handler_id=T2),
        ticket(3, camera_id="C-002"),
        ticket(4, camera_id=None, state=TicketState.CLOSED, receiver_id="me", closed_at=NOW + timedelta(hours=5)),
    ]
    async with store.begin() as connection:
        await lay(connection)
        someone = await watcher(connection)
        rows[3] = dataclasses.replace(rows[3], receiver_id=someone.id)
        for row in rows:
            await tickets.insert(connection, row)

        async def listed(at_hours: int = 0, **narrow: object) -> list[str]:
            at = NOW + timedelta(hours=at_hours)
            query = TicketQuery(**narrow)  # type: ignore[arg-type]
            found: list[str] = []
            after: str | None = None
            while True:
                page = await tickets.page(connection, someone, at, query, after=after, limit=1)
                found += [item.number[-1] for item in page.items]
                after = page.next
                if after is None:
                    assert await tickets.count(connection, someone, at, query) == len(found)
                    return found

        assert await listed() == ["4", "2", "1"]
        assert await listed(state=TicketState.SENT) == ["2"]
        assert await listed(open_only=True) == ["2", "1"]
        assert await listed(mine=True) == ["2"]
        assert await listed(q="暴露 TZ20260301000001") == ["1"]
        assert await listed(overdue=True) == ["4"]
        assert await listed(6, overdue=True) == ["4", "2", "1"]
        assert await listed(6, overdue=False) == []
        assert await tickets.count(connection, operator("district"), NOW, TicketQuery()) == 0


async def test_photos_belong_to_their_ticket(store: Store) -> None:
    one = ticket(1)
    photo = Photo(new_id(), one.id, None, "2026/p.jpg", "image/jpeg", 1000, "ab", "o1", NOW)
    async with store.begin() as connection:
        await lay(connection)
        await tickets.insert(connection, one)
        await ticket_photos.insert(connection, photo)
        assert await ticket_photos.of_ticket(connection, one.id) == [photo]
        assert await ticket_photos.get(connection, one.id, photo.id) == photo
        assert await ticket_photos.get(connection, "another", photo.id) is None
        assert await ticket_photos.count(connection, one.id) == 1


async def test_figures_of_the_present_keep_to_the_scope(store: Store) -> None:
    async with store.begin() as connection:
        await lay(connection)
        someone = await watcher(connection)
        reports = [CameraStatus(name, CameraState.ONLINE, NOW, NOW, shed="reduced") for name in ("C-001", "C-002")]
        await status.put_all(connection, reports)
        for name in ("C-001", "C-002", "C-002"):
            words = ("view_live", "sub", "ws", "PS-ORDER", "", None, "g", "192.0.2.1", "gw1", NOW)
            await view_records.insert(connection, ViewRecord(new_id(), "o", T1, None, name, *words))
        assert await scoped_counts.viewers(connection, someone, NOW) == 1
        assert await scoped_counts.shed(connection, someone, NOW) == {"reduced": 1}
        assert await scoped_counts.viewers(connection, operator(T2), NOW) == 0


async def test_a_fault_makes_a_candidate_of_its_own_kind(store: Store) -> None:
    name = new_id()
    async with store.begin() as connection:
        await lay(connection)
        done = await accept(connection, [event(name, Phase.OPEN, fault=True)], "w1", NOW, new_id)
        assert [new.fault for new in done.candidates] == [True]
        found = await candidates.get(connection, done.candidates[0].id)
        assert found is not None
        assert (found.kind, found.fault, found.state) == ("freeze", True, CandidateState.OPEN)
