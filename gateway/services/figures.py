"""Figures: the numbers on the wall, all of them within the reader's scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.domain.actions import Action
from gateway.domain.cameras import CameraState
from gateway.services.office import Caller, Office
from gateway.storage import candidates, organisations, scoped_counts, status, tickets
from gateway.storage.reaching import reach
from gateway.storage.tickets import TicketQuery


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """How many cameras are in which state. ``offline`` includes those still connecting or never heard of."""

    total: int
    online: int
    faulty: int
    refused: int
    offline: int


@dataclass(frozen=True, slots=True)
class OwnerFigures:
    """One owner's cameras; ``rate`` is online (a faulty picture is still online) of all enabled, None for none."""

    id: str
    name_zh: str
    name_en: str
    total: int
    online: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class ShedFigures:
    """How many cameras are looked at in full, at fewer pictures a second, or only at keyframes."""

    full: int = 0
    reduced: int = 0
    keyframes: int = 0


@dataclass(frozen=True, slots=True)
class DecodeFigures:
    """The decode budget and what it is spent on."""

    budget_cores: float = 0.0
    used_cores: float = 0.0
    shed: ShedFigures = field(default_factory=ShedFigures)


Gauge = Callable[[], tuple[float, float]]
"""What only the running gateway knows: cores allowed for decoding, and cores spent on it, all workers together."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything at once."""

    cameras: CameraFigures
    by_owner: list[OwnerFigures]
    candidates_open: int
    tickets_open: int
    tickets_overdue: int
    viewers: int
    decode: DecodeFigures


async def read(office: Office, caller: Caller, gauge: Gauge) -> Figures:
    """The figures of the cameras, candidates and tickets that the caller may see."""
    at = office.clock.now()
    operator = caller.operator
    async with office.store.read() as conn:
        counts = await status.counts(conn, operator, Action.LIST, at)
        names = await organisations.by_id(conn)
        candidates_open = await candidates.count_open(conn, operator, at)
        tickets_open = await tickets.count(conn, operator, at, TicketQuery(open_only=True))
        tickets_overdue = await tickets.count(conn, operator, at, TicketQuery(open_only=True, overdue=True))
        viewers = await scoped_counts.viewers(conn, operator, at)
        shed = await scoped_counts.shed(conn, operator, at)
        everything = (await reach(conn, operator, Action.LIST, at)).everything
    # the machine's load tells of cameras the caller does not know
    budget, used = gauge() if everything else (0.0, 0.0)
    owners = [
        OwnerFigures(owner, names[owner].name_zh, names[owner].name_en, *_rate(states))
        for owner, states in sorted(counts.items())
    ]
    return Figures(
        cameras=_sum(list(counts.values())),
        by_owner=owners,
        candidates_open=candidates_open,
        tickets_open=tickets_open,
        tickets_overdue=tickets_overdue,
        viewers=viewers,
        decode=DecodeFigures(budget, used, _shed(shed)),
    )


def _shed(found: dict[str, int]) -> ShedFigures:
    keyframes, reduced = found.get("keyframes", 0), found.get("reduced", 0)
    return ShedFigures(sum(found.values()) - keyframes - reduced, reduced, keyframes)


def _rate(states: dict[CameraState, int]) -> tuple[int, int, float | None]:
    total = sum(states.values())
    due = total - states.get(CameraState.DISABLED, 0)
    online = states.get(CameraState.ONLINE, 0) + states.get(CameraState.FAULTY, 0)
    return total, online, round(online / due, 4) if due else None


def _sum(groups: list[dict[CameraState, int]]) -> CameraFigures:
    total = {state: sum(group.get(state, 0) for group in groups) for state in CameraState}
    away = total[CameraState.OFFLINE] + total[CameraState.CONNECTING] + total[CameraState.UNKNOWN]
    return CameraFigures(
        total=sum(total.values()),
        online=total[CameraState.ONLINE],
        faulty=total[CameraState.FAULTY],
        refused=total[CameraState.REFUSED],
        offline=away,
    )
