"""What the console needs to know of the world: purposes, organisations, categories, ticket states, places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from gateway.domain import gbid, maintenance
from gateway.domain.actions import Action
from gateway.domain.cameras import Datum, Place
from gateway.domain.datum import converted
from gateway.domain.organisations import Organisation
from gateway.domain.places import Grid
from gateway.domain.purposes import PURPOSES, Purpose
from gateway.domain.ticket_states import MOVES, STATES, Operation, Party, TicketState
from gateway.services import catalogue, figures
from gateway.services.figures import Figures
from gateway.services.office import Caller
from gateway.storage import categories, organisations
from gateway.web.lists import Listing
from gateway.web.rules import Needs, Open, SignedIn, rule
from gateway.web.signed import office_of, signed_in

router = APIRouter(tags=["reference"])
Who = Annotated[Caller, Depends(signed_in)]
FIGURES = [rule(Needs(Action.LIST, instead=frozenset({Action.SEE_EVENTS, Action.HANDLE_TICKETS})))]
"""Each figure counts what its own action shows: cameras, events or tickets."""


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category with its limit. ``maintenance`` ones are device faults and never chosen by people."""

    code: str
    major: str
    major_zh: str
    major_en: str
    name_zh: str
    name_en: str
    clock: str
    amount: int
    from_video: bool
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class MoveRow:
    """An allowed move, and in which capacity it is made."""

    to: TicketState
    operation: Operation
    party: Party
    needs_why: bool


@dataclass(frozen=True, slots=True)
class StateRow:
    """A state and the moves out of it; ``ended`` and ``paused`` say what the clock does in it."""

    state: TicketState
    name_zh: str
    name_en: str
    vendor_code: str
    ended: bool
    paused: bool
    moves: list[MoveRow]


@dataclass(frozen=True, slots=True)
class RecorderView:
    """A recorder without its address."""

    id: str
    name_zh: str
    name_en: str
    site_id: str
    owner_id: str
    channels: int
    max_opens: int
    clock_offset: float | None
    """By how many seconds its clock is ahead of the gateway's; None while no channel has told its time."""


@dataclass(frozen=True, slots=True)
class SiteView:
    """A place behind one network link."""

    id: str
    name_zh: str
    name_en: str
    organisation_id: str
    latitude: float
    longitude: float
    datum: str


@router.get("/purposes", dependencies=[rule(Open())], summary="For what cameras may be watched")
async def purposes() -> list[Purpose]:
    """The seven codes; public, because the sign-in page offers them."""
    return list(PURPOSES)


@router.get("/organisations", dependencies=[rule(SignedIn())], summary="The district's tree of organisations")
async def every_organisation(request: Request) -> list[Organisation]:
    """Names only; says nothing about who owns which cameras."""
    async with office_of(request).store.read() as conn:
        return await organisations.every(conn)


@router.get("/categories", dependencies=[rule(SignedIn())], summary="What a ticket can be about")
async def every_category(request: Request) -> list[CategoryView]:
    """The customer's categories with their limits, then the device faults."""
    async with office_of(request).store.read() as conn:
        known = await categories.every(conn)
    unit, amount = maintenance.limit_for("")
    faults = [
        CategoryView(f.code, "", "设备", "Device", f.name_zh, f.name_en, unit.value, amount, True, True)
        for f in maintenance.BY_CODE.values()
    ]
    names = [name for name in CategoryView.__dataclass_fields__ if name != "maintenance"]
    return [CategoryView(**{name: getattr(item, name) for name in names}) for item in known] + faults


@router.get("/datum", dependencies=[rule(SignedIn())], summary="One place in every datum")
async def in_every_datum(
    latitude: Annotated[float, Query(ge=-90, le=90)],
    longitude: Annotated[float, Query(ge=-180, le=180)],
    datum: Datum = Datum.WGS84,
) -> Listing[Place]:
    """The same point on the ground in WGS-84, CGCS2000 and GCJ-02; says nothing of any camera."""
    place = Place(latitude, longitude, datum)
    return Listing([converted(place, to) for to in Datum])


@dataclass(frozen=True, slots=True)
class GbIdView:
    """An id of GB/T 28181 in its parts: ``wrong`` ones cannot be, ``doubtful`` ones depend on the edition."""

    id: str
    wrong: list[str]
    doubtful: list[str]
    district: str | None
    industry: str | None
    device_type: str | None
    network: str | None


@router.get("/gb-id", dependencies=[rule(SignedIn())], summary="What a 20-digit id says, and what is wrong with it")
async def checked_gb_id(id: Annotated[str, Query(max_length=64)]) -> GbIdView:
    """For an id of a camera; whether it is taken is not said."""
    found = gbid.wrong(id)
    refused = [part for part in found if part not in gbid.DOUBTFUL]
    doubtful = [part for part in found if part in gbid.DOUBTFUL]
    if {"digits", "length"} & set(refused):
        return GbIdView(id, refused, doubtful, None, None, None, None)
    parts = gbid.GbId(id[:8], id[8:10], id[10:13], id[13], id[14:])
    trade, kind = gbid.INDUSTRIES.get(parts.industry), gbid.DEVICE_TYPES.get(parts.device_type)
    return GbIdView(id, refused, doubtful, parts.district, trade, kind, gbid.NETWORKS[parts.network])


@router.get("/ticket-states", dependencies=[rule(SignedIn())], summary="States and moves of tickets")
async def ticket_states() -> list[StateRow]:
    """The whole table as data; what you may do with one ticket is in its ``allowed_moves``."""
    return [
        StateRow(
            state=row.state,
            name_zh=row.name_zh,
            name_en=row.name_en,
            vendor_code=row.vendor_code,
            ended=row.ended,
            paused=row.paused,
            moves=[MoveRow(m.to, m.operation, m.party, m.needs_why) for m in MOVES if m.origin is row.state],
        )
        for row in STATES.values()
    ]


@router.get("/grids", dependencies=[rule(SignedIn())], summary="Grids of a township")
async def grids(request: Request, township: str | None = None) -> list[Grid]:
    """Outlines in WGS-84 (longitude, latitude)."""
    return await catalogue.grids(office_of(request), township or None)


@router.get("/recorders", dependencies=[rule(Needs(Action.LIST))], summary="Recorders of your cameras")
async def recorders(request: Request, caller: Who) -> list[RecorderView]:
    """Those of which you may see at least one camera's file."""
    found = await catalogue.boxes(office_of(request), caller)
    names = set(RecorderView.__dataclass_fields__) - {"clock_offset"}
    return [
        RecorderView(**{name: getattr(item, name) for name in names}, clock_offset=offset) for item, offset in found
    ]


@router.get("/sites", dependencies=[rule(Needs(Action.LIST))], summary="Sites of your cameras")
async def sites(request: Request, caller: Who) -> list[SiteView]:
    """Those at which you may see at least one camera's file."""
    return [
        SiteView(
            item.id,
            item.name_zh,
            item.name_en,
            item.organisation_id,
            item.place.latitude,
            item.place.longitude,
            item.place.datum.value,
        )
        for item in await catalogue.grounds(office_of(request), caller)
    ]


@router.get("/figures", dependencies=FIGURES, summary="The numbers on the wall")
async def read_figures(request: Request, caller: Who) -> Figures:
    """All within your scope."""
    return await figures.read(office_of(request), caller, request.app.state.gauge)
